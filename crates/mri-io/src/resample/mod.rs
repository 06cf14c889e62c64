//! Values of a volume at the voxels of another grid.

mod kernel;
mod orient;
mod smooth;

use std::ops::Range;

use nalgebra::{Matrix4, Point3, Vector3};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Affine, AffineTransform, Error, Grid, Mask, Result, RigidTransform, Volume};
use kernel::{CubicSpline, Kernel, Lanczos};

pub(crate) use kernel::linear;
pub use orient::to_canonical;

/// How values between voxel centres are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
/// for [`Interpolation::Nearest`]).
///
/// # Errors
/// If the grid has no voxels.
pub fn resample(
    volume: &Volume<f32>,
    grid: &Grid,
    transform: impl Into<AffineTransform>,
    interpolation: Interpolation,
    fill: f32,
) -> Result<Volume<f32>> {
    let matrix = voxel_to_voxel(grid, &transform.into(), volume.affine());
    let smoothed;
    let volume = match (interpolation, smooth::anti_aliasing(&matrix)) {
        (Interpolation::Nearest, _) | (_, None) => volume,
        (_, Some(sigmas)) => {
            smoothed = smooth::gaussian(volume, sigmas);
            &smoothed
        }
    };
    match interpolation {
        Interpolation::Nearest => sample_nearest(volume, grid, &matrix, fill),
        Interpolation::Linear => {
            let (shape, voxels) = (volume.shape(), volume.as_slice());
            fill_rows(shape, grid, &matrix, fill, |position| linear(voxels, shape, position))
        }
        Interpolation::Cubic => {
            sample::<CubicSpline>(&kernel::spline_coefficients(volume), grid, &matrix, fill)
        }
        Interpolation::Lanczos => sample::<Lanczos>(volume, grid, &matrix, fill),
    }
}

/// Resamples labels to `grid`: each voxel gets the label of the nearest voxel, 0 outside. `transform` as in
/// [`resample`].
///
/// # Errors
/// If the grid has no voxels.
pub fn resample_labels<T: Copy + Default + Send + Sync>(
    labels: &Volume<T>,
    grid: &Grid,
    transform: impl Into<AffineTransform>,
) -> Result<Volume<T>> {
    sample_nearest(labels, grid, &voxel_to_voxel(grid, &transform.into(), labels.affine()), T::default())
}

/// Resamples a mask to `grid`: inside is where at least half of the neighbourhood, weighted linearly, is
/// inside. Smoother than the nearest voxel. `transform` as in [`resample`].
///
/// # Errors
/// If the grid has no voxels.
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
    if spacing.iter().any(|&s| !(s.is_finite() && s > 0.0)) {
        return Err(Error::invalid(format!("voxel spacing must be positive, not {spacing:?}")));
    }
    let (old, shape) = (volume.affine().spacing(), volume.shape());
    let ratio: [f64; 3] = std::array::from_fn(|axis| spacing[axis] / old[axis]);
    let new_shape: [usize; 3] =
        std::array::from_fn(|axis| ((shape[axis] as f64 / ratio[axis]).round() as usize).max(1));
    // The middles of both fields of view coincide.
    let mut step = Matrix4::from_diagonal(&[ratio[0], ratio[1], ratio[2], 1.0].into());
    for axis in 0..3 {
        step[(axis, 3)] = 0.5 * ((shape[axis] as f64 - 1.0) - ratio[axis] * (new_shape[axis] as f64 - 1.0));
    }
    let grid = Grid { shape: new_shape, affine: Affine::new(volume.affine().matrix() * step)? };
    resample(volume, &grid, &RigidTransform::identity(), interpolation, 0.0)
}

/// Voxel indices of the grid to (fractional) voxel indices of the volume.
fn voxel_to_voxel(grid: &Grid, transform: &AffineTransform, volume: &Affine) -> Matrix4<f64> {
    volume.inverse() * transform.matrix() * grid.affine.matrix()
}

/// Fills a volume on `grid` row by row: `at` gets a position in the source (voxel index, moved to the
/// nearest voxel centre where it lies up to half a voxel outside).
fn fill_rows<T: Copy + Send + Sync>(
    source_shape: [usize; 3],
    grid: &Grid,
    matrix: &Matrix4<f64>,
    fill: T,
    at: impl Fn(Point3<f64>) -> T + Sync,
) -> Result<Volume<T>> {
    let mut out = Volume::filled(grid, fill)?;
    let [_, nj, nk] = grid.shape;
    let last = source_shape.map(|n| n as f64 - 1.0);
    let step = matrix.fixed_view::<3, 1>(0, 2).into_owned();
    out.as_mut_slice().par_chunks_mut(nk).enumerate().for_each(|(row, out)| {
        let start = matrix.transform_point(&Point3::new((row / nj) as f64, (row % nj) as f64, 0.0));
        let inside = inside(&start, &step, source_shape, nk);
        for (k, out) in out.iter_mut().enumerate().take(inside.end).skip(inside.start) {
            let position = start + step * k as f64;
            // Not `clamp`, whose check of its bounds costs as much as the interpolation.
            *out = at(Point3::from([0, 1, 2].map(|axis| position[axis].max(0.0).min(last[axis]))));
        }
    });
    Ok(out)
}

/// The part of a row of `length` positions that lies in the source, half a voxel around it included.
fn inside(start: &Point3<f64>, step: &Vector3<f64>, shape: [usize; 3], length: usize) -> Range<usize> {
    // Borders that coincide stay inside despite rounding.
    const HALF: f64 = 0.5 + 1e-6;
    let (mut first, mut last) = (0.0, length as f64 - 1.0);
    for axis in 0..3 {
        let (low, high) = (-HALF - start[axis], shape[axis] as f64 - 1.0 + HALF - start[axis]);
        if step[axis].abs() < 1e-12 {
            if low > 0.0 || high < 0.0 {
                return 0..0;
            }
        } else {
            let (a, b) = (low / step[axis], high / step[axis]);
            first = f64::max(first, a.min(b).ceil());
            last = f64::min(last, a.max(b).floor());
        }
    }
    if first > last { 0..0 } else { first as usize..last as usize + 1 }
}

fn sample_nearest<T: Copy + Send + Sync>(
    source: &Volume<T>,
    grid: &Grid,
    matrix: &Matrix4<f64>,
    fill: T,
) -> Result<Volume<T>> {
    let ([_, nj, nk], voxels) = (source.shape(), source.as_slice());
    fill_rows(source.shape(), grid, matrix, fill, |position| {
        let [i, j, k] = [0, 1, 2].map(|axis| (position[axis] + 0.5) as usize);
        voxels[(i * nj + j) * nk + k]
    })
}

fn sample<K: Kernel>(
    source: &Volume<f32>,
    grid: &Grid,
    matrix: &Matrix4<f64>,
    fill: f32,
) -> Result<Volume<f32>> {
    let shape = source.shape();
    let voxels = source.as_slice();
    fill_rows(shape, grid, matrix, fill, |position| kernel::interpolate::<K>(voxels, shape, position))
}

#[cfg(test)]
mod tests;
