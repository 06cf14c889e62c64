//! Files of which only the name is here.

use std::fs::{File, read_link};
use std::io::Read;
use std::path::Path;

/// Placeholders are shorter than this (bytes), scans longer.
const PLACEHOLDER: u64 = 1024;

/// Why a file's content is not on this machine, and what to do about it; none if it may be.
///
/// Data sets that are kept with git-annex (as `DataLad` does) or Git LFS name all their files, and fetch the contents one by one:
/// until then a file is a link to nowhere, or a few lines of text.
pub fn why_absent(path: impl AsRef<Path>) -> Option<String> {
    let path = path.as_ref();
    if let Ok(target) = read_link(path)
        && !path.exists()
    {
        let how = if target.to_string_lossy().contains("annex/objects") {
            "fetch it, with `datalad get` or `git annex get`"
        } else {
            "mend the link, or fetch the file"
        };
        return Some(format!("is a link to {}, which is not there: {how}", target.display()));
    }
    let mut start = Vec::new();
    let file = File::open(path)
        .ok()
        .filter(|file| file.metadata().is_ok_and(|about| about.is_file() && about.len() < PLACEHOLDER))?;
    file.take(PLACEHOLDER).read_to_end(&mut start).ok()?;
    let how = if start.starts_with(b"/annex/objects/") {
        "of git-annex: fetch it, with `datalad get` or `git annex get`"
    } else if start.starts_with(b"version https://git-lfs.github.com/") {
        "of Git LFS: fetch it, with `git lfs pull`"
    } else {
        return None;
    };
    Some(format!("is a placeholder {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_with_how_to_fetch_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = |content: &str| {
            let path = folder.path().join("scan.nii.gz");
            std::fs::write(&path, content).unwrap();
            let error = crate::nifti::read_header(&path).unwrap_err().to_string();
            (why_absent(&path), error)
        };
        for (content, says) in [
            ("/annex/objects/SHA256E-s100--0.nii.gz\n", "datalad get"),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 100\n", "git lfs pull"),
        ] {
            let (why, error) = file(content);
            assert!(why.unwrap().contains(says));
            assert!(error.contains("scan.nii.gz") && error.contains(says), "{error}");
        }
        let (why, error) = file("some text");
        assert_eq!(why, None);
        assert!(!error.contains("placeholder"), "{error}");
        assert_eq!(why_absent(folder.path().join("no.nii")), None);
        assert_eq!(why_absent(folder.path()), None);
    }
}
