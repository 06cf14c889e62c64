//! Which scans there are to look at.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mri_io::find::{BidsScan, LeftOut, nifti_stem};
use mri_io::strip::Skull;

/// One scan.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scan {
    /// Of the folder of its results; no other scan has the same.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Its brain, where that is known.
    pub(super) mask: Option<PathBuf>,
    /// Whether it has a skull, where somebody says so.
    pub(super) skull: Option<Skull>,
}

/// The scans to look at, and what is left out, to be told.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) scans: Vec<Scan>,
    pub(super) left_out: Vec<String>,
}

/// The scans that the inputs stand for, in their order: files, folders and lists. A file that was not fetched is among them, and
/// fails when it is read. `suffix` is that of scans in BIDS.
///
/// # Errors
/// If a file is not there, a folder has no scan, or a list cannot be understood.
pub(super) fn find(inputs: &[PathBuf], mask: Option<&Path>, suffix: &str) -> Result<Inputs> {
    let (mut scans, mut left_out) = (Vec::new(), Vec::new());
    for input in inputs {
        if input.is_dir() {
            let found = in_folder(input, suffix)?;
            scans.extend(found.scans);
            left_out.extend(found.left_out);
        } else if is_list(input) {
            let listed = mri_io::find::read_scan_list(input)?.into_iter();
            scans.extend(listed.map(|listed| Scan {
                mask: listed.mask,
                skull: listed.skull,
                ..plain(listed.scan)
            }));
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
        let known = path.exists() || mri_io::find::why_absent(path).is_some();
        ensure!(known, "{}: No such file", path.display());
    }
    tell_apart(&mut scans)?;
    Ok(Inputs { scans, left_out })
}

fn is_list(input: &Path) -> bool {
    input
        .extension()
        .is_some_and(|ending| ["csv", "toml"].iter().any(|list| ending.eq_ignore_ascii_case(list)))
}

fn plain(path: PathBuf) -> Scan {
    Scan { name: nifti_stem(&path), path, mask: None, skull: None }
}

/// The scans of a BIDS data set, or all volumes that lie directly in a folder.
fn in_folder(folder: &Path, suffix: &str) -> Result<Inputs> {
    let scan = |BidsScan { id, path, .. }: BidsScan| Scan { name: id, ..plain(path) };
    let found = mri_io::find::bids_scans(folder, suffix)?;
    let mut left_out: Vec<String> = found.left_out.iter().map(ToString::to_string).collect();
    let mut scans: Vec<Scan> = found.scans.into_iter().map(scan).collect();
    if scans.is_empty() {
        for path in mri_io::find::volume_files(folder)? {
            match mri_io::find::part_of_complex(&path) {
                Some(part) => left_out.push(LeftOut::NotMagnitude { path, part }.to_string()),
                None => scans.push(plain(path)),
            }
        }
    }
    ensure!(
        !scans.is_empty(),
        "{}: holds no .nii, .nii.gz, .mgz or .img file, and no BIDS data set with sub-*/[ses-*/]anat/*_{suffix}.nii[.gz]; a folder \
         of DICOM files is converted with `dcm2niix -z y FOLDER`{}",
        folder.display(),
        left_out.iter().map(|left_out| format!("\n  {left_out}")).collect::<String>()
    );
    Ok(Inputs { scans, left_out })
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
    use cli_support::files;

    fn touch(folder: &Path, names: &[&str]) {
        for name in names {
            files::write(&folder.join(name), b"").unwrap();
        }
    }

    fn found(inputs: &[PathBuf]) -> Vec<String> {
        find(inputs, None, "T2w").unwrap().scans.into_iter().map(|scan| scan.name).collect()
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
        let error = find(&[empty.path().to_owned()], None, "T2w").unwrap_err().to_string();
        assert!(error.contains("BIDS"), "{error}");
    }

    #[test]
    fn a_list_names_scans_and_masks_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["p1/t2.nii.gz", "p2/t2.nii.gz", "p2/brain.nii.gz"]);
        let list = folder.path().join("scans.csv");
        files::write(&list, b"scan,mask\np1/t2.nii.gz,\np2/t2.nii.gz,p2/brain.nii.gz\n").unwrap();
        let scans = find(&[list], None, "T2w").unwrap().scans;
        assert_eq!(scans.iter().map(|scan| scan.name.as_str()).collect::<Vec<_>>(), ["p1_t2", "p2_t2"]);
        assert_eq!(scans[0].mask, None);
        assert_eq!(scans[1].mask, Some(folder.path().join("p2/brain.nii.gz")));
    }

    #[cfg(unix)]
    #[test]
    fn links_to_nowhere_are_scans_and_phases_are_told() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["a.nii", "b_part-phase_T2w.nii.gz"]);
        std::os::unix::fs::symlink("annex/objects/c", folder.path().join("c.nii.gz")).unwrap();
        let inputs = find(&[folder.path().to_owned()], None, "T2w").unwrap();
        assert_eq!(inputs.scans.iter().map(|scan| scan.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert!(inputs.left_out.len() == 1 && inputs.left_out[0].contains("part-phase"), "{inputs:?}");
    }

    #[test]
    fn the_suffix_is_that_of_the_scans() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["sub-1/anat/sub-1_FLAIR.nii.gz", "sub-2/anat/sub-2_T2w.nii.gz"]);
        let inputs = find(&[folder.path().to_owned()], None, "FLAIR").unwrap();
        assert_eq!(inputs.scans.iter().map(|scan| scan.name.as_str()).collect::<Vec<_>>(), ["sub-1"]);
        assert!(inputs.left_out[0].contains("sub-2") && inputs.left_out[0].contains("FLAIR"), "{inputs:?}");
    }

    #[test]
    fn what_is_not_there_is_named_and_a_mask_has_one_scan() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(&[folder.path().join("no.nii")], None, "T2w").unwrap_err();
        assert!(format!("{error:#}").contains("no.nii"));
        touch(folder.path(), &["a.nii", "b.nii"]);
        let inputs = [folder.path().to_owned()];
        assert!(
            find(&inputs, Some(Path::new("m.nii")), "T2w").unwrap_err().to_string().contains("there are 2")
        );
    }
}
