//! Separable interpolation kernels. Beyond its ends a volume continues as its mirror image about the
//! outermost voxel centres.

use nalgebra::Point3;
use rayon::prelude::*;

use crate::Volume;

/// The most voxels along an axis that a kernel weighs.
const MOST_TAPS: usize = 6;

/// Weights of the voxels around a position, along one axis.
pub(super) trait Kernel {
    /// Number of voxels that count, an even number.
    const TAPS: usize;
    /// Weights of the voxels `1 - TAPS / 2 ..= TAPS / 2` for a position at `t` in `[0, 1)` after voxel 0.
    fn weights(t: f32) -> [f32; MOST_TAPS];
}

pub(super) struct CubicSpline;
pub(super) struct Lanczos;

impl Kernel for CubicSpline {
    const TAPS: usize = 4;
    #[inline]
    fn weights(t: f32) -> [f32; MOST_TAPS] {
        let s = 1.0 - t;
        let near = |t: f32| 2.0 / 3.0 - t * t * (1.0 - 0.5 * t);
        [s * s * s / 6.0, near(t), near(s), t * t * t / 6.0, 0.0, 0.0]
    }
}

impl Kernel for Lanczos {
    const TAPS: usize = 6;
    #[inline]
    fn weights(t: f32) -> [f32; MOST_TAPS] {
        const LOBES: f32 = 3.0;
        let weight = |x: f32| {
            let angle = std::f32::consts::PI * x;
            if x.abs() < 1e-6 { 1.0 } else { LOBES * angle.sin() * (angle / LOBES).sin() / (angle * angle) }
        };
        let weights: [f32; MOST_TAPS] = std::array::from_fn(|tap| weight(t + 2.0 - tap as f32));
        // The window makes the sum deviate from 1 by up to a percent.
        let sum: f32 = weights.iter().sum();
        weights.map(|weight| weight / sum)
    }
}

/// The value at a position (voxel index, each coordinate from 0 to the last index).
#[inline]
pub(super) fn interpolate<K: Kernel>(voxels: &[f32], shape: [usize; 3], position: Point3<f64>) -> f32 {
    let mut offsets = [[0_usize; MOST_TAPS]; 3];
    let mut weights = [[0.0; MOST_TAPS]; 3];
    let strides = [shape[1] * shape[2], shape[2], 1];
    for axis in 0..3 {
        let base = position[axis] as usize;
        weights[axis] = K::weights((position[axis] - base as f64) as f32);
        for (tap, offset) in offsets[axis].iter_mut().enumerate().take(K::TAPS) {
            let index = mirror(base as isize + 1 - (K::TAPS / 2) as isize + tap as isize, shape[axis]);
            *offset = index * strides[axis];
        }
    }
    let mut value = 0.0;
    for (&oi, &wi) in offsets[0].iter().zip(&weights[0]).take(K::TAPS) {
        for (&oj, &wj) in offsets[1].iter().zip(&weights[1]).take(K::TAPS) {
            let row: f32 = (0..K::TAPS).map(|tap| weights[2][tap] * voxels[oi + oj + offsets[2][tap]]).sum();
            value += wi * wj * row;
        }
    }
    value
}

/// Trilinear value at a position, as [`interpolate`] but without weights in memory.
#[inline]
pub(crate) fn linear(voxels: &[f32], [ni, nj, nk]: [usize; 3], position: Point3<f64>) -> f32 {
    let split = |x: f64| (x as usize, (x - (x as usize) as f64) as f32);
    let ((i, x), (j, y), (k, z)) = (split(position.x), split(position.y), split(position.z));
    // The last voxel of an axis has no neighbour, nor any weight to give it.
    let di = if i + 1 < ni { nj * nk } else { 0 };
    let dj = if j + 1 < nj { nk } else { 0 };
    let dk = usize::from(k + 1 < nk);
    let along_k = |at: usize| voxels[at] + z * (voxels[at + dk] - voxels[at]);
    let along_jk = |at: usize| {
        let (a, b) = (along_k(at), along_k(at + dj));
        a + y * (b - a)
    };
    let first = (i * nj + j) * nk + k;
    let (a, b) = (along_jk(first), along_jk(first + di));
    a + x * (b - a)
}

/// Index of the voxel that stands at `index` when the axis is continued by reflection.
#[inline]
fn mirror(index: isize, length: usize) -> usize {
    if (0..length as isize).contains(&index) {
        return index as usize;
    }
    if length == 1 {
        return 0;
    }
    let period = 2 * (length as isize - 1);
    let index = index.rem_euclid(period);
    index.min(period - index) as usize
}

/// Coefficients whose cubic B-spline passes through the voxels (Unser 1999, box 2).
pub(super) fn spline_coefficients(volume: &Volume<f32>) -> Volume<f32> {
    let mut out = volume.clone();
    let [ni, nj, nk] = volume.shape();
    let voxels = out.as_mut_slice();
    voxels.par_chunks_mut(nj * nk).for_each(|plane| {
        plane.chunks_mut(nk).for_each(|row| prefilter(row, nk, 1));
        prefilter(plane, nj, nk);
    });
    prefilter(voxels, ni, nj * nk);
    out
}

/// Filters along an axis of `length` steps of `stride`, all `stride` lines side by side.
fn prefilter(data: &mut [f32], length: usize, stride: usize) {
    const POLE: f32 = -0.267_949_2; // sqrt(3) - 2
    if length == 1 {
        return;
    }
    // Mirrored start of the causal filter: as many terms as f32 can tell from zero.
    let horizon = length.min(14);
    let mut first = vec![0.0; stride];
    for (step, power) in (0..horizon).map(|step| (step, POLE.powi(step as i32))) {
        let line = &data[step * stride..(step + 1) * stride];
        first.iter_mut().zip(line).for_each(|(sum, &value)| *sum += power * value);
    }
    if horizon == length {
        // A short axis: the mirror image comes round again before the terms fade.
        for step in 1..length - 1 {
            let power = POLE.powi((2 * (length - 1) - step) as i32);
            let line = &data[step * stride..(step + 1) * stride];
            first.iter_mut().zip(line).for_each(|(sum, &value)| *sum += power * value);
        }
        let round = 1.0 - POLE.powi(2 * (length as i32 - 1));
        for sum in &mut first {
            *sum /= round;
        }
    }
    data[..stride].copy_from_slice(&first);
    for step in 1..length {
        let (before, line) = data.split_at_mut(step * stride);
        let before = &before[(step - 1) * stride..];
        line[..stride].iter_mut().zip(before).for_each(|(value, &before)| *value += POLE * before);
    }
    let scale = POLE / (POLE * POLE - 1.0);
    for lane in 0..stride {
        let last = (length - 1) * stride + lane;
        data[last] = scale * (data[last] + POLE * data[last - stride]);
    }
    for step in (0..length - 1).rev() {
        let (line, after) = data.split_at_mut((step + 1) * stride);
        line[step * stride..]
            .iter_mut()
            .zip(&after[..stride])
            .for_each(|(value, &after)| *value = POLE * (after - *value));
    }
    // Gain of the two passes.
    for value in data {
        *value *= 6.0;
    }
}
