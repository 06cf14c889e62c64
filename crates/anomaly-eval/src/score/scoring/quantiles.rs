//! A scan's intensities on the scale of its own reconstruction.

use ndarray::{Array3, ArrayView3, Zip};
use rayon::slice::ParallelSliceMut;

use crate::stats::percentile;

/// Quantiles that are matched, both ends among them; values between two are interpolated.
const QUANTILES: usize = 101;

/// The scan with its brain's intensities mapped so that their quantiles are those of the reconstruction in the brain:
/// piecewise linear, as `numpy.interp` between `numpy.quantile`s. Voxels outside stay as they are.
///
/// A network reconstructs what it was trained on, so this takes away how a scanner's scale and contrast differ from the
/// training cohort's, which would otherwise be a residual all over the brain.
pub(super) fn match_quantiles(
    scan: ArrayView3<'_, f32>,
    reconstruction: ArrayView3<'_, f32>,
    brain: ArrayView3<'_, bool>,
) -> Array3<f32> {
    let mut matched = scan.to_owned();
    let [from, to] = [scan, reconstruction].map(|volume| quantiles(volume, brain));
    Zip::from(&mut matched).and(brain).par_for_each(|value, inside| {
        if *inside {
            *value = mapped(f64::from(*value), &from, &to) as f32;
        }
    });
    matched
}

/// Empty without brain.
fn quantiles(volume: ArrayView3<'_, f32>, brain: ArrayView3<'_, bool>) -> Vec<f64> {
    let inside = volume.iter().zip(brain).filter(|(_, inside)| **inside);
    let mut values: Vec<f64> = inside.map(|(value, _)| f64::from(*value)).collect();
    if values.is_empty() {
        return values;
    }
    values.par_sort_unstable_by(f64::total_cmp);
    let share = |at: usize| at as f64 / (QUANTILES - 1) as f64;
    (0..QUANTILES).map(|at| percentile(&values, share(at))).collect()
}

/// Where equal quantiles leave a choice, the highest.
fn mapped(value: f64, from: &[f64], to: &[f64]) -> f64 {
    let above = from.partition_point(|quantile| *quantile <= value);
    if above == from.len() {
        return to.last().copied().unwrap_or(value);
    }
    let Some(below) = above.checked_sub(1) else { return to[0] };
    let share = (value - from[below]) / (from[above] - from[below]);
    to[below] + share * (to[above] - to[below])
}
