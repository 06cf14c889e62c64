//! The scan as the fit of the atlas sees it.

use nalgebra::Vector3;

use super::metric::BINS;
use super::working::Working;
use crate::percentile::percentile;

/// Percentiles at which intensities are clipped.
const CLIP: [f64; 2] = [1.0, 99.5];

/// The intensities between which bins are counted.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    low: f32,
    high: f32,
}

impl Scale {
    /// Clipped robustly, from all intensities in order.
    pub(super) fn of(sorted: &[f32]) -> Self {
        let [low, high] = CLIP.map(|percent| percentile(sorted, percent) as f32);
        Self { low, high }
    }

    /// The bin of an intensity.
    pub(super) fn bin(self, value: f32) -> u8 {
        let unit = (value - self.low) / (self.high - self.low).max(f32::MIN_POSITIVE);
        (unit * BINS as f32).clamp(0.0, BINS as f32 - 1.0) as u8
    }
}

/// Places (mm, world) and intensity bins of the voxels of a coarse grid.
pub(super) struct Samples {
    pub(super) points: Vec<Vector3<f64>>,
    pub(super) bins: Vec<u8>,
}

impl Samples {
    /// Averages cubes of `edge` working voxels.
    pub(super) fn of(working: &Working, scale: Scale, edge: usize) -> Self {
        let shape = working.shape().map(|n| n.div_ceil(edge));
        let (mut points, mut bins) = (Vec::new(), Vec::new());
        let middle = 0.5 * (edge as f64 - 1.0);
        for i in 0..shape[0] {
            for j in 0..shape[1] {
                for k in 0..shape[2] {
                    let first = [i * edge, j * edge, k * edge];
                    let range = |axis: usize| first[axis]..(first[axis] + edge).min(working.shape()[axis]);
                    let cube = working.values.slice(ndarray::s![range(0), range(1), range(2)]);
                    let at = Vector3::from(first.map(|n| n as f64 + middle));
                    points.push(working.world(at));
                    bins.push(scale.bin(cube.sum() / cube.len() as f32));
                }
            }
        }
        Self { points, bins }
    }
}
