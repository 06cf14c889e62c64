//! Volumes and masks as commands read them, and what is said about them.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use mri_io::atomic_file::write_whole;
use mri_io::nifti::{Header, Series, StoredVolume, read_mask, read_with_header};
use mri_io::qc::Picture;
use mri_io::{Mask, Volume, read};

/// A volume with its header; of a series, the volume of this number.
pub(crate) fn read_one(path: &Path, number: Option<usize>) -> Result<(Header, Volume)> {
    let Some(number) = number else { return Ok(read_with_header(path)?) };
    let mut series = Series::open(path)?;
    let volume = series.take_volume(number)?.values()?;
    Ok((series.header().clone(), volume))
}

/// As [`read_one`], with what is odd about the header on standard error.
pub(crate) fn read_told(path: &Path, number: Option<usize>) -> Result<(Header, Volume)> {
    let (header, volume) = read_one(path, number)?;
    tell(path, &header);
    Ok((header, volume))
}

/// As [`read_told`], in the stored type.
pub(crate) fn read_stored(path: &Path, number: Option<usize>) -> Result<StoredVolume> {
    let Some(number) = number else { return Ok(StoredVolume::read(path)?) };
    let mut series = Series::open(path)?;
    tell(path, series.header());
    Ok(series.take_volume(number)?)
}

pub(crate) fn tell(path: &Path, header: &Header) {
    warn(path, &header.findings.iter().map(ToString::to_string).collect::<Vec<_>>());
}

/// A scan, in which voxels that are not finite count as 0, with a word.
pub(crate) fn read_scan(path: &Path) -> Result<Volume> {
    let mut scan = read(path)?;
    warn(path, scan.zero_not_finite().as_slice());
    Ok(scan)
}

/// How many voxels are not finite, if any.
pub(crate) fn not_finite(volume: &Volume) -> Option<String> {
    let count = volume.not_finite();
    (count > 0).then(|| format!("{count} of {} voxels are not finite", volume.as_slice().len()))
}

/// A scan and a mask that fits it.
pub(crate) fn read_with_mask(volume: &Path, mask: &Path) -> Result<(Volume, Mask)> {
    let voxels = read_scan(volume)?;
    let inside = read_mask_of(mask, volume, &voxels)?;
    warn(mask, &inside.doubts());
    Ok((voxels, inside))
}

/// The mask of a volume that was read already.
pub(crate) fn read_mask_of(mask: &Path, volume: &Path, voxels: &Volume) -> Result<Mask> {
    let inside = read_mask(mask)?;
    inside
        .check_on(&voxels.grid())
        .with_context(|| format!("{} as the mask of {}", about(mask), about(volume)))?;
    Ok(inside)
}

/// A scan, and a mask that fits it if there is one.
pub(crate) fn read_masked(volume: &Path, mask: Option<&Path>) -> Result<(Volume, Option<Mask>)> {
    match mask {
        Some(mask) => read_with_mask(volume, mask).map(|(volume, mask)| (volume, Some(mask))),
        None => Ok((read_scan(volume)?, None)),
    }
}

pub(crate) fn write_png(path: &Path, picture: &Picture) -> Result<()> {
    let bytes = picture.to_png()?;
    Ok(write_whole(path, |file| file.write_all(&bytes))?)
}

/// A file's name without its folder, for a picture.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A file's name for a message.
pub(crate) fn about(path: &Path) -> String {
    path.display().to_string()
}

pub(crate) fn warn(path: &Path, warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {}: {warning}", path.display());
    }
}
