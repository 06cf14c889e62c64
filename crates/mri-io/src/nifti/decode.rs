//! The one place where NIfTI's order (first axis fastest) turns into C order (last axis fastest).

use ndarray::{Array3, ArrayViewMut3, Axis};
use rayon::prelude::*;

use super::datatype::Datatype;
use super::header::Header;
use super::voxels::Voxels;
use crate::{Result, Volume};

/// Memory for voxels, to be overwritten by [`to_c_order`]. The operating system finds the pages of fresh memory
/// only when they are first written, which takes as long as inflating a scan: with `touch` that is done here,
/// while another core inflates.
pub(super) fn room(voxels: usize, touch: bool) -> Vec<f32> {
    const PAGE: usize = 4096 / size_of::<f32>();
    let mut room = vec![0.0; voxels];
    if touch {
        room.iter_mut().step_by(PAGE).for_each(|voxel| *voxel = f32::NAN);
    }
    room
}

/// Stored bytes to scaled `f32` in C order, in `room`, which has a place for each voxel.
pub(super) fn to_c_order(header: &Header, data: &[u8], mut room: Vec<f32>) -> Array3<f32> {
    let out = &mut room;
    macro_rules! turn {
        ($type:ty) => {
            match (header.big_endian, header.slope == 1.0 && header.inter == 0.0) {
                (false, true) => turn(header.shape, data, out, |voxel| <$type>::from_le_bytes(voxel) as f32),
                (true, true) => turn(header.shape, data, out, |voxel| <$type>::from_be_bytes(voxel) as f32),
                (false, false) => turn(header.shape, data, out, |voxel| {
                    scaled(header, <$type>::from_le_bytes(voxel) as f64)
                }),
                (true, false) => turn(header.shape, data, out, |voxel| {
                    scaled(header, <$type>::from_be_bytes(voxel) as f64)
                }),
            }
        };
    }
    match header.datatype {
        Datatype::Uint8 => turn!(u8),
        Datatype::Int8 => turn!(i8),
        Datatype::Int16 => turn!(i16),
        Datatype::Uint16 => turn!(u16),
        Datatype::Int32 => turn!(i32),
        Datatype::Uint32 => turn!(u32),
        Datatype::Int64 => turn!(i64),
        Datatype::Uint64 => turn!(u64),
        Datatype::Float32 => turn!(f32),
        Datatype::Float64 => turn!(f64),
    }
    Array3::from_shape_vec(header.shape, room).expect("as many voxels as the shape says")
}

/// Stored bytes as they are, in C order.
pub(super) fn as_stored(header: &Header, data: &[u8]) -> Result<Voxels> {
    macro_rules! voxels {
        ($($kind:ident, $type:ty);*) => {
            match header.datatype {$(
                Datatype::$kind => {
                    let mut room = vec![<$type>::default(); header.shape.iter().product()];
                    if header.big_endian {
                        turn(header.shape, data, &mut room, <$type>::from_be_bytes);
                    } else {
                        turn(header.shape, data, &mut room, <$type>::from_le_bytes);
                    }
                    let room = Array3::from_shape_vec(header.shape, room).expect("as many voxels as the shape says");
                    Ok(Voxels::$kind(Volume::new(room, header.affine)?))
                }
            )*}
        };
    }
    voxels!(Uint8, u8; Int8, i8; Int16, i16; Uint16, u16; Int32, i32; Uint32, u32; Int64, i64; Uint64, u64;
            Float32, f32; Float64, f64)
}

fn scaled(header: &Header, stored: f64) -> f32 {
    (stored * header.slope + header.inter) as f32
}

/// Turns one plane of the first and last axis after the other: it is read in whole lines of the file, turned in
/// the cache, and written in whole rows of the array.
fn turn<T: Copy + Default + Send + Sync, const SIZE: usize>(
    [ni, nj, nk]: [usize; 3],
    data: &[u8],
    out: &mut [T],
    value: impl Fn([u8; SIZE]) -> T + Sync,
) {
    let (voxels, _) = data.as_chunks::<SIZE>();
    let mut out = ArrayViewMut3::from_shape((ni, nj, nk), out).expect("a place for each voxel");
    let planes = out.axis_iter_mut(Axis(1)).into_par_iter().enumerate();
    planes.for_each_init(
        || vec![T::default(); ni * nk],
        |plane, (j, mut rows)| {
            for (k, line) in plane.chunks_exact_mut(ni).enumerate() {
                let stored = &voxels[(k * nj + j) * ni..][..ni];
                line.iter_mut().zip(stored).for_each(|(out, &voxel)| *out = value(voxel));
            }
            for (i, mut row) in rows.outer_iter_mut().enumerate() {
                let row = row.as_slice_mut().expect("rows of C order are contiguous");
                row.iter_mut().zip(plane[i..].iter().step_by(ni)).for_each(|(out, &value)| *out = value);
            }
        },
    );
}
