//! Whole files as volumes of `f32`, and headers alone.

use std::path::{Path, PathBuf};

use super::header::Header;
use super::{bytes, decode};
use crate::{Result, Volume};

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
pub(super) fn warn(path: &Path, header: &Header) {
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
