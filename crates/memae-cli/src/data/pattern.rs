//! Path patterns with `{subject}` and `*`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const SUBJECT: &str = "{subject}";

/// A relative path in which `{subject}` stands for the name of a subject, the same at each place, and `*` for any part
/// of one name. A file that is compressed, or is not, while the pattern says the other, fits as well.
pub(crate) struct Pattern<'a> {
    components: Vec<&'a str>,
    /// The last component with the other ending of NIfTI, if it has one.
    other: Option<String>,
}

impl<'a> Pattern<'a> {
    /// # Errors
    /// If the pattern is absolute, leaves its folder, or does not name the subject.
    pub(crate) fn new(text: &'a str) -> Result<Self> {
        let components: Vec<_> = text.split('/').collect();
        if components.iter().any(|component| component.is_empty() || *component == "..") {
            bail!("pattern `{text}`: it must be a path below the data set's folder, without `..`");
        }
        if !text.contains(SUBJECT) {
            bail!("pattern `{text}`: it must hold {SUBJECT}, the place of the subject's name");
        }
        let last = components.last().copied().unwrap_or_default();
        let other = match last.strip_suffix(".nii.gz") {
            Some(stem) => Some(format!("{stem}.nii")),
            None => last.strip_suffix(".nii").map(|_| format!("{last}.gz")),
        };
        Ok(Self { components, other })
    }

    /// All files of the pattern below `folder`, with the subjects' names, sorted by name; those with the other ending only where
    /// a subject has none with the pattern's. A folder that is not there has none. Links to nowhere are among them.
    pub(crate) fn find(&self, folder: &Path) -> Result<Vec<(String, PathBuf)>> {
        let mut found = self.walked(folder, None, Kind::File)?;
        found.sort();
        Ok(found)
    }

    /// The first file of the pattern for one subject.
    pub(crate) fn of_subject(&self, folder: &Path, subject: &str) -> Result<Option<PathBuf>> {
        let mut found = self.walked(folder, Some(subject), Kind::File)?;
        found.sort();
        Ok(found.into_iter().next().map(|(_, path)| path))
    }

    /// The folders named after subjects, where the pattern has such: those of subjects without a scan are among them.
    pub(crate) fn subject_folders(&self, folder: &Path) -> Result<Vec<(String, PathBuf)>> {
        let named = self.components.iter().position(|component| component.contains(SUBJECT)).unwrap_or(0) + 1;
        let mut found = Vec::new();
        if named < self.components.len() {
            walk(folder, &self.components[..named], None, Kind::Folder, &mut found)?;
        }
        found.sort();
        Ok(found)
    }

    fn walked(&self, folder: &Path, subject: Option<&str>, kind: Kind) -> Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        walk(folder, &self.components, subject, kind, &mut found)?;
        if let Some(other) = &self.other {
            let mut components = self.components.clone();
            components.pop();
            components.push(other);
            let mut others = Vec::new();
            walk(folder, &components, subject, kind, &mut others)?;
            others.retain(|(name, _)| !found.iter().any(|(known, _)| known == name));
            found.extend(others);
        }
        Ok(found)
    }
}

/// What a pattern is to find.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    File,
    Folder,
}

/// Adds all that fits below `folder`, for the given subject or for all.
fn walk(
    folder: &Path,
    components: &[&str],
    subject: Option<&str>,
    kind: Kind,
    found: &mut Vec<(String, PathBuf)>,
) -> Result<()> {
    let [component, rest @ ..] = components else { return Ok(()) };
    // A name without choice needs no look at its neighbours.
    let fixed =
        subject.map_or_else(|| (*component).to_owned(), |subject| component.replace(SUBJECT, subject));
    let names = if fixed.contains('*') || fixed.contains(SUBJECT) { names_in(folder)? } else { vec![fixed] };
    for name in names {
        let path = folder.join(&name);
        let captured;
        let subject = match fit(component, &name, subject) {
            Fit::No => continue,
            Fit::Yes => subject,
            Fit::Subject(name) => {
                captured = name;
                Some(captured.as_str())
            }
        };
        if !rest.is_empty() {
            if path.is_dir() {
                walk(&path, rest, subject, kind, found)?;
            }
            continue;
        }
        // A link to nowhere is a file that was not fetched, and has to be told.
        let fits = match kind {
            Kind::File => path.symlink_metadata().is_ok() && !path.is_dir(),
            Kind::Folder => path.is_dir(),
        };
        if let (true, Some(subject)) = (fits, subject) {
            found.push((subject.to_owned(), path));
        }
    }
    Ok(())
}

/// Names in a folder that are not hidden, sorted; none if it is not there. `._*` are what other systems leave beside each file.
fn names_in(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name();
        names.extend(name.to_str().filter(|name| !name.starts_with('.')).map(ToOwned::to_owned));
    }
    names.sort();
    Ok(names)
}

/// How one name fits one component.
#[derive(Debug, PartialEq)]
enum Fit {
    No,
    Yes,
    /// It fits, and names the subject.
    Subject(String),
}

/// With several ways to fit, the one with the shortest subject counts.
fn fit(component: &str, name: &str, subject: Option<&str>) -> Fit {
    let yes = |fits| if fits { Fit::Yes } else { Fit::No };
    if let Some(subject) = subject {
        return yes(fits(&component.replace(SUBJECT, subject), name));
    }
    let Some((before, _)) = component.split_once(SUBJECT) else { return yes(fits(component, name)) };
    // Where the part before the subject has no `*`, the subject starts right behind it.
    let starts = if before.contains('*') { 0..=name.len() } else { before.len()..=before.len() };
    for start in starts {
        for end in start + 1..=name.len() {
            let (Some(head), Some(candidate)) = (name.get(..start), name.get(start..end)) else { continue };
            if fits(before, head) && fits(&component.replace(SUBJECT, candidate), name) {
                return Fit::Subject(candidate.to_owned());
            }
        }
    }
    Fit::No
}

/// Whether a name fits a pattern with `*`.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|skip| rest.get(skip..).is_some_and(|rest| fits(after, rest)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_capture_the_subject() {
        let subject = |name: &str| Fit::Subject(name.to_owned());
        assert_eq!(fit("{subject}_T2w.nii.gz", "sub-1_T2w.nii.gz", None), subject("sub-1"));
        assert_eq!(fit("{subject}-T2.nii.gz", "IXI012-HH-1211-T2.nii.gz", None), subject("IXI012-HH-1211"));
        assert_eq!(fit("sub-{subject}", "sub-7", None), subject("7"));
        assert_eq!(fit("*_{subject}_x", "a_b_x", None), subject("b"));
        assert_eq!(fit("{subject}_T2w.nii.gz", "sub-1_T1w.nii.gz", None), Fit::No);
        assert_eq!(fit("*", "HGG", None), Fit::Yes);
    }

    #[test]
    fn the_same_subject_is_meant_at_each_place() {
        let root = tempfile::tempdir().unwrap();
        for path in ["a/a_t2", "b/a_t2", "c/c_t2", "c/c_t1"] {
            cli_support::files::write(&root.path().join(path), b"").unwrap();
        }
        let found = Pattern::new("{subject}/{subject}_t2").unwrap().find(root.path()).unwrap();
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "c"]);
    }

    #[test]
    fn either_ending_of_nifti_fits_and_the_patterns_own_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for path in ["a/a_t2.nii", "b/b_t2.nii", "b/b_t2.nii.gz", "c/notes.txt", "._d/._d_t2.nii"] {
            cli_support::files::write(&root.path().join(path), b"").unwrap();
        }
        for (pattern, of_b) in [("t2.nii.gz", "b_t2.nii.gz"), ("t2.nii", "b_t2.nii")] {
            let pattern = format!("{{subject}}/{{subject}}_{pattern}");
            let pattern = Pattern::new(&pattern).unwrap();
            let expected = [("a", "a_t2.nii"), ("b", of_b)]
                .map(|(name, file)| (name.to_owned(), root.path().join(name).join(file)));
            assert_eq!(pattern.find(root.path()).unwrap(), expected);
            assert_eq!(pattern.of_subject(root.path(), "b").unwrap().as_ref(), Some(&expected[1].1));
            let folders = pattern.subject_folders(root.path()).unwrap();
            assert_eq!(folders.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        }
    }

    #[test]
    fn patterns_that_leave_the_folder_are_refused() {
        for bad in ["/x/{subject}", "../{subject}", "scan.nii"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }
}
