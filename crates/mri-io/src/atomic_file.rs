//! Files that appear whole or not at all.

use std::io::ErrorKind;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::{Error, Result};

/// Ending of the temporary files of [`write_whole`]: a killed program leaves them behind.
pub const UNFINISHED: &str = ".partial";

/// Lets `write` fill a temporary file next to `path`, then puts it in place of `path` once all of it is
/// on the disk. All that this crate writes is written so; tables and notes beside volumes can be, too.
///
/// # Errors
/// If the folder or the file cannot be written; `path` is then as it was.
pub fn write_whole(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    let in_place = || {
        let mut file = temporary(path)?;
        write(file.as_file_mut())?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|failed| failed.error)
    };
    in_place().map_err(|cause| Error::io(path, cause))
}

/// Whether [`write_whole`] can write `path`: to be asked before hours of work for it. Changes nothing.
///
/// # Errors
/// If the folder is not there or cannot be written to, or `path` is a folder itself.
pub fn can_write(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    if path.is_dir() {
        let cause = std::io::Error::new(ErrorKind::IsADirectory, "is a folder: give the name of a file");
        return Err(Error::io(path, cause));
    }
    temporary(path).map(drop).map_err(|cause| Error::io(path, cause))
}

/// A file beside `path` that is gone when dropped.
fn temporary(path: &Path) -> std::io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.suffix(UNFINISHED);
    // Without this the file would stay private to its owner; the process's umask still applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // The error would name a temporary file that nobody knows.
    builder.tempfile_in(folder).map_err(|error| cannot_write_in(folder, error.kind()))
}

fn cannot_write_in(folder: &Path, kind: ErrorKind) -> std::io::Error {
    let reason = if folder.is_dir() {
        format!("cannot be written: no file can be made in the folder {} ({kind})", folder.display())
    } else {
        format!("cannot be written: the folder {} is not there", folder.display())
    };
    std::io::Error::new(kind, reason)
}
