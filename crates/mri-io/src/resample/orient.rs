//! Reorientation without interpolation.

use nalgebra::Matrix4;
use ndarray::Axis;

use crate::Volume;

/// The same voxels with the axes permuted and flipped so that they run as closely as possible to the
/// right, to the front and to the top (RAS+). World positions and values stay as they are.
///
/// # Panics
/// Never: a permuted and flipped affine can be inverted.
pub fn to_canonical<T: Clone>(volume: &Volume<T>) -> Volume<T> {
    let codes = volume.affine().axis_codes();
    let shape = volume.shape();
    // New voxel index to old voxel index.
    let mut step = Matrix4::zeros();
    step[(3, 3)] = 1.0;
    let mut order = [0; 3];
    for (old, (new, forward)) in codes.into_iter().enumerate() {
        order[new] = old;
        step[(old, new)] = if forward { 1.0 } else { -1.0 };
        step[(old, 3)] = if forward { 0.0 } else { shape[old] as f64 - 1.0 };
    }
    let mut data = volume.data();
    for (axis, (_, forward)) in codes.into_iter().enumerate() {
        if !forward {
            data.invert_axis(Axis(axis));
        }
    }
    let data = data.permuted_axes(order).as_standard_layout().into_owned();
    let affine = volume.affine().stepped(&step).expect("a reordered affine is invertible");
    Volume::new(data, affine).expect("as many voxels as before")
}
