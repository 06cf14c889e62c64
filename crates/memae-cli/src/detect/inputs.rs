//! Which scans there are to look at.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// One scan.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scan {
    /// Of the folder of its results; no other scan has the same.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Its brain, where that is known.
    pub(super) mask: Option<PathBuf>,
}

/// The scans that the inputs stand for, in their order: files, folders and manifests.
///
/// # Errors
/// If a file is not there, a folder has no scan, or a manifest cannot be understood.
pub(super) fn find(inputs: &[PathBuf], mask: Option<&Path>) -> Result<Vec<Scan>> {
    let mut files = Vec::new();
    for input in inputs {
        if input.is_dir() {
            files.extend(in_folder(input)?.into_iter().map(|scan| (scan, None)));
        } else if input.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
            files.extend(listed(input)?);
        } else {
            files.push((input.clone(), None));
        }
    }
    if let Some(mask) = mask {
        let [(_, of_scan)] = &mut files[..] else {
            bail!(
                "--mask belongs to one scan, but there are {}: list scans and masks in a CSV file",
                files.len()
            );
        };
        *of_scan = Some(mask.to_owned());
    }
    let mut seen = HashSet::new();
    files.retain(|(path, _)| seen.insert(path.clone()));
    for path in files.iter().flat_map(|(path, mask)| std::iter::once(path).chain(mask)) {
        fs_err::metadata(path)?;
    }
    let paths: Vec<&Path> = files.iter().map(|(path, _)| path.as_path()).collect();
    let names = names(&paths)?;
    Ok(names.into_iter().zip(files).map(|(name, (path, mask))| Scan { name, path, mask }).collect())
}

/// The T2 scans of a BIDS data set, or all NIfTI files that lie directly in a folder.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut scans = Vec::new();
    for subject in folders(folder, "sub-")? {
        for place in [vec![subject.clone()], folders(&subject, "ses-")?].concat() {
            scans.extend(files(&place.join("anat"))?.into_iter().filter(|scan| stem(scan).ends_with("_T2w")));
        }
    }
    if scans.is_empty() {
        scans = files(folder)?;
    }
    ensure!(
        !scans.is_empty(),
        "{}: holds no .nii or .nii.gz file, and no BIDS data set with sub-*/[ses-*/]anat/*_T2w.nii[.gz]",
        folder.display()
    );
    Ok(scans)
}

/// NIfTI files in a folder, sorted; none if it is not there.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let nifti = |path: &PathBuf| path.is_file() && stem(path).len() < name(path).len();
    Ok(entries(folder)?.into_iter().filter(nifti).collect())
}

fn folders(parent: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    let wanted = |path: &PathBuf| path.is_dir() && name(path).starts_with(prefix);
    Ok(entries(parent)?.into_iter().filter(wanted).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    if folder.is_dir() {
        for entry in fs_err::read_dir(folder)? {
            paths.push(entry?.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// A line of a manifest; other columns may be there.
#[derive(Deserialize)]
struct Line {
    scan: PathBuf,
    mask: Option<PathBuf>,
}

/// Scans and masks of a CSV file, whose paths are relative to it.
fn listed(manifest: &Path) -> Result<Vec<(PathBuf, Option<PathBuf>)>> {
    let text = fs_err::read_to_string(manifest)?;
    // Spreadsheets begin their files with a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let lines = reader.deserialize().collect::<Result<Vec<Line>, _>>().with_context(|| {
        format!(
            "{}: a list of scans has a column `scan` and, where brains are known, `mask`",
            manifest.display()
        )
    })?;
    ensure!(!lines.is_empty(), "{}: lists no scan", manifest.display());
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let known = |mask: &PathBuf| !mask.as_os_str().is_empty();
    Ok(lines
        .into_iter()
        .map(|Line { scan, mask }| (folder.join(scan), mask.filter(known).map(|mask| folder.join(mask))))
        .collect())
}

/// A name for each scan: that of its file without ending, and where scans share it, as many folders before it as tell
/// them apart.
fn names(paths: &[&Path]) -> Result<Vec<String>> {
    let name = |path: &Path, folders: usize| {
        let above = path.ancestors().skip(1).take(folders).filter_map(Path::file_name);
        let mut parts: Vec<String> = above.map(|name| name.to_string_lossy().into_owned()).collect();
        parts.reverse();
        parts.push(stem(path));
        parts.join("_")
    };
    let depth = paths.iter().map(|path| path.components().count()).max().unwrap_or(0);
    for folders in 0..depth {
        let names: Vec<String> = paths.iter().map(|path| name(path, folders)).collect();
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for name in &names {
            *uses.entry(name).or_default() += 1;
        }
        if uses.len() == names.len() {
            return Ok(names);
        }
    }
    bail!("scans of the same name cannot be told apart in the results: rename one of {paths:?}")
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A file's name without `.nii` or `.nii.gz`.
fn stem(path: &Path) -> String {
    let name = name(path);
    let stem = name.strip_suffix(".nii.gz").or_else(|| name.strip_suffix(".nii"));
    stem.map_or(name.clone(), str::to_owned)
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
        touch(
            folder.path(),
            &[
                "sub-02/anat/sub-02_T2w.nii.gz",
                "sub-01/ses-1/anat/sub-01_ses-1_T2w.nii",
                "sub-01/ses-1/anat/sub-01_ses-1_T1w.nii",
            ],
        );
        assert_eq!(found(&input), ["sub-01_ses-1_T2w", "sub-02_T2w"]);
        let empty = tempfile::tempdir().unwrap();
        let error = find(&[empty.path().to_owned()], None).unwrap_err().to_string();
        assert!(error.contains("BIDS"), "{error}");
    }

    #[test]
    fn a_list_names_scans_and_masks_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["p1/t2.nii.gz", "p2/t2.nii.gz", "p2/brain.nii.gz"]);
        let list = folder.path().join("scans.csv");
        files::write(
            &list,
            b"\xef\xbb\xbfage,scan,mask\n40,p1/t2.nii.gz,\n50, p2/t2.nii.gz,p2/brain.nii.gz\n",
        )
        .unwrap();
        let scans = find(std::slice::from_ref(&list), None).unwrap();
        assert_eq!(scans.iter().map(|scan| scan.name.as_str()).collect::<Vec<_>>(), ["p1_t2", "p2_t2"]);
        assert_eq!(scans[0].mask, None);
        assert_eq!(scans[1].mask, Some(folder.path().join("p2/brain.nii.gz")));
        files::write(&list, b"file\nx.nii\n").unwrap();
        let error = find(&[list], None).unwrap_err().to_string();
        assert!(error.contains("column `scan`"), "{error}");
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
