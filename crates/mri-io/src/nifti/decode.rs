//! The one place where NIfTI's order (first axis fastest) turns into C order (last axis fastest).

use ndarray::Array3;
use rayon::prelude::*;

use super::header::{Datatype, Header};

/// Edges of the tiles that are turned one after the other: along the first axis at least a cache line of the
/// file, along the last one cache line of `f32`.
const TILE_I: usize = 32;
const TILE_K: usize = 16;

/// Stored bytes to scaled `f32` in C order.
pub(super) fn to_c_order(header: &Header, data: &[u8]) -> Array3<f32> {
    macro_rules! turn {
        ($type:ty) => {{
            const SIZE: usize = size_of::<$type>();
            let value = |bytes: &[u8]| -> $type {
                let bytes: [u8; SIZE] = bytes.try_into().expect("one voxel");
                if header.big_endian { <$type>::from_be_bytes(bytes) } else { <$type>::from_le_bytes(bytes) }
            };
            if header.slope == 1.0 && header.inter == 0.0 {
                turn::<SIZE>(header.shape, data, |bytes| value(bytes) as f32)
            } else {
                turn::<SIZE>(header.shape, data, |bytes| {
                    (value(bytes) as f64 * header.slope + header.inter) as f32
                })
            }
        }};
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
}

fn turn<const SIZE: usize>(
    shape: [usize; 3],
    data: &[u8],
    value: impl Fn(&[u8]) -> f32 + Sync,
) -> Array3<f32> {
    let [ni, nj, nk] = shape;
    let plane = nj * nk;
    let mut out = vec![0.0_f32; ni * plane];
    out.par_chunks_mut(TILE_I * plane).enumerate().for_each(|(block, out)| {
        let first_i = block * TILE_I;
        let width = out.len() / plane;
        let mut tile = [[0.0_f32; TILE_K]; TILE_I];
        for j in 0..nj {
            for first_k in (0..nk).step_by(TILE_K) {
                let depth = TILE_K.min(nk - first_k);
                for k in 0..depth {
                    let start = (((first_k + k) * nj + j) * ni + first_i) * SIZE;
                    let row = data[start..start + width * SIZE].chunks_exact(SIZE);
                    for (tile, voxel) in tile.iter_mut().zip(row) {
                        tile[k] = value(voxel);
                    }
                }
                for (i, row) in tile.iter().enumerate().take(width) {
                    let start = i * plane + j * nk + first_k;
                    out[start..start + depth].copy_from_slice(&row[..depth]);
                }
            }
        }
    });
    Array3::from_shape_vec((ni, nj, nk), out).expect("as many voxels as the shape says")
}
