//! Values of a volume at the voxels of another grid.

mod finite;
mod kernel;
mod orient;
mod rows;
mod share;
mod smooth;
mod spline;

use nalgebra::Matrix4;

use crate::{Affine, AffineTransform, Grid, Mask, Result, RigidTransform, Volume};
use kernel::{CubicSpline, Lanczos, Linear, Nearest, Separable};
use rows::fill_rows;

use orient::in_canonical_order;
pub use orient::to_canonical;
pub(crate) use orient::{canonical, canonical_view, in_canonical_axes, in_order_of};
pub use share::resample_labels_by_share;

/// How values between voxel centres are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Interpolation {
    /// The value of the nearest voxel.
    Nearest,
    /// Trilinear, 8 voxels. Never leaves the range of the values.
    #[default]
    Linear,
    /// Interpolating cubic B-spline (Unser 1999, doi:10.1109/79.799930). Sharper than linear; overshoots at
    /// edges.
    Cubic,
    /// Sinc in a Lanczos window of three lobes, 216 voxels. The sharpest and slowest; overshoots at edges.
    Lanczos,
}

/// Resamples a volume to `grid`. `transform` maps world points (mm) of the grid to world points of the
/// volume, as a registration's fixed-to-moving transform does. Voxels whose centre lies more than half a
/// voxel outside the volume get `fill`.
///
/// Where the grid is coarser than the volume, the volume is smoothed first so that nothing aliases (not
/// for [`Interpolation::Nearest`]). Voxels that are not finite have no weight; where the nearest is one of
/// them and they would have more than half of the weight, the result is NaN. The order in which volume and grid store their
/// axes does not matter, to the last bit.
///
/// # Errors
/// If the grid has no voxels, or more than fit into memory.
pub fn resample(
    volume: &Volume<f32>,
    grid: &Grid,
    transform: impl Into<AffineTransform>,
    interpolation: Interpolation,
    fill: f32,
) -> Result<Volume<f32>> {
    let transform = transform.into();
    in_canonical_order(volume, grid, |volume, grid| {
        let matrix = voxel_to_voxel(grid, &transform, volume.affine());
        if interpolation != Interpolation::Nearest && volume.not_finite() > 0 {
            return finite::interpolate_finite(volume, grid, &matrix, interpolation, fill);
        }
        interpolate(volume, grid, &matrix, interpolation, fill)
    })
}

/// As [`resample`], by the matrix from the grid's voxels to the volume's, whose values are all finite.
fn interpolate(
    volume: &Volume<f32>,
    grid: &Grid,
    matrix: &Matrix4<f64>,
    interpolation: Interpolation,
    fill: f32,
) -> Result<Volume<f32>> {
    let smoothed;
    let volume = match (interpolation, smooth::anti_aliasing(matrix)) {
        (Interpolation::Nearest, _) | (_, None) => volume,
        (_, Some(sigmas)) => {
            smoothed = smooth::gaussian(volume, sigmas);
            &smoothed
        }
    };
    let (voxels, shape) = (volume.as_slice(), volume.shape());
    match interpolation {
        Interpolation::Nearest => fill_rows(&Nearest { voxels, shape }, grid, matrix, fill),
        Interpolation::Linear => fill_rows(&Linear { voxels, shape }, grid, matrix, fill),
        Interpolation::Cubic => {
            let coefficients = spline::coefficients(volume);
            let sampler = Separable { kernel: CubicSpline, voxels: coefficients.as_slice(), shape };
            fill_rows(&sampler, grid, matrix, fill)
        }
        Interpolation::Lanczos => {
            fill_rows(&Separable { kernel: Lanczos::new(), voxels, shape }, grid, matrix, fill)
        }
    }
}

/// Resamples labels to `grid`: each voxel gets the label of the nearest voxel, 0 outside. `transform` as in
/// [`resample`].
///
/// # Errors
/// If the grid has no voxels, or more than fit into memory.
pub fn resample_labels<T: Copy + Default + Send + Sync>(
    labels: &Volume<T>,
    grid: &Grid,
    transform: impl Into<AffineTransform>,
) -> Result<Volume<T>> {
    nearest(labels, grid, &transform.into(), T::default())
}

/// The nearest voxels of a volume of any type, `fill` outside.
pub(crate) fn nearest<T: Copy + Default + Send + Sync>(
    volume: &Volume<T>,
    grid: &Grid,
    transform: &AffineTransform,
    fill: T,
) -> Result<Volume<T>> {
    in_canonical_order(volume, grid, |volume, grid| {
        let matrix = voxel_to_voxel(grid, transform, volume.affine());
        fill_rows(&Nearest { voxels: volume.as_slice(), shape: volume.shape() }, grid, &matrix, fill)
    })
}

/// Resamples a mask to `grid`: inside is where at least half of the neighbourhood, weighted linearly, is
/// inside. Smoother than the nearest voxel. `transform` as in [`resample`].
///
/// # Errors
/// If the grid has no voxels, or more than fit into memory.
pub fn resample_mask(mask: &Mask, grid: &Grid, transform: impl Into<AffineTransform>) -> Result<Mask> {
    let soft = mask.map(|&inside| f32::from(u8::from(inside)));
    Ok(resample(&soft, grid, transform, Interpolation::Linear, 0.0)?.map(|&share| share >= 0.5))
}

/// Resamples a volume to another voxel spacing (mm), same axes and same field of view to within half a
/// voxel.
///
/// # Errors
/// If a spacing is not a positive finite number.
pub fn resample_to_spacing(
    volume: &Volume<f32>,
    spacing: [f64; 3],
    interpolation: Interpolation,
) -> Result<Volume<f32>> {
    let grid = volume.grid().with_spacing(spacing)?;
    resample(volume, &grid, RigidTransform::identity(), interpolation, 0.0)
}

/// Voxel indices of the grid to (fractional) voxel indices of the volume.
fn voxel_to_voxel(grid: &Grid, transform: &AffineTransform, volume: &Affine) -> Matrix4<f64> {
    volume.inverse() * transform.matrix() * grid.affine.matrix()
}

#[cfg(test)]
pub(crate) mod tests;
