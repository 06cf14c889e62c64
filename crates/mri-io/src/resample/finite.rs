//! Interpolation of volumes in which some voxels are no finite numbers: they have no weight.

use nalgebra::Matrix4;

use super::{Interpolation, interpolate, smooth};
use crate::{Grid, Result, Volume};

/// Share of the weight of finite voxels from which there is a value although the nearest voxel is none.
const ENOUGH: f32 = 0.5;
/// Standard deviation (voxels) of the means that stand in for unknown voxels beside known ones, for kernels with negative
/// weights: their reach is three voxels.
const STAND_IN: f64 = 1.5;

/// As [`interpolate`], with weights over the finite voxels; NaN where the nearest voxel is none of them and less than half
/// of the weight is theirs: what labels by the nearest voxel name has a value, and so has what a mask by halves holds.
pub(super) fn interpolate_finite(
    volume: &Volume<f32>,
    grid: &Grid,
    matrix: &Matrix4<f64>,
    interpolation: Interpolation,
    fill: f32,
) -> Result<Volume<f32>> {
    const OUTSIDE: f32 = -1.0;
    let known = volume.map(|value| f32::from(u8::from(value.is_finite())));
    let zeroed = volume.map(|&value| if value.is_finite() { value } else { 0.0 });
    let share = interpolate(&known, grid, matrix, Interpolation::Linear, OUTSIDE)?;
    let nearest = interpolate(&known, grid, matrix, Interpolation::Nearest, OUTSIDE)?;
    let is_linear = interpolation == Interpolation::Linear;
    let mut out = if is_linear {
        interpolate(&zeroed, grid, matrix, Interpolation::Linear, fill)?
    } else {
        interpolate(&completed(zeroed, &known), grid, matrix, interpolation, fill)?
    };
    let weights = share.as_slice().iter().zip(nearest.as_slice());
    for (value, (&share, &nearest)) in out.as_mut_slice().iter_mut().zip(weights) {
        if share < 0.0 {
            *value = fill;
        } else if nearest == 0.0 && share < ENOUGH {
            *value = f32::NAN;
        } else if is_linear && share < 1.0 {
            *value /= share;
        }
    }
    Ok(out)
}

/// Unknown voxels near known ones get the mean of those, so that no edge is seen there.
fn completed(mut zeroed: Volume<f32>, known: &Volume<f32>) -> Volume<f32> {
    let [sum, share] = [&zeroed, known].map(|volume| smooth::gaussian(volume, [STAND_IN; 3]));
    let means = sum.as_slice().iter().zip(share.as_slice());
    for ((value, &known), (&sum, &share)) in zeroed.as_mut_slice().iter_mut().zip(known.as_slice()).zip(means)
    {
        if known == 0.0 && share > 0.0 {
            *value = sum / share;
        }
    }
    zeroed
}
