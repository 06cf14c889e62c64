//! Whether what the work will give can be written: asked before the work.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mri_io::atomic_file::can_write;
use mri_io::nifti::can_write_volume;

pub(crate) fn volumes<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
    Ok(paths.into_iter().try_for_each(can_write_volume)?)
}

pub(crate) fn files<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
    Ok(paths.into_iter().try_for_each(can_write)?)
}

/// Files in a folder that may not be there yet.
pub(crate) fn folder(path: &Path) -> Result<()> {
    let there = path.ancestors().find(|place| place.exists()).filter(|place| !place.as_os_str().is_empty());
    tempfile::tempfile_in(there.unwrap_or(Path::new(".")))
        .map(drop)
        .with_context(|| format!("{}: results cannot be written into this folder", path.display()))
}
