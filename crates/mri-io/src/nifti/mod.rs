//! Reading NIfTI files, their predecessors and FreeSurfer's, and writing NIfTI.
//!
//! Crate `nifti` parses the NIfTI-1 header and names the data types. It is gone around where it does not
//! serve: it knows no NIfTI-2, recognizes gzip by the file's name, stops after the first gzip member,
//! trusts the header when it allocates, and returns Fortran-ordered arrays. So the header of NIfTI-2, the
//! inflating, the turn into C order and the writer are our own.

mod bytes;
mod datatype;
mod decode;
mod fields;
pub(crate) mod forms;
mod header;
mod intent;
mod mgh;
mod number;
mod parse;
mod place;
mod series;
mod stored;
mod voxels;
mod write;

use std::path::{Path, PathBuf};

use crate::{Error, Mask, Result, Volume};

pub use datatype::Datatype;
pub use fields::Format;
pub use header::Header;
pub use intent::Intent;
pub use series::Series;
pub use stored::StoredVolume;
pub use write::{Voxel, can_write_volume, write, write_bytes, write_like};

/// Reads a three-dimensional volume as `f32`, with the file's `scl_slope` and `scl_inter` applied.
///
/// `.nii`, `.nii.gz` (recognized by content, also of several gzip members) and `.hdr`/`.img` pairs (name
/// either file), NIfTI-1, NIfTI-2 and Analyze 7.5, both byte orders, all real data types, trailing singleton
/// dimensions; FreeSurfer's `.mgh` and `.mgz`. Voxels that are not finite are kept as they are. What is odd about the header
/// ([`Header::findings`]) is told in warning events.
///
/// # Errors
/// If the file cannot be read, is no NIfTI file, is damaged, or holds something other than one real
/// three-dimensional volume. The message names the file and what to do.
pub fn read(path: impl AsRef<Path>) -> Result<Volume<f32>> {
    let path = path.as_ref();
    let (header, volume) = read_with_header(path)?;
    warn(path, &header);
    Ok(volume)
}

/// As [`read`], with the header, whose findings are not told as events: for who tells them otherwise.
///
/// # Errors
/// As [`read`].
pub fn read_with_header(path: impl AsRef<Path>) -> Result<(Header, Volume<f32>)> {
    let file = bytes::open(path.as_ref())?;
    let volume = volume(&file)?;
    Ok((file.header, volume))
}

/// Tells what is odd about a header.
fn warn(path: &Path, header: &Header) {
    for finding in &header.findings {
        tracing::warn!("{}: {finding}", path.display());
    }
}

/// As [`read`], of the bytes of a `.nii` or `.nii.gz` that lies in another file. Errors call it `name`.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(name: impl AsRef<Path>, file: Vec<u8>) -> Result<Volume<f32>> {
    volume(&bytes::open_bytes(name.as_ref().to_owned(), file)?)
}

fn volume(file: &bytes::Opened) -> Result<Volume<f32>> {
    let header = &file.header;
    let count = header.shape.iter().product();
    let (contents, room) =
        rayon::join(|| file.contents(), || decode::room(count, file.is_likely_to_hold_them()));
    let contents = contents?;
    let voxels = &contents[header.offset..][..header.data_length()];
    Volume::new(decode::to_c_order(header, voxels, room), header.affine)
}

/// Reads only the header. Cheap, whatever the size of the volume. What is odd about it is in [`Header::findings`].
///
/// # Errors
/// As [`read`], as far as the header tells.
pub fn read_header(path: impl AsRef<Path>) -> Result<Header> {
    bytes::read_header(path.as_ref())
}

/// The files that [`read`] takes for this name: one, or a pair's header and voxels.
///
/// # Errors
/// As [`read_header`].
pub fn files_of(path: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    bytes::files(path.as_ref())
}

/// Reads a label map in any integer type. A value within half a step of the file's slope, or 1e-3, of a whole number is that
/// number: labels that went through floats are labels still.
///
/// # Errors
/// As [`read`]; also if a value is no whole number, or none that the type holds.
pub fn read_labels<T: Voxel + TryFrom<i128>>(path: impl AsRef<Path>) -> Result<Volume<T>> {
    let path = path.as_ref();
    StoredVolume::read(path)?.whole().map_err(|reason| Error::nifti(path, reason.to_string()))
}

/// Reads a mask: every voxel above zero is inside. Where values are not whole, the mask was interpolated or holds
/// probabilities: inside is what has at least half of 1 (of the largest value, where that is above 2: percentages), and a
/// warning event says so. The same holds for whole numbers of many levels, up to 50 and more, that change from voxel to voxel, as
/// soft masks are stored in bytes and percent; label maps have the same value over whole regions.
///
/// # Errors
/// As [`read`]; also if a voxel is not a number, or no voxel is above zero while some are below.
pub fn read_mask(path: impl AsRef<Path>) -> Result<Mask> {
    /// What a spline makes of a mask stays below.
    const OVERSHOOT: f32 = 2.0;
    let path = path.as_ref();
    let volume = read(path)?;
    let voxels = volume.as_slice();
    if voxels.iter().any(|value| value.is_nan()) {
        return Err(Error::nifti(path, "holds voxels that are not a number, so it is no mask"));
    }
    let is_whole = |value: &f32| (value - value.round()).abs() <= stored::LABEL_TOLERANCE as f32;
    let highest = voxels.iter().copied().fold(0.0, f32::max);
    let what = if !voxels.iter().all(is_whole) {
        "values that are not whole numbers"
    } else if is_soft(&volume, highest) {
        "a soft mask in whole numbers"
    } else {
        if highest <= 0.0 && voxels.iter().any(|&value| value < 0.0) {
            return Err(Error::nifti(
                path,
                "holds no value above 0, so nothing would be inside: write a mask with 1 inside and 0 outside",
            ));
        }
        return Ok(volume.map(|&value| value.round() > 0.0));
    };
    let half = if highest <= OVERSHOOT { 0.5 } else { 0.5 * highest };
    tracing::warn!(
        "{}: holds {what}, up to {highest}: taken as a mask where they are at least {half}",
        path.display()
    );
    Ok(volume.map(|&value| value >= half))
}

/// Whether whole numbers are probabilities times their largest value, and not labels: of the neighbours along the last axis
/// that are inside, but not both certainly inside, fewer than half are equal.
fn is_soft(volume: &Volume<f32>, highest: f32) -> bool {
    const LEAST_SCALE: f32 = 50.0;
    const LEAST_LEVELS: usize = 16;
    let voxels = volume.as_slice();
    if !(LEAST_SCALE..=f32::from(u16::MAX)).contains(&highest) || voxels.iter().any(|&value| value < 0.0) {
        return false;
    }
    let mut seen = vec![false; highest.round() as usize + 1];
    for value in voxels {
        seen[value.round() as usize] = true;
    }
    if seen.iter().filter(|&&seen| seen).count() <= LEAST_LEVELS {
        return false;
    }
    let (mut pairs, mut equal) = (0_usize, 0_usize);
    for line in volume.data().lanes(ndarray::Axis(2)) {
        for (&a, &b) in line.iter().zip(line.iter().skip(1)) {
            if a > 0.5 && b > 0.5 && a.min(b) < highest - 0.5 {
                pairs += 1;
                equal += usize::from((a - b).abs() < 0.5);
            }
        }
    }
    2 * equal < pairs
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_headers;
#[cfg(test)]
mod tests_of_values;
