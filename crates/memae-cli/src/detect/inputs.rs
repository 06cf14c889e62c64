//! Which scans there are to look at.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mri_io::{BidsScan, nifti_stem};

/// One scan.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scan {
    /// Of the folder of its results; no other scan has the same.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Its brain, where that is known.
    pub(super) mask: Option<PathBuf>,
}

/// The scans that the inputs stand for, in their order: files, folders and lists.
///
/// # Errors
/// If a file is not there, a folder has no scan, or a list cannot be understood.
pub(super) fn find(inputs: &[PathBuf], mask: Option<&Path>) -> Result<Vec<Scan>> {
    let mut scans = Vec::new();
    for input in inputs {
        if input.is_dir() {
            scans.extend(in_folder(input)?);
        } else if is_list(input) {
            let listed = mri_io::read_scan_list(input)?.into_iter();
            scans.extend(listed.map(|listed| Scan { mask: listed.mask, ..plain(listed.scan) }));
        } else {
            scans.push(plain(input.clone()));
        }
    }
    if let Some(mask) = mask {
        let [scan] = &mut scans[..] else {
            bail!(
                "--mask belongs to one scan, but there are {}: list scans and masks in a CSV file",
                scans.len()
            );
        };
        scan.mask = Some(mask.to_owned());
    }
    let mut seen = HashSet::new();
    scans.retain(|scan| seen.insert(scan.path.clone()));
    for path in scans.iter().flat_map(|scan| std::iter::once(&scan.path).chain(&scan.mask)) {
        ensure!(path.exists(), "{}: No such file", path.display());
    }
    tell_apart(&mut scans)?;
    Ok(scans)
}

fn is_list(input: &Path) -> bool {
    input
        .extension()
        .is_some_and(|ending| ["csv", "toml"].iter().any(|list| ending.eq_ignore_ascii_case(list)))
}

fn plain(path: PathBuf) -> Scan {
    Scan { name: nifti_stem(&path), path, mask: None }
}

/// The T2 scans of a BIDS data set, or all NIfTI files that lie directly in a folder.
fn in_folder(folder: &Path) -> Result<Vec<Scan>> {
    let scan = |BidsScan { id, path, .. }: BidsScan| Scan { name: id, path, mask: None };
    let mut scans: Vec<Scan> = mri_io::bids_scans(folder, "T2w")?.into_iter().map(scan).collect();
    if scans.is_empty() {
        scans = mri_io::nifti_files(folder)?.into_iter().map(plain).collect();
    }
    ensure!(
        !scans.is_empty(),
        "{}: holds no .nii or .nii.gz file, and no BIDS data set with sub-*/[ses-*/]anat/*_T2w.nii[.gz]",
        folder.display()
    );
    Ok(scans)
}

/// Where scans share a name, gives all of them as many folders before it as tell them apart.
fn tell_apart(scans: &mut [Scan]) -> Result<()> {
    let named: Vec<(&Path, String)> =
        scans.iter().map(|scan| (scan.path.as_path(), scan.name.clone())).collect();
    let names = apart(&named).context("scans of the same name cannot be told apart in the results")?;
    for (scan, name) in scans.iter_mut().zip(names) {
        scan.name = name;
    }
    Ok(())
}

/// The names of files, preceded by as many of the folders above as make all of them different.
///
/// # Errors
/// If no number of folders does.
pub(super) fn apart(named: &[(&Path, String)]) -> Result<Vec<String>> {
    let name = |(path, name): &(&Path, String), folders: usize| {
        let above = path.ancestors().skip(1).take(folders).filter_map(Path::file_name);
        let mut parts: Vec<String> = above.map(|name| name.to_string_lossy().into_owned()).collect();
        parts.reverse();
        parts.push(name.clone());
        parts.join("_")
    };
    let depth = named.iter().map(|(path, _)| path.components().count()).max().unwrap_or(0);
    for folders in 0..depth {
        let names: Vec<String> = named.iter().map(|one| name(one, folders)).collect();
        if names.iter().collect::<HashSet<_>>().len() == names.len() {
            return Ok(names);
        }
    }
    let files: Vec<String> = named.iter().map(|(path, _)| path.display().to_string()).collect();
    bail!("rename one of {}", files.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    fn touch(folder: &Path, names: &[&str]) {
        for name in names {
            files::write(&folder.join(name), b"").unwrap();
        }
    }

    fn found(inputs: &[PathBuf]) -> Vec<String> {
        find(inputs, None).unwrap().into_iter().map(|scan| scan.name).collect()
    }

    #[test]
    fn folders_hold_scans_or_a_bids_data_set() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["b.nii", "a.nii.gz", "notes.txt", "deep/c.nii"]);
        let input = [folder.path().to_owned()];
        assert_eq!(found(&input), ["a", "b"]);
        touch(folder.path(), &["sub-02/anat/sub-02_T2w.nii.gz", "sub-02/ses-1/anat/sub-02_ses-1_T2w.nii"]);
        assert_eq!(found(&input), ["sub-02", "sub-02_ses-1"]);
        let empty = tempfile::tempdir().unwrap();
        let error = find(&[empty.path().to_owned()], None).unwrap_err().to_string();
        assert!(error.contains("BIDS"), "{error}");
    }

    #[test]
    fn a_list_names_scans_and_masks_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["p1/t2.nii.gz", "p2/t2.nii.gz", "p2/brain.nii.gz"]);
        let list = folder.path().join("scans.csv");
        files::write(&list, b"scan,mask\np1/t2.nii.gz,\np2/t2.nii.gz,p2/brain.nii.gz\n").unwrap();
        let scans = find(&[list], None).unwrap();
        assert_eq!(scans.iter().map(|scan| scan.name.as_str()).collect::<Vec<_>>(), ["p1_t2", "p2_t2"]);
        assert_eq!(scans[0].mask, None);
        assert_eq!(scans[1].mask, Some(folder.path().join("p2/brain.nii.gz")));
    }

    #[test]
    fn what_is_not_there_is_named_and_a_mask_has_one_scan() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(&[folder.path().join("no.nii")], None).unwrap_err();
        assert!(format!("{error:#}").contains("no.nii"));
        touch(folder.path(), &["a.nii", "b.nii"]);
        let inputs = [folder.path().to_owned()];
        assert!(find(&inputs, Some(Path::new("m.nii"))).unwrap_err().to_string().contains("there are 2"));
    }
}
