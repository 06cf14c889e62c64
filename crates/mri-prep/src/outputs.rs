//! Whether what the work will give can be written, and is no input: asked before the work.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mri_io::atomic_file::can_write;
use mri_io::nifti::can_write_volume;
use mri_io::transform_file::can_write_transform;

/// Refuses results in the place of what is read, by whatever path: inputs are never changed. Also two results in one file.
pub(crate) fn apart<'a>(
    inputs: impl IntoIterator<Item = &'a PathBuf>,
    outputs: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<()> {
    let real = |path: &PathBuf| path.canonicalize().ok();
    let inputs: Vec<PathBuf> = inputs.into_iter().filter_map(real).collect();
    let outputs: Vec<&PathBuf> = outputs.into_iter().collect();
    let mut places = HashSet::new();
    for path in &outputs {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let place = (folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), path.file_name());
        ensure!(places.insert(place), "{}: two results are to be written into this file", path.display());
    }
    match outputs.into_iter().find(|path| real(path).is_some_and(|path| inputs.contains(&path))) {
        Some(path) => {
            bail!("{}: is an input, which is never changed: name another file for the result", path.display())
        }
        None => Ok(()),
    }
}

pub(crate) fn volumes<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
    Ok(paths.into_iter().try_for_each(can_write_volume)?)
}

pub(crate) fn files<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
    Ok(paths.into_iter().try_for_each(can_write)?)
}

pub(crate) fn transforms<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
    Ok(paths.into_iter().try_for_each(can_write_transform)?)
}

/// Pictures are PNG, whatever their names say.
pub(crate) fn picture(path: Option<&PathBuf>) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    ensure!(
        path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")),
        "{}: pictures are written as PNG: let its name end in .png",
        path.display()
    );
    files([path])
}

/// Files in a folder that may not be there yet.
pub(crate) fn folder(path: &Path) -> Result<()> {
    let there = path.ancestors().find(|place| place.exists()).filter(|place| !place.as_os_str().is_empty());
    tempfile::tempfile_in(there.unwrap_or(Path::new(".")))
        .map(drop)
        .with_context(|| format!("{}: results cannot be written into this folder", path.display()))
}
