//! Gaussian smoothing, and how much of it a coarser grid needs.

use nalgebra::Matrix4;
use rayon::prelude::*;

use crate::Volume;

/// Full width at half maximum of a Gaussian, in standard deviations.
const FWHM: f64 = 2.354_820_045;

/// Standard deviations (voxels of the source) of the smoothing that sampling with `matrix` (grid voxel to
/// source voxel) needs; `None` where the grid is not coarser. A voxel of the grid then sees as wide a
/// piece of the source as it covers (Cardoso et al. 2015, doi:10.1007/978-3-319-24571-3_81).
pub(super) fn anti_aliasing(matrix: &Matrix4<f64>) -> Option<[f64; 3]> {
    let steps: [f64; 3] = std::array::from_fn(|axis| matrix.fixed_view::<1, 3>(axis, 0).norm());
    if steps.iter().all(|&step| step < 1.05) {
        return None;
    }
    Some(steps.map(|step| (step * step - 1.0).max(0.0).sqrt() / FWHM))
}

/// Separable Gaussian; standard deviations in voxels, 0 for none along an axis. Beyond its ends the volume
/// continues with its outermost values.
pub(super) fn gaussian(volume: &Volume<f32>, sigmas: [f64; 3]) -> Volume<f32> {
    let mut out = volume.clone();
    let [ni, nj, nk] = volume.shape();
    let kernels = sigmas.map(half_kernel);
    out.as_mut_slice().par_chunks_mut(nj * nk).for_each(|plane| {
        if kernels[2].len() > 1 {
            plane.chunks_mut(nk).for_each(|row| convolve(row, nk, 1, &kernels[2]));
        }
        if kernels[1].len() > 1 {
            convolve(plane, nj, nk, &kernels[1]);
        }
    });
    if kernels[0].len() > 1 {
        let source = out.clone();
        convolve_planes(source.as_slice(), out.as_mut_slice(), ni, &kernels[0]);
    }
    out
}

/// Weights of the middle and one side, summing to 1 over both sides.
fn half_kernel(sigma: f64) -> Vec<f32> {
    if sigma < 0.1 {
        return vec![1.0];
    }
    let radius = (3.0 * sigma).ceil() as usize;
    let weights: Vec<f64> = (0..=radius).map(|x| (-0.5 * (x as f64 / sigma).powi(2)).exp()).collect();
    let sum = 2.0 * weights.iter().sum::<f64>() - 1.0;
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

/// Convolves along an axis of `length` steps of `stride`, in place.
fn convolve(data: &mut [f32], length: usize, stride: usize, kernel: &[f32]) {
    let source = data.to_vec();
    for (step, out) in data.chunks_exact_mut(stride).enumerate() {
        blend(&source, out, step, length, kernel);
    }
}

/// Convolves along the first axis, planes in parallel.
fn convolve_planes(source: &[f32], data: &mut [f32], length: usize, kernel: &[f32]) {
    let stride = data.len() / length;
    data.par_chunks_exact_mut(stride)
        .enumerate()
        .for_each(|(step, out)| blend(source, out, step, length, kernel));
}

/// The weighted sum of the lines around `step`.
fn blend(source: &[f32], out: &mut [f32], step: usize, length: usize, kernel: &[f32]) {
    let stride = out.len();
    let line = |step: usize| &source[step * stride..(step + 1) * stride];
    out.iter_mut().zip(line(step)).for_each(|(out, &value)| *out = kernel[0] * value);
    for (distance, &weight) in kernel.iter().enumerate().skip(1) {
        let before = line(step.saturating_sub(distance));
        let after = line((step + distance).min(length - 1));
        for ((out, &a), &b) in out.iter_mut().zip(before).zip(after) {
            *out += weight * (a + b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;

    #[test]
    fn smoothing_keeps_a_constant_and_spreads_a_point() {
        let grid = Grid::centred([15, 13, 11], [1.0; 3]).unwrap();
        let constant = Volume::filled(&grid, 3.0).unwrap();
        assert!(gaussian(&constant, [1.5; 3]).as_slice().iter().all(|value| (value - 3.0).abs() < 1e-5));

        let mut point = Volume::filled(&grid, 0.0).unwrap();
        point.data_mut()[[7, 6, 5]] = 1.0;
        let spread = gaussian(&point, [1.0; 3]);
        let peak = (2.0 * std::f32::consts::PI).powf(-1.5);
        assert!((spread.data()[[7, 6, 5]] - peak).abs() < 0.02 * peak);
        assert!((spread.as_slice().iter().sum::<f32>() - 1.0).abs() < 1e-4);
    }

    #[test]
    fn only_a_coarser_grid_is_smoothed_for() {
        assert_eq!(anti_aliasing(&Matrix4::identity()), None);
        let sigmas = anti_aliasing(&Matrix4::from_diagonal(&[1.0, 2.0, 0.5, 1.0].into())).unwrap();
        assert_eq!([sigmas[0], sigmas[2]], [0.0, 0.0]);
        assert!((sigmas[1] - 3_f64.sqrt() / FWHM).abs() < 1e-12);
    }
}
