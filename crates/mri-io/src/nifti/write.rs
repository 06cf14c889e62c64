//! Writing NIfTI-1 files, whole or not at all.

use std::io::Write;
use std::path::Path;

use libdeflater::{CompressionLvl, Compressor};
use nalgebra::{Matrix3, Rotation3, UnitQuaternion};
use ndarray::{ArrayViewMut3, Axis};
use rayon::prelude::*;

use super::header::{Header, NIFTI1_LENGTH};
use super::intent::Intent;
use crate::whole_file::{can_write, write_whole};
use crate::{Affine, Error, Result, Volume};

/// Where the voxels start: the header and four bytes that say that there is no extension.
const OFFSET: usize = NIFTI1_LENGTH + 4;
/// The fastest. Of a head of 240x240x155 float voxels, level 3 takes twice as long and saves 8 % of the file's
/// size, level 6 takes five times as long and saves 16 %.
const COMPRESSION_LEVEL: i32 = 1;

mod sealed {
    pub trait Sealed {}
}

/// A voxel type that can be written: `f32`, `i16`, `u16`, `u8`, and `bool` (as 0 and 1).
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
voxel!(f32, 16, f32; i16, 4, i16; u16, 512, u16; u8, 2, u8; bool, 2, u8);

/// Writes a volume as NIfTI-1, compressed if the name ends in `.gz`. The affine is stored as sform, and as
/// qform too where it has no shear; the unit is mm. The file appears under its name only when it is
/// complete.
///
/// # Errors
/// If the name does not end in `.nii` or `.nii.gz`, an axis is longer than 32767 voxels, or the file
/// cannot be written (the disk is full, the folder is missing).
pub fn write<T: Voxel>(path: impl AsRef<Path>, volume: &Volume<T>) -> Result<()> {
    write_meaning(path.as_ref(), volume, &Intent::default(), "")
}

/// Writes a volume as [`write()`] does, with the intent and the description of the file that it was made from:
/// its resampled labels are still labels.
///
/// # Errors
/// As [`write()`].
pub fn write_like<T: Voxel>(path: impl AsRef<Path>, volume: &Volume<T>, header: &Header) -> Result<()> {
    write_meaning(path.as_ref(), volume, &header.intent, &header.description)
}

fn write_meaning<T: Voxel>(
    path: &Path,
    volume: &Volume<T>,
    intent: &Intent,
    description: &str,
) -> Result<()> {
    let compress = compressed(path)?;
    let bytes = file_of(path, volume, intent, description)?;
    let bytes = if compress { gzip(&bytes) } else { bytes };
    write_whole(path, |file| file.write_all(&bytes))
}

/// A volume as the bytes of a compressed file (`.nii.gz`), for files that carry volumes within: [`crate::read_bytes`]
/// reads it.
///
/// # Errors
/// If an axis is longer than 32767 voxels.
pub fn write_bytes<T: Voxel>(volume: &Volume<T>) -> Result<Vec<u8>> {
    Ok(gzip(&file_of(Path::new("a volume"), volume, &Intent::default(), "")?))
}

/// The bytes of an uncompressed file. `path` names it in the error.
fn file_of<T: Voxel>(path: &Path, volume: &Volume<T>, intent: &Intent, description: &str) -> Result<Vec<u8>> {
    if volume.shape().iter().any(|&n| n > 32767) {
        return Err(Error::nifti(
            path,
            format!("NIfTI-1 holds at most 32767 voxels along an axis, not {:?}", volume.shape()),
        ));
    }
    let mut header = header::<T>(volume.shape(), volume.affine());
    put_meaning(&mut header, intent, description);
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

/// Whether a volume of this name is compressed.
fn compressed(path: &Path) -> Result<bool> {
    let is = |path: &Path, ending: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    let compressed = is(path, "gz");
    if is(&if compressed { path.with_extension("") } else { path.to_owned() }, "nii") {
        return Ok(compressed);
    }
    Err(Error::nifti(path, "a NIfTI file's name ends in .nii or .nii.gz: add one of them"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::new(COMPRESSION_LEVEL).expect("a valid level"));
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut out).expect("the bound suffices");
    out.truncate(length);
    out
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
fn header<T: Voxel>(shape: [usize; 3], affine: &Affine) -> [u8; NIFTI1_LENGTH] {
    let mut out = [0; NIFTI1_LENGTH];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &(NIFTI1_LENGTH as i32).to_le_bytes());
    for (axis, n) in [3, shape[0], shape[1], shape[2], 1, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * axis, &(n as i16).to_le_bytes());
    }
    put(70, &T::CODE.to_le_bytes());
    put(72, &(8 * T::SIZE as i16).to_le_bytes());
    let qform = Qform::of(affine);
    let [x, y, z] = affine.spacing();
    for (axis, value) in [qform.as_ref().map_or(1.0, |q| q.handedness), x, y, z].into_iter().enumerate() {
        put(76 + 4 * axis, &(value as f32).to_le_bytes());
    }
    put(108, &(OFFSET as f32).to_le_bytes());
    put(112, &1.0_f32.to_le_bytes()); // scl_slope
    put(123, &[2]); // mm
    if let Some(qform) = qform {
        put(252, &1_i16.to_le_bytes());
        for (at, value) in qform.quaternion.into_iter().enumerate() {
            put(256 + 4 * at, &(value as f32).to_le_bytes());
        }
        for axis in 0..3 {
            put(268 + 4 * axis, &(affine.matrix()[(axis, 3)] as f32).to_le_bytes());
        }
    }
    put(254, &1_i16.to_le_bytes());
    for row in 0..3 {
        for column in 0..4 {
            put(280 + 16 * row + 4 * column, &(affine.matrix()[(row, column)] as f32).to_le_bytes());
        }
    }
    put(344, b"n+1\0");
    out
}

/// Intent and description, with texts cut to the bytes there are for them, the last of which stays zero.
fn put_meaning(header: &mut [u8; NIFTI1_LENGTH], intent: &Intent, description: &str) {
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    let cut = |text: &str, length: usize| text.as_bytes()[..text.len().min(length)].to_vec();
    for (at, value) in [56, 60, 64].into_iter().zip(intent.parameters) {
        put(at, &(value as f32).to_le_bytes());
    }
    put(68, &(intent.code as i16).to_le_bytes());
    put(148, &cut(description, 79));
    put(328, &cut(&intent.name, 15));
}

/// The rotation of an affine without shear, as NIfTI stores it.
struct Qform {
    quaternion: [f64; 3],
    handedness: f64,
}

impl Qform {
    fn of(affine: &Affine) -> Option<Self> {
        let mut linear: Matrix3<f64> = affine.matrix().fixed_view::<3, 3>(0, 0).into();
        for mut column in linear.column_iter_mut() {
            column.normalize_mut();
        }
        let handedness = linear.determinant().signum();
        linear.column_mut(2).scale_mut(handedness);
        if (linear.transpose() * linear - Matrix3::identity()).norm() > 1e-5 {
            return None;
        }
        let rotation = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(linear));
        let sign = if rotation.w < 0.0 { -1.0 } else { 1.0 };
        Some(Self { quaternion: [rotation.i, rotation.j, rotation.k].map(|value| sign * value), handedness })
    }
}
