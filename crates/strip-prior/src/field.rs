//! Smooth random functions of place.

use ndarray::{Array3, Axis, Zip};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A normal random number.
pub(crate) fn normal(random: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * random.random::<f32>()).cos()
}

/// Mean 0 and variance 1 over a grid; smooth over `step` voxels (cubic B-splines with random coefficients).
pub(crate) fn smooth(shape: [usize; 3], step: f32, random: &mut ChaCha8Rng) -> Array3<f32> {
    let coarse = shape.map(|n| (n as f32 / step).ceil() as usize + 4);
    let mut field = Array3::from_shape_simple_fn(coarse, || normal(random));
    let phase: [f32; 3] = std::array::from_fn(|_| random.random());
    for axis in 0..3 {
        field = along(&field, Axis(axis), shape[axis], step, phase[axis]);
    }
    let mean = field.mean().unwrap_or(0.0);
    let deviation = field.std(0.0).max(1e-6);
    field.mapv_into(|value| (value - mean) / deviation)
}

/// Evaluates the spline along one axis at `length` places, `step` apart in units of the knots' distance.
fn along(coefficients: &Array3<f32>, axis: Axis, length: usize, step: f32, phase: f32) -> Array3<f32> {
    let mut shape: [usize; 3] = coefficients.dim().into();
    shape[axis.0] = length;
    let taps: Vec<(usize, [f32; 4])> = (0..length)
        .map(|n| {
            let place = n as f32 / step + phase;
            let t = place.fract();
            let u = 1.0 - t;
            let weights = [
                u * u * u / 6.0,
                (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
                (3.0 * u * u * u - 6.0 * u * u + 4.0) / 6.0,
                t * t * t / 6.0,
            ];
            (place as usize, weights)
        })
        .collect();
    let mut out = Array3::zeros(shape);
    Zip::from(out.lanes_mut(axis)).and(coefficients.lanes(axis)).for_each(|mut to, from| {
        for (value, (first, weights)) in to.iter_mut().zip(&taps) {
            *value = (0..4).map(|tap| weights[tap] * from[first + tap]).sum();
        }
    });
    out
}
