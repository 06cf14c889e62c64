//! Gaussian smoothing within a mask.

use ndarray::{Array3, ArrayView3, Axis, Zip};

/// Standard deviations after which the kernel ends, as in `scipy.ndimage.gaussian_filter`.
const TRUNCATE: f64 = 4.0;

/// Mean of `map` around each voxel of `inside`, weighted by a Gaussian with a standard deviation of `mm` and by nothing
/// outside: what lies outside does not darken the border. 0 outside. `spacing` is that of voxels, in mm.
pub(super) fn smooth_within(
    map: ArrayView3<'_, f32>,
    inside: ArrayView3<'_, bool>,
    mm: f64,
    spacing: [f64; 3],
) -> Array3<f32> {
    let weights = inside.mapv(|inside| f32::from(u8::from(inside)));
    let mut smoothed = smooth(&map * &weights, mm, spacing);
    let weights = smooth(weights, mm, spacing);
    Zip::from(&mut smoothed).and(&weights).and(inside).par_for_each(|value, weight, inside| {
        // A voxel inside has its own weight at least.
        *value = if *inside { *value / weight } else { 0.0 };
    });
    smoothed
}

/// Convolution with a Gaussian that has a standard deviation of `mm`; beyond the grid lies 0.
pub(super) fn smooth(mut map: Array3<f32>, mm: f64, spacing: [f64; 3]) -> Array3<f32> {
    for (axis, step) in spacing.into_iter().enumerate() {
        let kernel = kernel(mm / step);
        Zip::from(map.lanes_mut(Axis(axis))).par_for_each(|mut lane| {
            let values: Vec<f64> = lane.iter().map(|value| f64::from(*value)).collect();
            for (at, value) in lane.iter_mut().enumerate() {
                *value = convolved(&values, &kernel, at) as f32;
            }
        });
    }
    map
}

/// Weights of the centre and of its neighbours on one side, with a sum of 1 over both sides.
fn kernel(sigma: f64) -> Vec<f64> {
    let reach = (TRUNCATE * sigma + 0.5) as usize;
    let weight = |at: usize| if at == 0 { 1.0 } else { libm::exp(-0.5 * (at as f64 / sigma).powi(2)) };
    let weights: Vec<f64> = (0..=reach).map(weight).collect();
    let sum = 2.0 * weights.iter().sum::<f64>() - 1.0;
    weights.into_iter().map(|weight| weight / sum).collect()
}

fn convolved(values: &[f64], kernel: &[f64], at: usize) -> f64 {
    let mut sum = kernel[0] * values[at];
    for (offset, weight) in kernel.iter().enumerate().skip(1) {
        let before = at.checked_sub(offset).map_or(0.0, |at| values[at]);
        let after = values.get(at + offset).copied().unwrap_or(0.0);
        sum += weight * (before + after);
    }
    sum
}
