//! Files written whole or not at all, and their fingerprints.

use std::fmt::Write as _;
use std::io::{BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Writes a file whole or not at all. Its folder is made if it is missing.
///
/// # Errors
/// If the folder cannot be made or the file not be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_by(path, |file| file.write_all(bytes))
}

/// As [`write()`], piece by piece: what thousands of subjects give need not lie in memory as text, too.
///
/// # Errors
/// As [`write()`]; those of `fill`.
pub fn write_by(
    path: &Path,
    fill: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> Result<()> {
    fs_err::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    mri_io::atomic_file::write_whole(path, |file| {
        let mut file = BufWriter::new(file);
        fill(&mut file)?;
        file.flush()
    })
    .context("cannot write")
}

/// Writes a value as indented JSON.
///
/// # Errors
/// As [`write()`].
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_by(path, |file| {
        serde_json::to_writer_pretty(&mut *file, value)?;
        file.write_all(b"\n")
    })
}

/// Writes rows as CSV, below the names of their fields; nothing but an empty file without rows.
///
/// # Errors
/// As [`write()`].
pub fn write_csv(path: &Path, rows: impl IntoIterator<Item = impl Serialize>) -> Result<()> {
    write_by(path, |file| {
        let mut table = csv::Writer::from_writer(file);
        rows.into_iter().try_for_each(|row| table.serialize(row)).map_err(std::io::Error::other)?;
        table.flush()
    })
}

/// Reads a value from JSON.
///
/// # Errors
/// If the file cannot be read or holds something else; the message names it.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs_err::read(path)?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not what it should be", path.display()))
}

/// All files below a folder, by their paths in it, sorted.
///
/// # Errors
/// If a folder cannot be read.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs_err::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// Removes what killed programs left half-written below a folder, if there is one: files on which nobody has worked for
/// `idle`, which may be nothing where the caller works alone.
///
/// # Errors
/// If a folder cannot be read or a file not be removed.
pub fn remove_unfinished(folder: &Path, idle: Duration) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for path in below(folder)? {
        let path = folder.join(path);
        if path.to_string_lossy().ends_with(mri_io::atomic_file::UNFINISHED)
            && fs_err::metadata(&path)?.modified()?.elapsed().unwrap_or_default() >= idle
        {
            fs_err::remove_file(path)?;
        }
    }
    Ok(())
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// If the file cannot be read.
pub fn sha256(path: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut file = fs_err::File::open(path)?;
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex(&hasher.finalize())),
            length => hasher.update(&block[..length]),
        }
    }
}

/// SHA-256 of bytes, in hexadecimal.
pub fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// By what a changed file is recognized without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: u64,
}

/// The stamp of a file.
///
/// # Errors
/// If the file is not there; the message says why, where that is known.
pub fn stamp(path: &Path) -> Result<Stamp> {
    let metadata = fs_err::metadata(path).map_err(|error| match mri_io::find::why_absent(path) {
        Some(why) => anyhow!("{}: {why}", path.display()),
        None => error.into(),
    })?;
    let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(Stamp { bytes: metadata.len(), modified: modified.as_nanos() as u64 })
}

/// SHA-256 of a value's JSON, in hexadecimal: its fields in their order, numbers to the last digit.
///
/// # Errors
/// If the value has no JSON.
pub fn fingerprint(value: &impl Serialize) -> Result<String> {
    Ok(hex(&Sha256::digest(serde_json::to_vec(value)?)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_of_a_known_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/abc");
        write(&path, b"abc").unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&path).unwrap(), known);
    }

    #[test]
    fn files_below_a_folder_are_found_and_unfinished_ones_removed() {
        let folder = tempfile::tempdir().unwrap();
        let unfinished = format!("deep/.tmp{}", mri_io::atomic_file::UNFINISHED);
        for name in ["b", "deep/a", &unfinished] {
            write(&folder.path().join(name), b"x").unwrap();
        }
        assert_eq!(below(folder.path()).unwrap().len(), 3);
        remove_unfinished(folder.path(), Duration::from_secs(60)).unwrap();
        assert_eq!(below(folder.path()).unwrap().len(), 3);
        remove_unfinished(folder.path(), Duration::ZERO).unwrap();
        assert_eq!(below(folder.path()).unwrap(), [Path::new("b"), Path::new("deep/a")]);
    }

    #[test]
    fn fingerprints_tell_values_apart() {
        assert_eq!(fingerprint(&(1, "a")).unwrap(), fingerprint(&(1, "a")).unwrap());
        assert_ne!(fingerprint(&(1, "a")).unwrap(), fingerprint(&(2, "a")).unwrap());
    }
}
