//! Writing NIfTI-1 files, whole or not at all.

use std::io::Write;
use std::path::Path;

use flate2::{Compress, Compression, Crc, FlushCompress};
use ndarray::{ArrayViewMut3, Axis};
use rayon::prelude::*;

use super::fields::NIFTI1_LENGTH;
use super::header::Header;
use super::meaning::Meaning;
use crate::atomic_file::{can_write, write_whole};
use crate::volume::forms::Forms;
use crate::{Affine, Error, Result, Volume};

/// Where the voxels start: the header and four bytes that say that there is no extension.
const OFFSET: usize = NIFTI1_LENGTH + 4;
/// Of a head of float voxels, level 1 takes half as long for files that are up to half as large again; level 4 takes nearly twice
/// as long and saves 5 %.
const COMPRESSION_LEVEL: u32 = 2;
/// Bytes that one thread compresses at a time. The same on any machine, so that a file's bytes are, too.
const BLOCK: usize = 1 << 20;
/// A gzip member's first bytes: its marks, the method deflate, no name, no time, no system.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

mod sealed {
    pub trait Sealed {}
}

/// A voxel type that can be written: integers and floats of up to 64 bits, and `bool` (as 0 and 1).
pub trait Voxel: sealed::Sealed + Copy + Send + Sync {
    /// The NIfTI code of the type.
    #[doc(hidden)]
    const CODE: i16;
    /// Size in bytes.
    #[doc(hidden)]
    const SIZE: usize;
    /// Little-endian bytes.
    #[doc(hidden)]
    fn put(self, out: &mut [u8]);
}

macro_rules! voxel {
    ($($type:ty, $code:literal, $as:ty);*) => {$(
        impl sealed::Sealed for $type {}
        impl Voxel for $type {
            const CODE: i16 = $code;
            const SIZE: usize = size_of::<$as>();
            fn put(self, out: &mut [u8]) {
                out.copy_from_slice(&<$as>::from(self).to_le_bytes());
            }
        }
    )*};
}
voxel!(u8, 2, u8; i16, 4, i16; i32, 8, i32; f32, 16, f32; f64, 64, f64; i8, 256, i8; u16, 512, u16; u32, 768, u32;
       i64, 1024, i64; u64, 1280, u64; bool, 2, u8);

/// What stored values are multiplied by and what is then added, as most files have it: `scl_slope` and `scl_inter`.
const UNSCALED: [f64; 2] = [1.0, 0.0];

/// Writes a volume as NIfTI-1, compressed if the name ends in `.gz`. On the grid of a file that was read both forms, their
/// codes, the unit and the directions of encoding are that file's, so that any reader finds the volume where it finds the
/// file. Other affines are stored as sform and qform, code 1 ([`crate::Affine::with_code`] sets another), in mm; the
/// qform has the rotation that is nearest to a shear. The file appears under its name only when it is complete.
///
/// # Errors
/// If the name does not end in `.nii` or `.nii.gz`, an axis is longer than 32767 voxels, or the file
/// cannot be written (the disk is full, the folder is missing).
pub fn write<T: Voxel>(path: impl AsRef<Path>, volume: &Volume<T>) -> Result<()> {
    write_with(path, volume, &Meaning::default())
}

/// Writes a volume as [`write()`] does, with what its values mean.
///
/// # Errors
/// As [`write()`].
pub fn write_with<T: Voxel>(path: impl AsRef<Path>, volume: &Volume<T>, meaning: &Meaning) -> Result<()> {
    write_scaled(path.as_ref(), volume, meaning, UNSCALED)
}

/// Writes a volume as [`write()`] does, with what the values of the file that it was made from mean: its resampled labels
/// are still labels.
///
/// # Errors
/// As [`write()`].
pub fn write_like<T: Voxel>(path: impl AsRef<Path>, volume: &Volume<T>, header: &Header) -> Result<()> {
    write_with(path, volume, &header.meaning())
}

/// `scaling`: slope and intercept.
pub(super) fn write_scaled<T: Voxel>(
    path: &Path,
    volume: &Volume<T>,
    meaning: &Meaning,
    scaling: [f64; 2],
) -> Result<()> {
    let compress = compressed(path)?;
    let bytes = file_of(path, volume, meaning, scaling)?;
    let bytes = if compress { gzip(&bytes) } else { bytes };
    write_whole(path, |file| file.write_all(&bytes))
}

/// A volume as the bytes of a compressed file (`.nii.gz`), for files that carry volumes within: [`crate::nifti::read_bytes`]
/// reads it.
///
/// # Errors
/// If an axis is longer than 32767 voxels.
pub fn write_bytes<T: Voxel>(volume: &Volume<T>) -> Result<Vec<u8>> {
    Ok(gzip(&file_of(Path::new("a volume"), volume, &Meaning::default(), UNSCALED)?))
}

/// The bytes of an uncompressed file. `path` names it in the error.
fn file_of<T: Voxel>(
    path: &Path,
    volume: &Volume<T>,
    meaning: &Meaning,
    scaling: [f64; 2],
) -> Result<Vec<u8>> {
    if volume.shape().iter().any(|&n| n > 32767) {
        return Err(unwritable(
            path,
            format!("NIfTI-1 holds at most 32767 voxels along an axis, not {:?}", volume.shape()),
        ));
    }
    let mut header = header::<T>(volume.shape(), volume.affine(), scaling);
    meaning.put(&mut header);
    Ok(encode(volume, &header))
}

/// Whether [`write()`] can write a volume under this name: to be asked before hours of work for it.
///
/// # Errors
/// If the name does not end in `.nii` or `.nii.gz`, or as [`can_write`].
pub fn can_write_volume(path: impl AsRef<Path>) -> Result<()> {
    compressed(path.as_ref())?;
    can_write(path)
}

fn unwritable(path: &Path, reason: impl Into<String>) -> Error {
    Error::Unwritable { path: path.to_owned(), reason: reason.into() }
}

/// Whether a volume of this name is compressed.
fn compressed(path: &Path) -> Result<bool> {
    let is = |path: &Path, ending: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    let compressed = is(path, "gz");
    if is(&if compressed { path.with_extension("") } else { path.to_owned() }, "nii") {
        return Ok(compressed);
    }
    let reason = if is(path, "mgz") || is(path, "mgh") {
        "FreeSurfer's files are read, not written: let the name end in .nii or .nii.gz"
    } else {
        "a NIfTI file's name ends in .nii or .nii.gz: add one of them"
    };
    Err(unwritable(path, reason))
}

/// One gzip member. Blocks are compressed side by side, each from nothing, and joined where they end with a whole byte.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let count = bytes.len().div_ceil(BLOCK);
    let blocks: Vec<(Vec<u8>, Crc)> = bytes
        .par_chunks(BLOCK)
        .enumerate()
        .map(|(number, block)| {
            let mut compressor = Compress::new(Compression::new(COMPRESSION_LEVEL), false);
            let flush = if number + 1 == count { FlushCompress::Finish } else { FlushCompress::Sync };
            // What cannot be compressed is stored, a few bytes longer.
            let mut out = Vec::with_capacity(block.len() + block.len() / 1000 + 64);
            compressor.compress_vec(block, &mut out, flush).expect("there is room for all");
            assert_eq!(compressor.total_in(), block.len() as u64, "there is room for all");
            let mut sum = Crc::new();
            sum.update(block);
            (out, sum)
        })
        .collect();
    let mut file = GZIP.to_vec();
    file.reserve(blocks.iter().map(|(block, _)| block.len()).sum::<usize>() + 8);
    let mut sum = Crc::new();
    for (block, of_block) in &blocks {
        file.extend_from_slice(block);
        sum.combine(of_block);
    }
    file.extend_from_slice(&sum.sum().to_le_bytes());
    file.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    file
}

fn encode<T: Voxel>(volume: &Volume<T>, header: &[u8; NIFTI1_LENGTH]) -> Vec<u8> {
    let [ni, nj, nk] = volume.shape();
    let voxels = volume.as_slice();
    let mut out = vec![0; OFFSET + voxels.len() * T::SIZE];
    out[..NIFTI1_LENGTH].copy_from_slice(header);
    // One plane of the first and last axis after the other, as in reading.
    let mut lines =
        ArrayViewMut3::from_shape((nk, nj, ni * T::SIZE), &mut out[OFFSET..]).expect("room for all");
    lines.axis_iter_mut(Axis(1)).into_par_iter().enumerate().for_each_init(
        Vec::new,
        |plane, (j, mut lines)| {
            plane.clear();
            (0..ni).for_each(|i| plane.extend_from_slice(&voxels[(i * nj + j) * nk..][..nk]));
            for (k, mut line) in lines.outer_iter_mut().enumerate() {
                let line = line.as_slice_mut().expect("lines of a file are contiguous");
                let voxels = plane[k..].iter().step_by(nk);
                line.chunks_exact_mut(T::SIZE).zip(voxels).for_each(|(out, voxel)| voxel.put(out));
            }
        },
    );
    out
}

/// The 348 bytes of nifti1.h, little-endian.
fn header<T: Voxel>(shape: [usize; 3], affine: &Affine, scaling: [f64; 2]) -> [u8; NIFTI1_LENGTH] {
    let mut out = [0; NIFTI1_LENGTH];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &(NIFTI1_LENGTH as i32).to_le_bytes());
    for (axis, n) in [3, shape[0], shape[1], shape[2], 1, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * axis, &(n as i16).to_le_bytes());
    }
    put(70, &T::CODE.to_le_bytes());
    put(72, &(8 * T::SIZE as i16).to_le_bytes());
    let forms = affine.forms().copied().unwrap_or_else(|| Forms::of(affine.matrix(), 1)).to_write();
    let mut floats = |at: usize, values: &[f64]| {
        values.iter().enumerate().for_each(|(n, &value)| put(at + 4 * n, &(value as f32).to_le_bytes()));
    };
    floats(76, &[forms.qform.map_or(1.0, |qform| qform.handedness)]);
    floats(80, &forms.spacing);
    floats(108, &[OFFSET as f64]);
    floats(112, &scaling);
    if let Some(qform) = forms.qform {
        floats(256, &qform.quaternion);
        floats(268, &qform.shift);
    }
    if let Some(sform) = forms.sform {
        floats(280, sform.rows.as_flattened());
    }
    put(39, &[forms.directions]);
    put(123, &[forms.units]);
    put(252, &(forms.qform.map_or(0, |qform| qform.code) as i16).to_le_bytes());
    put(254, &(forms.sform.map_or(0, |sform| sform.code) as i16).to_le_bytes());
    put(344, b"n+1\0");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Several blocks, of which some cannot be compressed, at any number of threads: the same one member.
    #[test]
    fn blocks_that_are_compressed_side_by_side_are_one_member() {
        let noise = |n: usize| ((n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8;
        for length in [348, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7] {
            let bytes: Vec<u8> =
                (0..length).map(|n| if n / 300_000 % 2 == 0 { noise(n) } else { 7 }).collect();
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| gzip(&bytes))
            };
            let file = on(3);
            assert_eq!(file, on(1));
            let mut found = vec![0; length + 1];
            // It reads the first member alone.
            let read = libdeflater::Decompressor::new().gzip_decompress(&file, &mut found).unwrap();
            assert_eq!(read, length);
            assert!(found[..length] == bytes);
        }
    }
}
