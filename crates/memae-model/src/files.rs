//! Files written whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::{Error, Result};

/// Ending of files that are still being written; a killed program leaves them behind.
const PARTIAL: &str = ".partial";

/// A temporary file beside `path`, to be filled and then [`finish`]ed. The folder is made if it is missing.
pub(crate) fn begin(path: &Path) -> io::Result<BufWriter<NamedTempFile>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.suffix(PARTIAL);
    // Without this the file would stay private to its owner; the process's umask still applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    Ok(BufWriter::new(builder.tempfile_in(folder)?))
}

/// Puts a file in place of `path` once all of it is on the disk.
pub(crate) fn finish(file: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|failed| failed.error)
}

/// Writes a file of which all is at hand.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let whole = || {
        let mut file = begin(path)?;
        write(&mut file)?;
        finish(file, path)
    };
    whole().map_err(|source| Error::io(path, source))
}

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::io(path, source))
}

/// Whether a file of this name was never finished.
pub(crate) fn is_partial(name: &str) -> bool {
    name.ends_with(PARTIAL)
}

/// Removes the files of a folder whose names are `unwanted`.
pub(crate) fn remove(folder: &Path, unwanted: impl Fn(&str) -> bool) -> Result<()> {
    let error = |source| Error::io(folder, source);
    for entry in std::fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if unwanted(&path.file_name().unwrap_or_default().to_string_lossy()) {
            std::fs::remove_file(&path).map_err(|source| Error::io(&path, source))?;
        }
    }
    Ok(())
}
