//! Memory of NumPy as the voxels of a volume, without a copy.

// The one place that borrows memory beyond what the compiler can follow; see the note on safety.
#![allow(unsafe_code)]

use std::sync::Arc;

use mri_io::SharedVoxels;
use numpy::{PyArray3, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;

/// The memory of an array that is kept alive.
struct Memory {
    start: *const f32,
    length: usize,
    _owner: Py<PyArray3<f32>>,
}

// SAFETY: the memory is only read, and belongs to the array, which stays alive as long as this does. While others hold the array,
// NumPy refuses to move its memory (`resize`). Python code that writes into the array while a function of ours reads it gets a
// result of unspecified values, as with each NumPy function that releases the interpreter's lock.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl AsRef<[f32]> for Memory {
    fn as_ref(&self) -> &[f32] {
        // SAFETY: `share` has checked that so many aligned numbers lie there one after the other.
        unsafe { std::slice::from_raw_parts(self.start, self.length) }
    }
}

/// The voxels of an array in C order where they lie, or none if the array has another layout.
pub(crate) fn share(array: &Bound<'_, PyArray3<f32>>) -> Option<SharedVoxels<f32>> {
    if array.is_empty() || !array.is_c_contiguous() || !array.data().is_aligned() {
        return None;
    }
    Some(Arc::new(Memory { start: array.data(), length: array.len(), _owner: array.clone().unbind() }))
}
