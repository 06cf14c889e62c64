//! The affine transform that brings the scan to the atlas.

use nalgebra::{DVector, Matrix3, Rotation3, Vector3};
use rayon::prelude::*;

use super::metric;
use super::minimize::minimize;
use super::samples::Samples;

/// Length (mm) at which a unit of the linear part's parameters moves a point by one millimetre.
const RADIUS: f64 = 60.0;
/// Heads differ from the atlas by about this strain.
const STRAIN: f64 = 0.12;
/// Weight of a strain of that size against the mutual information (nats).
const STIFFNESS: f64 = 0.01;

/// Turns and shifts (degrees, mm) of the search.
const PITCH: [f64; 5] = [-40.0, -20.0, 0.0, 20.0, 40.0];
const TURN: [f64; 3] = [-25.0, 0.0, 25.0];
const SHIFT: [f64; 3] = [-20.0, 0.0, 20.0];
/// Back to front, upside down, and both. The atlas is symmetric, so that it does not matter whether a head is turned
/// so or mirrored.
const WRONG_WAYS: [[f64; 3]; 3] = [[-1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, -1.0]];
/// Candidates that are refined at the coarse resolution.
const REFINED: usize = 10;
/// The same of those that lie the wrong way round.
const REFINED_TURNED: usize = 4;
/// The affine is believed unless the scan fits better by this (nats) the wrong way round.
const DOUBT: f64 = 0.02;
/// Candidates that are refined at the fine resolution too.
const FINALISTS: usize = 3;

/// Scan (mm, world) to atlas (mm): `linear * (point - centre) + target`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub(super) linear: Matrix3<f64>,
    pub(super) centre: Vector3<f64>,
    pub(super) target: Vector3<f64>,
}

impl Pose {
    /// The place in the atlas of a point of the scan.
    pub(super) fn apply(&self, point: &Vector3<f64>) -> Vector3<f64> {
        self.linear * (point - self.centre) + self.target
    }

    /// Whether front and back or top and bottom of the scan are those of the head.
    pub(super) fn upright(&self) -> bool {
        self.linear[(1, 1)] > 0.0 && self.linear[(2, 2)] > 0.0
    }

    fn stepped(&self, step: &DVector<f64>) -> Self {
        let linear = Matrix3::from_column_slice(&step.as_slice()[..9]) / RADIUS;
        let shift = Vector3::from_column_slice(&step.as_slice()[9..]);
        Self { linear: self.linear + linear, target: self.target + shift, ..*self }
    }

    fn points(&self, samples: &Samples) -> Vec<Vector3<f32>> {
        samples.points.iter().map(|point| self.apply(point).cast()).collect()
    }

    /// Mutual information less the penalties.
    fn score(&self, samples: &Samples) -> f64 {
        let doubt = if self.upright() { 0.0 } else { DOUBT };
        metric::information(&samples.bins, &self.points(samples)) - self.penalty().0 - doubt
    }

    /// Penalty of the strain (nats) and its derivative by the linear part.
    fn penalty(&self) -> (f64, Matrix3<f64>) {
        let strain = 0.5 * (self.linear.transpose() * self.linear - Matrix3::identity());
        let weight = STIFFNESS / (STRAIN * STRAIN);
        (weight * strain.norm_squared(), 2.0 * weight * self.linear * strain)
    }

    /// The best pose next to this one.
    fn refined(&self, samples: &Samples, iterations: usize) -> Self {
        let best = minimize(DVector::zeros(12), 4.0, iterations, 1e-5, |step| {
            let pose = self.stepped(step);
            let (information, pulls) = metric::with_gradient(&samples.bins, &pose.points(samples));
            let (penalty, slope) = pose.penalty();
            let (mut linear, mut shift) = (-slope, Vector3::zeros());
            for (point, pull) in samples.points.iter().zip(&pulls) {
                let pull: Vector3<f64> = pull.cast();
                linear += pull * (point - self.centre).transpose();
                shift += pull;
            }
            linear /= RADIUS;
            let gradient = DVector::from_iterator(12, linear.iter().chain(shift.iter()).map(|v| -v));
            (penalty - information, gradient)
        });
        self.stepped(&best)
    }
}

/// Brings the scan to the atlas: a search over turns and shifts around `centre` (mm, where the brain may
/// be) in the coarse samples; the best are refined there, and the best of those in the fine ones. Heads that lie
/// the wrong way round are searched for as well, less closely.
pub(super) fn find(coarse: &Samples, fine: &Samples, centre: Vector3<f64>) -> Pose {
    let mut poses = best(coarse, starts(&Matrix3::identity(), &TURN, centre));
    poses.truncate(REFINED);
    let turned =
        WRONG_WAYS.iter().flat_map(|way| starts(&Matrix3::from_diagonal(&(*way).into()), &[0.0], centre));
    poses.extend(best(coarse, turned.collect()).into_iter().take(REFINED_TURNED));
    let mut finalists = best(coarse, poses.par_iter().map(|pose| pose.refined(coarse, 30)).collect());
    finalists.truncate(FINALISTS);
    best(fine, finalists.par_iter().map(|pose| pose.refined(fine, 40)).collect())[0]
}

/// Poses around that of a head that lies as `way`; `turns` to the sides (degrees).
fn starts(way: &Matrix3<f64>, turns: &[f64], centre: Vector3<f64>) -> Vec<Pose> {
    let mut starts = Vec::new();
    for pitch in PITCH {
        for &roll in turns {
            for &yaw in turns {
                let [pitch, roll, yaw] = [pitch, roll, yaw].map(f64::to_radians);
                let linear = way * Rotation3::from_euler_angles(pitch, roll, yaw).into_inner();
                for y in SHIFT {
                    for z in SHIFT {
                        starts.push(Pose { linear, centre, target: Vector3::new(0.0, y, z) });
                    }
                }
            }
        }
    }
    starts
}

/// The poses by falling score; earlier ones win ties.
fn best(samples: &Samples, poses: Vec<Pose>) -> Vec<Pose> {
    let mut scored: Vec<(f64, Pose)> =
        poses.into_par_iter().map(|pose| (pose.score(samples), pose)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().map(|(_, pose)| pose).collect()
}
