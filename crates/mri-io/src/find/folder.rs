//! Scans in folders.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::why_absent;
use crate::{Error, Result};

/// A scan of a BIDS data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidsScan {
    /// Subject, session if there is one, and the other entities of the file's name, e.g. `sub-01_ses-2_run-1`. No other
    /// scan of the data set with the same suffix has it.
    pub id: String,
    /// Where it lies below the root, e.g. `sub-01/ses-2/anat`.
    pub place: PathBuf,
    /// The file.
    pub path: PathBuf,
}

/// What a BIDS data set holds of one suffix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BidsScans {
    /// The scans, sorted by place and name. A file that was not fetched ([`why_absent`](crate::find::why_absent)) is among them:
    /// reading it says so.
    pub scans: Vec<BidsScan>,
    /// What is not among them, to be told.
    pub left_out: Vec<LeftOut>,
}

/// What somebody might expect among the scans of a folder, and does not find there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOut {
    /// An image of the phase, or a part of a complex one.
    NotMagnitude {
        /// The file.
        path: PathBuf,
        /// `phase`, `real` or `imag`.
        part: &'static str,
    },
    /// A subject, or one session of a subject that has scans otherwise, without a scan of the suffix.
    NoScan {
        /// The folder of the subject or the session.
        folder: PathBuf,
        /// The suffix.
        suffix: String,
    },
    /// A link to nowhere in the place of a folder.
    Absent {
        /// The link.
        folder: PathBuf,
        /// [`why_absent`]
        why: String,
    },
    /// Files whose scans would have one id, such as a `.nii` beside a `.nii.gz`. None of them is taken.
    SameId {
        /// The id.
        id: String,
        /// The files, at least two.
        paths: Vec<PathBuf>,
    },
}

impl LeftOut {
    /// The file or folder that it is about.
    pub fn place(&self) -> &Path {
        match self {
            Self::NotMagnitude { path, .. } => path,
            Self::NoScan { folder, .. } | Self::Absent { folder, .. } => folder,
            Self::SameId { paths, .. } => &paths[0],
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMagnitude { path, part } => write!(
                formatter,
                "{} is left out: its name (part-{part}) says that it is no magnitude image",
                path.display()
            ),
            Self::NoScan { folder, suffix } => {
                write!(formatter, "{} has no anat/*_{suffix}.nii[.gz]", folder.display())
            }
            Self::Absent { folder, why } => write!(formatter, "{} {why}", folder.display()),
            Self::SameId { id, paths } => {
                let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
                let paths = paths.join(" and ");
                write!(formatter, "{paths} are all called {id}, and left out: remove or rename all but one")
            }
        }
    }
}

/// The part of a complex image that a file holds by its name's entity `part`; none for magnitude.
///
/// Source: [BIDS](https://bids-specification.readthedocs.io), entity `part`: `mag`, `phase`, `real`, `imag`.
pub fn part_of_complex(path: impl AsRef<Path>) -> Option<&'static str> {
    let stem = nifti_stem(path);
    let part = stem.split('_').find_map(|entity| entity.strip_prefix("part-"))?;
    ["phase", "real", "imag"].into_iter().find(|known| *known == part)
}

/// The anatomical scans of one suffix (`T2w`) of a BIDS data set: those in `sub-X/anat` and in each `sub-X/ses-Y/anat`, as
/// NIfTI. Each session's scan is a scan of its own. None if `root` is no BIDS data set.
///
/// Source: [Brain Imaging Data Structure](https://bids-specification.readthedocs.io), "Anatomy imaging data".
///
/// # Errors
/// If a folder cannot be read.
pub fn bids_scans(root: impl AsRef<Path>, suffix: &str) -> Result<BidsScans> {
    let root = root.as_ref();
    let mut found = BidsScans::default();
    for subject in found.folders(root, "sub-")? {
        let before = found.count();
        let mut without = Vec::new();
        let sessions = found.folders(&root.join(&subject), "ses-")?.into_iter().map(Some);
        for session in std::iter::once(None).chain(sessions) {
            let folder: PathBuf = std::iter::once(subject.as_str()).chain(session.as_deref()).collect();
            let so_far = found.count();
            found.take(root, &folder, session.as_deref(), suffix)?;
            if session.is_some() && found.count() == so_far {
                without.push(folder);
            }
        }
        if found.count() == before {
            without = vec![PathBuf::from(&subject)];
        }
        let no_scan =
            |folder: PathBuf| LeftOut::NoScan { folder: root.join(folder), suffix: suffix.to_owned() };
        found.left_out.extend(without.into_iter().map(no_scan));
    }
    leave_out_twins(&mut found);
    Ok(found)
}

impl BidsScans {
    fn count(&self) -> usize {
        self.scans.len() + self.left_out.len()
    }

    /// Takes the scans of a subject, or of a session of it, whose folder lies below the root.
    fn take(&mut self, root: &Path, folder: &Path, session: Option<&str>, suffix: &str) -> Result<()> {
        let place = folder.join("anat");
        let anat = root.join(&place);
        if !anat.is_dir() {
            self.tell_absent(anat);
            return Ok(());
        }
        let subject = folder.iter().next().unwrap_or_default().to_string_lossy().into_owned();
        for path in nifti_files(anat)? {
            let stem = nifti_stem(&path);
            let Some(entities) = stem.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('_')) else {
                continue;
            };
            if let Some(part) = part_of_complex(&path) {
                self.left_out.push(LeftOut::NotMagnitude { path, part });
                continue;
            }
            self.scans.push(BidsScan { id: id(&subject, session, entities), place: place.clone(), path });
        }
        Ok(())
    }

    /// Names of the folders in `parent` that begin with `prefix`, sorted. Links to nowhere are told.
    fn folders(&mut self, parent: &Path, prefix: &str) -> Result<Vec<String>> {
        let mut names = names(parent)?;
        names.retain(|name| {
            let folder = parent.join(name);
            name.starts_with(prefix) && (folder.is_dir() || self.tell_absent(folder))
        });
        Ok(names)
    }

    /// Tells a link to nowhere; false, as it is no folder.
    fn tell_absent(&mut self, folder: PathBuf) -> bool {
        if folder.is_symlink()
            && let Some(why) = why_absent(&folder)
        {
            self.left_out.push(LeftOut::Absent { folder, why });
        }
        false
    }
}

/// Nobody can tell which of the scans of one id is meant.
fn leave_out_twins(found: &mut BidsScans) {
    let mut of_id: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    for scan in &found.scans {
        of_id.entry(&scan.id).or_default().push(&scan.path);
    }
    let twins: BTreeMap<String, Vec<PathBuf>> = of_id
        .into_iter()
        .filter(|(_, paths)| paths.len() > 1)
        .map(|(id, paths)| (id.to_owned(), paths.into_iter().map(Path::to_owned).collect()))
        .collect();
    found.scans.retain(|scan| !twins.contains_key(&scan.id));
    found.left_out.extend(twins.into_iter().map(|(id, paths)| LeftOut::SameId { id, paths }));
}

/// A file's entities, begun by subject and session even where its name lacks them.
fn id(subject: &str, session: Option<&str>, entities: &str) -> String {
    let others = entities.split('_').filter(|&part| part != subject && Some(part) != session);
    std::iter::once(subject).chain(session).chain(others).collect::<Vec<_>>().join("_")
}

/// The `.nii` and `.nii.gz` files that lie directly in a folder, sorted. Hidden files are no scans: `._*` are what other systems
/// leave beside each file on shared disks. Links to what is not there are among them: reading says so.
///
/// # Errors
/// If the folder cannot be read.
pub fn nifti_files(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    files(folder.as_ref(), |path| is_nifti(path))
}

/// All files that lie directly in a folder and can be read as volumes by their names, sorted: those of [`nifti_files`], `.mgz` and
/// `.mgh` of FreeSurfer, and the `.img` of pairs.
///
/// # Errors
/// If the folder cannot be read.
pub fn volume_files(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let is_other = |path: &Path| {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        ["mgz", "mgh"].iter().any(|other| ending == *other)
            || ending == "img" && path.with_extension("hdr").exists()
    };
    files(folder.as_ref(), |path| is_nifti(path) || is_other(path))
}

/// A file's name without `.nii` or `.nii.gz`.
pub fn nifti_stem(path: impl AsRef<Path>) -> String {
    let name = path.as_ref().file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".nii.gz").or_else(|| name.strip_suffix(".nii"));
    stem.unwrap_or(&name).to_owned()
}

/// Whether a file is `.nii` or `.nii.gz` by its name.
pub fn is_nifti(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    path.file_name().is_some_and(|name| nifti_stem(path).len() < name.len())
}

/// The files of a folder whose paths are wanted, sorted.
fn files(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let files = names(folder)?.into_iter().map(|name| folder.join(name));
    Ok(files.filter(|path| is_wanted(path) && !path.is_dir()).collect())
}

/// Names in a folder that are text and not hidden, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|cause| Error::io(folder, cause))? {
        let name = entry.map_err(|cause| Error::io(folder, cause))?.file_name();
        names.extend(name.into_string().ok().filter(|name| !name.starts_with('.')));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn ids(folder: &tempfile::TempDir) -> Vec<String> {
        bids_scans(folder, "T2w").unwrap().scans.into_iter().map(|scan| scan.id).collect()
    }

    #[test]
    fn a_subject_has_its_own_scans_and_those_of_its_sessions() {
        let folder = with(&[
            "sub-02/ses-2/anat/sub-02_ses-2_T2w.nii",
            "sub-02/ses-1/anat/sub-02_ses-1_run-1_T2w.nii.gz",
            "sub-02/ses-1/anat/sub-02_ses-1_run-2_T2w.nii.gz",
            "sub-02/anat/sub-02_T2w.nii.gz",
            "sub-01/anat/sub-01_T2w.nii.gz",
            "sub-01/anat/sub-01_T2w.json",
            "sub-01/anat/sub-01_T1w.nii.gz",
            "sub-01/anat/._sub-01_T2w.nii.gz",
            "sub-01/func/sub-01_T2w.nii.gz",
            "derivatives/x/sub-01/anat/sub-01_T2w.nii.gz",
        ]);
        assert_eq!(
            ids(&folder),
            ["sub-01", "sub-02", "sub-02_ses-1_run-1", "sub-02_ses-1_run-2", "sub-02_ses-2"]
        );
        let scans = bids_scans(&folder, "T2w").unwrap().scans;
        assert_eq!(scans[2].place, Path::new("sub-02/ses-1/anat"));
        assert_eq!(scans[2].path, folder.path().join("sub-02/ses-1/anat/sub-02_ses-1_run-1_T2w.nii.gz"));
        assert_eq!(bids_scans(&folder, "T1w").unwrap().scans.len(), 1);
    }

    #[test]
    fn ids_name_subject_and_session_where_files_do_not() {
        let folder = with(&[
            "sub-01/ses-1/anat/sub-01_T2w.nii.gz",
            "sub-01/ses-2/anat/sub-01_T2w.nii.gz",
            "sub-02/anat/scan_T2w.nii.gz",
        ]);
        assert_eq!(ids(&folder), ["sub-01_ses-1", "sub-01_ses-2", "sub-02_scan"]);
    }

    #[test]
    fn what_is_left_out_is_named() {
        let folder = with(&[
            "sub-01/anat/sub-01_part-mag_T2w.nii.gz",
            "sub-01/anat/sub-01_part-phase_T2w.nii.gz",
            "sub-02/anat/sub-02_part-imag_T2w.nii",
            "sub-03/ses-1/anat/sub-03_ses-1_T1w.nii",
            "sub-04/notes.txt",
            "sub-05/ses-1/anat/sub-05_ses-1_T2w.nii",
            "sub-05/ses-2/anat/sub-05_ses-2_T1w.nii",
        ]);
        let found = bids_scans(&folder, "T2w").unwrap();
        let ids: Vec<&str> = found.scans.iter().map(|scan| scan.id.as_str()).collect();
        assert_eq!(ids, ["sub-01_part-mag", "sub-05_ses-1"]);
        let told: Vec<String> = found.left_out.iter().map(ToString::to_string).collect();
        for (told, parts) in told.iter().zip([
            ["sub-01_part-phase_T2w.nii.gz", "part-phase"],
            ["sub-02_part-imag_T2w.nii", "part-imag"],
            ["sub-03", "no anat/*_T2w"],
            ["sub-04", "no anat/*_T2w"],
            ["sub-05/ses-2", "no anat/*_T2w"],
        ]) {
            assert!(parts.iter().all(|part| told.contains(part)), "{told}");
        }
        assert_eq!(told.len(), 5);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_nowhere_are_scans_that_cannot_be_read() {
        let folder = with(&["sub-01/anat/sub-01_T2w.nii.gz", "sub-02/anat/notes.txt"]);
        let link = folder.path().join("sub-02/anat/sub-02_T2w.nii.gz");
        std::os::unix::fs::symlink("../../.git/annex/objects/a/b/SHA256E-s1--0.nii.gz", &link).unwrap();
        assert_eq!(ids(&folder), ["sub-01", "sub-02"]);
        assert_eq!(nifti_files(link.parent().unwrap()).unwrap(), std::slice::from_ref(&link));
        let error = crate::read(&link).unwrap_err().to_string();
        assert!(error.contains("sub-02_T2w.nii.gz") && error.contains("datalad get"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_nowhere_in_the_place_of_folders_are_told() {
        let folder = with(&["sub-01/anat/sub-01_T2w.nii", "sub-01/notes.txt", "sub-02/notes.txt"]);
        for link in ["sub-01/ses-2", "sub-02/anat", "sub-03"] {
            std::os::unix::fs::symlink("../gone", folder.path().join(link)).unwrap();
        }
        let found = bids_scans(&folder, "T2w").unwrap();
        let mut places: Vec<&Path> = found
            .left_out
            .iter()
            .filter(|left_out| left_out.to_string().contains("is a link to ../gone"))
            .map(|left_out| left_out.place().strip_prefix(&folder).unwrap())
            .collect();
        places.sort();
        assert_eq!(places, ["sub-01/ses-2", "sub-02/anat", "sub-03"].map(Path::new));
    }

    #[test]
    fn all_formats_that_can_be_read_are_volumes() {
        let folder = with(&["a.mgz", "b.img", "b.hdr", "c.nii", "d.img", "e.txt", "f.mgh"]);
        let files = volume_files(&folder).unwrap();
        assert_eq!(files, ["a.mgz", "b.img", "c.nii", "f.mgh"].map(|name| folder.path().join(name)));
    }

    #[test]
    fn files_of_one_name_are_left_out_and_all_others_are_taken() {
        let folder = with(&[
            "sub-01/anat/sub-01_T2w.nii",
            "sub-01/anat/sub-01_T2w.nii.gz",
            "sub-02/anat/sub-02_T2w.nii.gz",
        ]);
        let found = bids_scans(&folder, "T2w").unwrap();
        assert_eq!(ids(&folder), ["sub-02"]);
        let [twins] = &found.left_out[..] else { panic!("{:?}", found.left_out) };
        assert!(twins.place().starts_with(folder.path().join("sub-01")), "{}", twins.place().display());
        let told = twins.to_string();
        assert!(told.contains("sub-01_T2w.nii and ") && told.contains("all called sub-01"), "{told}");
    }

    #[test]
    fn folders_without_scans_have_none_and_absent_ones_are_an_error() {
        let folder = with(&["b.nii", "a.nii.gz", "notes.txt", "deep/c.nii", "._a.nii.gz", ".nii"]);
        assert_eq!(ids(&folder), [] as [&str; 0]);
        let files = nifti_files(&folder).unwrap();
        assert_eq!(files, ["a.nii.gz", "b.nii"].map(|name| folder.path().join(name)));
        let absent = folder.path().join("absent");
        for error in [bids_scans(&absent, "T2w").unwrap_err(), nifti_files(&absent).unwrap_err()] {
            assert!(error.to_string().contains("absent"), "{error}");
        }
    }

    #[test]
    fn stems_lack_only_the_ending_of_nifti() {
        for (name, stem) in [("a/b.c.nii.gz", "b.c"), ("b.nii", "b"), ("b.gz", "b.gz"), ("", "")] {
            assert_eq!(nifti_stem(name), stem);
        }
    }
}
