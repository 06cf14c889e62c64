//! Path patterns with `{subject}` and `*`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const SUBJECT: &str = "{subject}";

/// A relative path in which `{subject}` stands for the name of a subject, the same at each place, and `*` for any part
/// of one name.
pub(crate) struct Pattern<'a> {
    components: Vec<&'a str>,
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
        Ok(Self { components })
    }

    /// All files of the pattern below `folder`, with the subjects' names, sorted by name. A folder that is not there
    /// has none.
    pub(crate) fn find(&self, folder: &Path) -> Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        walk(folder, &self.components, None, &mut found)?;
        found.sort();
        Ok(found)
    }

    /// The first file of the pattern for one subject.
    pub(crate) fn of_subject(&self, folder: &Path, subject: &str) -> Result<Option<PathBuf>> {
        let mut found = Vec::new();
        walk(folder, &self.components, Some(subject), &mut found)?;
        found.sort();
        Ok(found.into_iter().next().map(|(_, path)| path))
    }
}

/// Adds all files below `folder` that fit, for the given subject or for all.
fn walk(
    folder: &Path,
    components: &[&str],
    subject: Option<&str>,
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
                walk(&path, rest, subject, found)?;
            }
        } else if let (true, Some(subject)) = (path.is_file(), subject) {
            found.push((subject.to_owned(), path));
        }
    }
    Ok(())
}

/// Names in a folder, sorted; none if it is not there.
fn names_in(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        names.extend(entry?.file_name().to_str().map(ToOwned::to_owned));
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
            crate::files::write(&root.path().join(path), b"").unwrap();
        }
        let found = Pattern::new("{subject}/{subject}_t2").unwrap().find(root.path()).unwrap();
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "c"]);
    }

    #[test]
    fn patterns_that_leave_the_folder_are_refused() {
        for bad in ["/x/{subject}", "../{subject}", "scan.nii"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }
}
