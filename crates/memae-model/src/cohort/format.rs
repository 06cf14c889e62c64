//! The layout of a cohort file.
//!
//! Layout: an 8-byte magic, the offset and the length of the header (little-endian u64), zeros up to byte 4096, then the
//! voxels as little-endian u16, then the header as JSON. Voxels lie subject by subject and slice by slice, `[k][i][j]`, so that
//! the three slices of a window are contiguous. 0 is background; 1..=65535 spread evenly over the subject's value range, which
//! is [0, 1] unless its brain has values outside. So the file also holds the brain mask, and the error is at most
//! 0.5 / 65534 of the range.

use serde::{Deserialize, Serialize};

pub(super) const MAGIC: [u8; 8] = *b"MEMAECH1";
pub(super) const DATA_OFFSET: usize = 4096;
/// Steps between the darkest and the brightest brain value.
pub(super) const STEPS: f32 = 65534.0;

/// What the file says about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Header {
    /// Voxels along [i, j, k].
    pub(super) shape: [usize; 3],
    pub(super) subjects: Vec<Subject>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Subject {
    pub(super) name: String,
    /// Values of the quantized 1 and 65535.
    pub(super) range: [f32; 2],
    /// Brain voxels in each axial slice.
    pub(super) brain_voxels: Vec<u32>,
}
