//! The border of what manifests reach: the data root. A manifest may come from others, so only the configuration opens it.

use std::path::{Component, Path, PathBuf};

use anyhow::{Result, ensure};

use super::manifest::{Files, Found, Manifest};

const OPEN: &str = "if that is meant, set outside_root = true in [data]";

/// The folder that holds the data sets' folders.
#[derive(Clone, Debug)]
pub(crate) struct DataRoot {
    pub(crate) folder: PathBuf,
    /// Whether manifests may name files outside it.
    pub(crate) is_open: bool,
}

impl DataRoot {
    /// Refuses a manifest whose folder, lists of subjects, or table of participants do not lie where their paths belong.
    ///
    /// # Errors
    /// For the first such path.
    pub(super) fn admit(&self, manifest: &Manifest, files: &Files) -> Result<()> {
        let inside = |path: &Path, folder: &str| {
            ensure!(
                self.is_open || is_below(path),
                "the manifest of {} names {}, which is not below {folder}; {OPEN}",
                manifest.title,
                path.display()
            );
            Ok(())
        };
        inside(&manifest.folder, &format!("the data root {}", self.folder.display()))?;
        files.far_list.as_ref().map_or(Ok(()), |list| inside(list, "the manifest's folder"))?;
        files.participants.as_ref().map_or(Ok(()), |table| inside(table.file(), "the data set's folder"))
    }

    /// Makes problems of the subjects whose files are links to somewhere else than the root and the data set's folder, which
    /// may be a link itself: it was put there by whoever owns the root.
    pub(super) fn keep_inside(&self, manifest: &Manifest, found: &mut Found) {
        if self.is_open {
            return;
        }
        let real = |path: &Path| path.canonicalize().ok();
        let borders: Vec<PathBuf> =
            [real(&self.folder), real(&self.folder.join(&manifest.folder))].into_iter().flatten().collect();
        let outside =
            |path: &Path| real(path).filter(|place| !borders.iter().any(|border| place.starts_with(border)));
        let Found { subjects, problems, .. } = found;
        subjects.retain(|subject| {
            let Some((path, place)) = subject.files().find_map(|path| Some((path, outside(path)?))) else {
                return true;
            };
            problems.push(format!(
                "subject {} of {}: {} leads to {}, outside the data root {}; {OPEN}",
                subject.name,
                manifest.title,
                path.display(),
                place.display(),
                self.folder.display()
            ));
            false
        });
    }
}

/// Whether a path, joined to a folder, lies in it whatever is there.
pub(super) fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
impl DataRoot {
    /// A root that manifests cannot leave.
    pub(crate) fn closed(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), is_open: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_their_folder_or_do_not() {
        for (path, below) in
            [("study", true), ("./a/b", true), ("", true), ("a/../../b", false), ("/a", false)]
        {
            assert_eq!(is_below(Path::new(path)), below, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_root_are_told_unless_it_is_open() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for file in ["root/other/a.nii", "disk/study/b.nii", "elsewhere/c.nii"] {
            cli_support::files::write(&path(file), b"").unwrap();
        }
        // The data set lies on another disk, and has links to a neighbour below the root and to a stranger.
        symlink(path("disk/study"), path("root/study")).unwrap();
        symlink(path("root/other/a.nii"), path("disk/study/a.nii")).unwrap();
        symlink("../../elsewhere/c.nii", path("disk/study/c.nii")).unwrap();
        let manifest = |folder: &str| {
            let head = "title = 't'\naccess = 'a'\nlicence = 'l'\ncitation = 'c'\nskull_stripped = false\n";
            let text = format!("{head}folder = '{folder}'\n[healthy]\nscan = '{{subject}}.nii'\n");
            toml::from_str::<Manifest>(&text).unwrap()
        };
        let found = |folder: &str, is_open: bool| {
            let root = DataRoot { is_open, ..DataRoot::closed(&path("root")) };
            let manifest = manifest(folder);
            let found = manifest.find(manifest.healthy.as_ref().unwrap(), &root)?;
            let names: Vec<String> = found.subjects.into_iter().map(|subject| subject.name).collect();
            anyhow::Ok((names.join(" "), found.problems.join("\n")))
        };
        let (names, problems) = found("study", false).unwrap();
        assert_eq!(names, "a b");
        assert!(problems.contains("subject c of t") && problems.contains("outside_root"), "{problems}");
        assert_eq!(found("study", true).unwrap(), ("a b c".to_owned(), String::new()));
        let error = found("../disk/study", false).unwrap_err().to_string();
        assert!(error.contains("../disk/study, which is not below the data root"), "{error}");
        assert_eq!(found("../disk/study", true).unwrap().0, "a b c");
    }
}
