//! Mutual information with its derivative (Mattes et al. 2003).

use std::ops::AddAssign;

use nalgebra::{DMatrix, Matrix3, SMatrix, SVector, Vector3};
use rayon::prelude::*;

use super::interpolate::Sampler;
use super::pose::{Entries, Pose};
use super::pyramid::Level;
use super::samples::Samples;

/// Samples that are counted together. Chunks are always the same and merged in order, so that the sums
/// do not depend on the number of threads.
const CHUNK: usize = 4096;

/// The curvature only scales the first step: every so many samples tell enough.
const CURVATURE_STRIDE: usize = 4;

/// Derivative of what one sample tells by the [`Entries`] of the pose.
type Score = SVector<f32, 12>;

/// Compares samples of the fixed volume with the moving volume under a pose. The joint histogram has
/// sharp bins on the fixed side and a cubic B-spline Parzen window on the moving side, which makes it a
/// smooth function of the pose.
pub(super) struct Metric<'a> {
    samples: &'a Samples,
    bins: usize,
    moving: &'a Level,
}

/// The metric at one pose.
pub(super) struct Reading<'a> {
    metric: &'a Metric<'a>,
    probes: Vec<Probe>,
    joint: Vec<f64>,
    /// Mutual information in nats.
    pub(super) information: f64,
}

/// What one sample met in the moving volume.
#[derive(Clone, Copy)]
struct Probe {
    /// Position on the moving axis of the histogram.
    bin: f32,
    /// Derivative of `bin` along the world's axes, 1/mm.
    gradient: [f32; 3],
}

impl<'a> Metric<'a> {
    /// `bins` on either side, at least 5 and at most 256.
    pub(super) fn new(samples: &'a Samples, moving: &'a Level, bins: usize) -> Self {
        Self { samples, bins, moving }
    }

    /// Mutual information in nats under `pose`, and the smaller of the entropies of the two sides.
    pub(super) fn information_and_entropy(&self, pose: &Pose) -> (f64, f64) {
        let place = self.placing(pose);
        let sampler = Sampler::new(self.moving);
        let scale = self.scale();
        let bin = |&offset: &[f32; 3]| 1.0 + scale * sampler.value(place(offset));
        let bins: Vec<f32> = self.samples.offsets.par_iter().with_min_len(CHUNK).map(bin).collect();
        let joint = self.joint(&bins, |&bin| bin);
        (information(&joint, self.bins), smaller_entropy(&joint, self.bins))
    }

    /// Compares under `pose`, with what the derivatives need.
    pub(super) fn read(&'a self, pose: &Pose) -> Reading<'a> {
        let place = self.placing(pose);
        let sampler = Sampler::new(self.moving);
        let scale = self.scale();
        // Voxel derivatives to world derivatives.
        let to_world: Matrix3<f32> =
            self.moving.affine.inverse().fixed_view::<3, 3>(0, 0).transpose().cast::<f32>() * scale;
        let probe = |&offset: &[f32; 3]| {
            let (value, gradient) = sampler.value_and_gradient(place(offset));
            Probe { bin: 1.0 + value * scale, gradient: (to_world * Vector3::from(gradient)).into() }
        };
        let probes: Vec<Probe> = self.samples.offsets.par_iter().with_min_len(CHUNK).map(probe).collect();
        let joint = self.joint(&probes, |probe| probe.bin);
        let information = information(&joint, self.bins);
        Reading { metric: self, probes, joint, information }
    }

    /// Offset of a sample to voxel position in the moving volume.
    fn placing(&self, pose: &Pose) -> impl Fn([f32; 3]) -> [f32; 3] + Sync {
        let (linear, constant) = pose.to_voxels(&self.moving.affine);
        let (linear, constant): (Matrix3<f32>, Vector3<f32>) = (linear.cast(), constant.cast());
        move |offset| (linear * Vector3::from(offset) + constant).into()
    }

    /// Bins of the moving side for a step of its intensity. The spline reaches one bin down and two up.
    fn scale(&self) -> f32 {
        (self.bins as f32 - 3.001) / 255.0
    }

    fn fixed_bin(&self, value: f32) -> usize {
        ((value * (self.bins as f32 / 256.0)) as usize).min(self.bins - 1)
    }

    /// Joint probabilities, fixed bin by moving bin.
    fn joint<T: Sync>(&self, probes: &[T], bin: impl Fn(&T) -> f32 + Sync) -> Vec<f64> {
        let bins = self.bins;
        let parts: Vec<Vec<f32>> = probes
            .par_chunks(CHUNK)
            .zip(self.samples.values.par_chunks(CHUNK))
            .map(|(probes, values)| {
                let mut histogram = vec![0.0; bins * bins];
                for (probe, &value) in probes.iter().zip(values) {
                    let (first, fraction) = split(bin(probe));
                    let row = self.fixed_bin(value) * bins + first;
                    for (cell, weight) in histogram[row..row + 4].iter_mut().zip(spline(fraction)) {
                        *cell += weight;
                    }
                }
                histogram
            })
            .collect();
        let mut joint = vec![0.0; bins * bins];
        for part in &parts {
            joint.iter_mut().zip(part).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        let total = probes.len().max(1) as f64;
        joint.into_iter().map(|sum| sum / total).collect()
    }
}

/// First of the four bins that the spline at a position reaches, and how far the position lies above the second.
#[inline]
fn split(bin: f32) -> (usize, f32) {
    let whole = bin as usize;
    (whole - 1, bin - whole as f32)
}

impl Reading<'_> {
    /// Derivative of the information by the entries of the pose.
    pub(super) fn gradient(&self) -> Entries {
        let add = |sum: &mut Entries, score: Score| *sum += score.cast::<f64>();
        let (sum, count) = self.folded(1, Entries::zeros(), add);
        sum / count
    }

    /// Mean outer product of the samples' scores by parameters (Berndt et al. 1974), which approximates the
    /// curvature of the negated metric near its optimum. `jacobian`: the pose's entries by the parameters.
    pub(super) fn curvature(&self, jacobian: &DMatrix<f64>) -> DMatrix<f64> {
        let add = |outer: &mut SMatrix<f64, 12, 12>, score: Score| {
            outer.syger(1.0, &score.cast(), &score.cast(), 1.0);
        };
        let (mut outer, count) = self.folded(CURVATURE_STRIDE, SMatrix::zeros(), add);
        outer.fill_upper_triangle_with_lower_triangle();
        jacobian.transpose() * outer * jacobian / count
    }

    /// Folds the scores of every `stride`-th sample, and tells how many they are. A score is the derivative of
    /// what a sample tells by the entries of the pose.
    fn folded<T>(&self, stride: usize, zero: T, add: impl Fn(&mut T, Score) + Sync) -> (T, f64)
    where
        T: for<'b> AddAssign<&'b T> + Copy + Send + Sync,
    {
        let Metric { samples, bins, .. } = *self.metric;
        let log_ratio = log_ratio(&self.joint, bins);
        let parts: Vec<T> = self
            .probes
            .par_chunks(CHUNK)
            .zip(samples.values.par_chunks(CHUNK))
            .zip(samples.offsets.par_chunks(CHUNK))
            .map(|((probes, values), offsets)| {
                let mut part = zero;
                let samples = probes.iter().zip(values).zip(offsets);
                for ((probe, &value), &[x, y, z]) in samples.step_by(stride) {
                    let (first, fraction) = split(probe.bin);
                    let row = self.metric.fixed_bin(value) * bins + first;
                    let ratios = &log_ratio[row..row + 4];
                    let slope: f32 = spline_derivative(fraction).iter().zip(ratios).map(|(a, b)| a * b).sum();
                    let [a, b, c] = probe.gradient.map(|along| along * slope);
                    let score = [a * x, b * x, c * x, a * y, b * y, c * y, a * z, b * z, c * z, a, b, c];
                    add(&mut part, score.into());
                }
                part
            })
            .collect();
        let mut total = zero;
        for part in &parts {
            total += part;
        }
        let count: usize = self.probes.chunks(CHUNK).map(|chunk| chunk.len().div_ceil(stride)).sum();
        (total, count.max(1) as f64)
    }
}

/// Mutual information (nats) of joint probabilities.
fn information(joint: &[f64], bins: usize) -> f64 {
    entropy(fixed_marginal(joint, bins)) + entropy(moving_marginal(joint, bins))
        - entropy(joint.iter().copied())
}

/// The smaller of the entropies (nats) of the two sides, which bounds their mutual information.
fn smaller_entropy(joint: &[f64], bins: usize) -> f64 {
    entropy(fixed_marginal(joint, bins)).min(entropy(moving_marginal(joint, bins)))
}

fn entropy(probabilities: impl IntoIterator<Item = f64>) -> f64 {
    probabilities.into_iter().filter(|&p| p > 0.0).map(|p| -p * p.ln()).sum()
}

fn fixed_marginal(joint: &[f64], bins: usize) -> impl Iterator<Item = f64> {
    joint.chunks(bins).map(|row| row.iter().sum())
}

fn moving_marginal(joint: &[f64], bins: usize) -> Vec<f64> {
    let mut marginal = vec![0.0; bins];
    for row in joint.chunks(bins) {
        marginal.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    marginal
}

/// Logarithm of each joint probability over the moving side's: the derivative of mutual information by
/// the joint probabilities, up to terms that cancel because probabilities sum to one.
fn log_ratio(joint: &[f64], bins: usize) -> Vec<f32> {
    let marginal = moving_marginal(joint, bins);
    let ratio = |(index, &p): (usize, &f64)| {
        if p > 0.0 { (p / marginal[index % bins]).ln() as f32 } else { 0.0 }
    };
    joint.iter().enumerate().map(ratio).collect()
}

/// Weights of the cubic B-spline at four neighbouring bins, of which the second lies `f` below.
#[inline]
fn spline(f: f32) -> [f32; 4] {
    let g = 1.0 - f;
    let middle = |f: f32| (4.0 - 6.0 * f * f + 3.0 * f * f * f) / 6.0;
    [g * g * g / 6.0, middle(f), middle(g), f * f * f / 6.0]
}

/// Derivative of [`spline`] by `f`.
#[inline]
fn spline_derivative(f: f32) -> [f32; 4] {
    let g = 1.0 - f;
    let middle = |f: f32| -2.0 * f + 1.5 * f * f;
    [-0.5 * g * g, middle(f), -middle(g), 0.5 * f * f]
}

#[cfg(test)]
mod tests {
    use nalgebra::{DVector, Point3, Rotation3};
    use ndarray::Array3;

    use super::*;
    use crate::register::pose::Degrees;
    use crate::{Grid, Volume};

    #[test]
    fn the_spline_sums_to_one_and_its_derivative_to_zero() {
        for step in 0..10 {
            let f = step as f32 / 10.0;
            assert!((spline(f).iter().sum::<f32>() - 1.0).abs() < 1e-6);
            assert!(spline_derivative(f).iter().sum::<f32>().abs() < 1e-6);
            let numeric = [0, 1, 2, 3].map(|i| (spline(f + 1e-3)[i] - spline(f)[i]) / 1e-3);
            for (a, b) in numeric.iter().zip(spline_derivative(f)) {
                assert!((a - b).abs() < 2e-3, "{a} {b}");
            }
        }
    }

    #[test]
    fn information_of_known_tables() {
        assert!(information(&[0.25; 4], 2).abs() < 1e-12);
        assert!((information(&[0.5, 0.0, 0.0, 0.5], 2) - 2.0_f64.ln()).abs() < 1e-12);
        assert!((smaller_entropy(&[0.5, 0.0, 0.0, 0.5], 2) - 2.0_f64.ln()).abs() < 1e-12);
        assert!(smaller_entropy(&[0.5, 0.5, 0.0, 0.0], 2).abs() < 1e-12);
    }

    #[test]
    fn the_gradient_matches_finite_differences() {
        let grid = Grid::centred([40, 36, 32], [3.0, 3.0, 4.0]).unwrap();
        let blobs = |point: Point3<f64>, contrast: f64| {
            let blob = |x: f64, y: f64, z: f64, width: f64| {
                (-(point - Point3::new(x, y, z)).norm_squared() / (2.0 * width * width)).exp()
            };
            blob(0.0, 5.0, 0.0, 25.0) - contrast * blob(20.0, -10.0, 5.0, 12.0)
                + blob(-25.0, 15.0, -12.0, 9.0)
        };
        let level = |contrast: f64| {
            let data = Array3::from_shape_fn(grid.shape, |(i, j, k)| {
                blobs(grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64)), contrast) as f32
            });
            Level::from_volume(&Volume::new(data, grid.affine).unwrap(), None).unwrap()
        };
        let (fixed, moving) = (level(0.6), level(-0.8));
        let everywhere = Level { data: vec![255; fixed.data.len()], ..fixed.clone() };
        let centre = Point3::new(2.0, -3.0, 1.0);
        let samples = Samples::draw(&fixed, &everywhere, 40_000, centre);
        let metric = Metric::new(&samples, &moving, 24);
        let turn = Rotation3::from_scaled_axis(Vector3::new(0.1, -0.2, 0.15));
        let base = Pose::bringing(centre, Point3::new(4.0, 1.0, -2.0), turn.into_inner());
        for degrees in Degrees::ALL {
            let step = DVector::from_fn(degrees.count(), |row, _| [3.0, -5.0, 4.0, 1.0, -2.0][row % 5]);
            let at = |step: &DVector<f64>| degrees.moved(&base, step);
            let found = degrees.jacobian(&base, &step).transpose() * metric.read(&at(&step)).gradient();
            for axis in 0..degrees.count() {
                let mut nudge = DVector::zeros(degrees.count());
                nudge[axis] = 0.05;
                let information = |step: DVector<f64>| metric.read(&at(&step)).information;
                let numeric = (information(&step + &nudge) - information(&step - &nudge)) / 0.1;
                assert!((numeric - found[axis]).abs() < 0.02 * found.norm(), "{axis}: {numeric} {found}");
            }
        }
    }
}
