//! Reading and writing NIfTI files.
//!
//! Crate `nifti` parses the NIfTI-1 header and names the data types. It is gone around where it does not
//! serve: it knows no NIfTI-2, recognizes gzip by the file's name, stops after the first gzip member,
//! trusts the header when it allocates, and returns Fortran-ordered arrays. So the header of NIfTI-2, the
//! inflating, the turn into C order and the writer are our own.

mod bytes;
mod decode;
mod header;
mod intent;
mod write;

use std::path::{Path, PathBuf};

use crate::{Error, Mask, Result, Volume};

pub use header::{Datatype, Header};
pub use intent::Intent;
pub use write::{Voxel, can_write_volume, write, write_bytes, write_like};

/// Reads a three-dimensional volume as `f32`, with the file's `scl_slope` and `scl_inter` applied.
///
/// `.nii`, `.nii.gz` (recognized by content, also of several gzip members) and `.hdr`/`.img` pairs (name
/// either file), NIfTI-1 and NIfTI-2, both byte orders, all real data types, trailing singleton
/// dimensions. Voxels that are not finite are kept as they are.
///
/// # Errors
/// If the file cannot be read, is no NIfTI file, is damaged, or holds something other than one real
/// three-dimensional volume. The message names the file and what to do.
pub fn read(path: impl AsRef<Path>) -> Result<Volume<f32>> {
    let path = path.as_ref();
    volume(path, &bytes::open(path)?)
}

/// As [`read`], of the bytes of a `.nii` or `.nii.gz` that lies in another file. Errors call it `name`.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(name: impl AsRef<Path>, file: Vec<u8>) -> Result<Volume<f32>> {
    let name = name.as_ref();
    volume(name, &bytes::open_bytes(name.to_owned(), file)?)
}

fn volume(path: &Path, file: &bytes::Opened) -> Result<Volume<f32>> {
    let header = &file.header;
    if !header.oriented {
        tracing::warn!(
            "{}: says nothing about orientation: taking x to the left, y to the front, z to the top",
            path.display()
        );
    }
    let count = header.shape.iter().product();
    let (contents, room) =
        rayon::join(|| file.contents(), || decode::room(count, file.is_likely_to_hold_them()));
    let contents = contents?;
    let voxels = &contents[header.offset..][..header.data_length()];
    Volume::new(decode::to_c_order(header, voxels, room), header.affine)
}

/// Reads only the header. Cheap, whatever the size of the volume.
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

/// Reads a label map, whose values must be whole numbers from 0 to 65535.
///
/// # Errors
/// As [`read`]; also if a value is no such number.
pub fn read_labels(path: impl AsRef<Path>) -> Result<Volume<u16>> {
    let path = path.as_ref();
    let volume = read(path)?;
    let bad = volume.as_slice().iter().find(|&&v| v.fract() != 0.0 || !(0.0..=65535.0).contains(&v));
    if let Some(value) = bad {
        return Err(Error::nifti(
            path,
            format!("holds the value {value}, but labels are whole numbers from 0 to 65535"),
        ));
    }
    Ok(volume.map(|&value| value as u16))
}

/// Reads a mask: every voxel that is not zero is inside.
///
/// # Errors
/// As [`read`]; also if a voxel is not a number.
pub fn read_mask(path: impl AsRef<Path>) -> Result<Mask> {
    let path = path.as_ref();
    let volume = read(path)?;
    if volume.as_slice().iter().any(|value| value.is_nan()) {
        return Err(Error::nifti(path, "holds voxels that are not a number, so it is no mask"));
    }
    Ok(volume.map(|&value| value != 0.0))
}

#[cfg(test)]
mod tests;
