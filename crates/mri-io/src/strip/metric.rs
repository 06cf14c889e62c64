//! How well the atlas explains the scan: mutual information of class and intensity.

use nalgebra::Vector3;
use rayon::prelude::*;

use super::atlas::{Atlas, CLASSES, PerClass};

/// Intensity bins.
pub(super) const BINS: usize = 48;
/// Samples that are counted together, always the same ones and merged in order, so that the sums do not
/// depend on the number of threads.
const CHUNK: usize = 4096;

/// Joint probabilities of class and intensity.
pub(super) type Joint = [[f64; BINS]; CLASSES];

/// Mutual information in nats of the class (as the atlas gives it, with probabilities) and the intensity bin,
/// where sample n of the scan lies at `points[n]` of the atlas. No intensity is expected of any class, so any
/// contrast will do (D'Agostino et al., "An information theoretic approach for non-rigid image registration
/// using voxel class probabilities", Medical Image Analysis 10, 2006).
pub(super) fn information(bins: &[u8], points: &[Vector3<f32>]) -> f64 {
    let joint = joint(bins, points);
    let ratio = log_ratio(&joint);
    joint.iter().flatten().zip(ratio.iter().flatten()).map(|(p, log)| p * log).sum()
}

/// The information, and its derivative by the position (mm) of each sample.
pub(super) fn with_gradient(bins: &[u8], points: &[Vector3<f32>]) -> (f64, Vec<Vector3<f32>>) {
    let joint = joint(bins, points);
    let ratio = log_ratio(&joint);
    let information = joint.iter().flatten().zip(ratio.iter().flatten()).map(|(p, log)| p * log).sum();
    let share = 1.0 / bins.len() as f64;
    let mut weights = [[0.0; CLASSES]; BINS];
    for (class, row) in ratio.iter().enumerate() {
        for (bin, log) in row.iter().enumerate() {
            weights[bin][class] = (log * share) as f32;
        }
    }
    let atlas = Atlas::get();
    let gradient = bins
        .par_iter()
        .zip(points)
        .with_min_len(CHUNK)
        .map(|(&bin, &point)| atlas.gradient(point, &weights[usize::from(bin)]))
        .collect();
    (information, gradient)
}

/// Joint probabilities of class and intensity.
pub(super) fn joint(bins: &[u8], points: &[Vector3<f32>]) -> Joint {
    let atlas = Atlas::get();
    let parts: Vec<Joint> = bins
        .par_chunks(CHUNK)
        .zip(points.par_chunks(CHUNK))
        .map(|(bins, points)| {
            let mut part = [[0.0_f32; CLASSES]; BINS];
            for (&bin, &point) in bins.iter().zip(points) {
                let probabilities: PerClass = atlas.at(point);
                for (sum, value) in part[usize::from(bin)].iter_mut().zip(probabilities) {
                    *sum += value;
                }
            }
            std::array::from_fn(|class| std::array::from_fn(|bin| f64::from(part[bin][class])))
        })
        .collect();
    let mut joint = [[0.0; BINS]; CLASSES];
    for part in &parts {
        for (sum, value) in joint.iter_mut().flatten().zip(part.iter().flatten()) {
            *sum += value / bins.len() as f64;
        }
    }
    joint
}

/// Logarithm of how much likelier each pair is than by chance; 0 for pairs that do not occur.
fn log_ratio(joint: &Joint) -> Joint {
    let classes = joint.map(|row| row.iter().sum::<f64>());
    let bins: [f64; BINS] = std::array::from_fn(|bin| joint.iter().map(|row| row[bin]).sum());
    std::array::from_fn(|class| {
        std::array::from_fn(|bin| {
            let (pair, chance) = (joint[class][bin], classes[class] * bins[bin]);
            if pair > 1e-12 { (pair / chance).ln() } else { 0.0 }
        })
    })
}
