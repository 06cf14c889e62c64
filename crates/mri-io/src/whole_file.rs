//! Files that appear whole or not at all.

use std::io::ErrorKind;
use std::path::Path;

use crate::{Error, Result};

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
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let in_place = || {
        let mut builder = tempfile::Builder::new();
        // Without this the file would stay private to its owner; the process's umask still applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The error would name a temporary file that nobody knows.
        let mut file = builder.tempfile_in(folder).map_err(|error| cannot_write_in(folder, error.kind()))?;
        write(file.as_file_mut())?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|failed| failed.error)
    };
    in_place().map_err(|cause| Error::io(path, cause))
}

fn cannot_write_in(folder: &Path, kind: ErrorKind) -> std::io::Error {
    if folder.is_dir() {
        return kind.into();
    }
    std::io::Error::new(kind, format!("cannot be written: the folder {} is not there", folder.display()))
}
