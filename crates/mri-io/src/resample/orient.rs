//! Reorientation without interpolation.

use std::borrow::Cow;

use nalgebra::Matrix4;
use ndarray::{ArrayBase, ArrayView3, Axis, Ix3, RawData};

use crate::{Affine, Grid, Result, Volume};

/// Axes that run to the right, to the front and to the top.
const CANONICAL: [(usize, bool); 3] = [(0, true), (1, true), (2, true)];

/// The same voxels with the axes permuted and flipped so that they run as closely as possible to the
/// right, to the front and to the top (RAS+). World positions and values stay as they are.
///
/// # Panics
/// Never: a permuted and flipped affine can be inverted.
pub fn to_canonical<T: Clone>(volume: &Volume<T>) -> Volume<T> {
    let data = canonical_view(volume).as_standard_layout().into_owned();
    Volume::new(data, canonical_grid(&volume.grid()).affine).expect("as many voxels as before")
}

/// The voxels in that order, without a copy.
pub(crate) fn canonical_view<T>(volume: &Volume<T>) -> ArrayView3<'_, T> {
    in_canonical_axes(volume.data(), volume.affine())
}

/// An array, or a view of one, on a grid of this affine, in that order.
pub(crate) fn in_canonical_axes<S: RawData>(
    mut data: ArrayBase<S, Ix3>,
    affine: &Affine,
) -> ArrayBase<S, Ix3> {
    let mut order = [0; 3];
    for (axis, (world, forward)) in affine.axis_codes().into_iter().enumerate() {
        order[world] = axis;
        if !forward {
            data.invert_axis(Axis(axis));
        }
    }
    data.permuted_axes(order)
}

/// The volume in canonical order, without a copy where it has that already. What is computed in this order does not depend
/// on the order in which a file stores its voxels, to the last bit.
pub(crate) fn canonical<T: Clone>(volume: &Volume<T>) -> Cow<'_, Volume<T>> {
    if volume.affine().axis_codes() == CANONICAL {
        Cow::Borrowed(volume)
    } else {
        Cow::Owned(to_canonical(volume))
    }
}

/// Computes a volume on `grid` from another one, with the axes of both in canonical order.
pub(super) fn in_canonical_order<T: Clone, U: Clone>(
    volume: &Volume<T>,
    grid: &Grid,
    compute: impl FnOnce(&Volume<T>, &Grid) -> Result<Volume<U>>,
) -> Result<Volume<U>> {
    let codes = grid.affine.axis_codes();
    if codes == CANONICAL {
        return compute(&canonical(volume), grid);
    }
    Ok(in_order_of(grid, &compute(&canonical(volume), &canonical_grid(grid))?))
}

/// A volume in canonical order on the voxels of `grid`, in the grid's own order.
///
/// # Panics
/// If the volume has other voxels.
pub(crate) fn in_order_of<T: Clone>(grid: &Grid, canonical: &Volume<T>) -> Volume<T> {
    let codes = grid.affine.axis_codes();
    let mut data = canonical.data().permuted_axes(codes.map(|(axis, _)| axis));
    for (axis, (_, forward)) in codes.into_iter().enumerate() {
        if !forward {
            data.invert_axis(Axis(axis));
        }
    }
    Volume::new(data.as_standard_layout().into_owned(), grid.affine).expect("as many voxels as the grid has")
}

/// The grid with its axes in canonical order.
fn canonical_grid(grid: &Grid) -> Grid {
    // New voxel index to old voxel index.
    let mut step = Matrix4::zeros();
    step[(3, 3)] = 1.0;
    let mut shape = [0; 3];
    for (old, (new, forward)) in grid.affine.axis_codes().into_iter().enumerate() {
        shape[new] = grid.shape[old];
        step[(old, new)] = if forward { 1.0 } else { -1.0 };
        step[(old, 3)] = if forward { 0.0 } else { grid.shape[old] as f64 - 1.0 };
    }
    Grid { shape, affine: grid.affine.stepped(&step).expect("a reordered affine is invertible") }
}
