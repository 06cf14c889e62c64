//! The search for the pose that goes on to fine resolution.

use nalgebra::{Rotation3, Unit, Vector3};
use rayon::prelude::*;

use super::pose::{Degrees, Pose};
use super::pyramid::Level;
use super::stage::Stage;
use super::start;

/// Poses that are refined at the coarse and the middle resolution.
const COARSE_POSES: usize = 48;
const MIDDLE_POSES: usize = 6;
/// Poses nearer than this (mm) after refinement are the same.
const DISTINCT: f64 = 6.0;

/// Axes of the fixed world about which a header may be off by half a turn.
const AXES: [&str; 3] = ["left-right", "back-front", "bottom-top"];

/// The two volumes at the two resolutions of the search.
pub(super) struct Search<'a> {
    /// Where the volumes show something, as levels of 0 and 255.
    pub(super) shapes: [&'a Level; 2],
    pub(super) coarsest: &'a Stage<'a>,
    pub(super) middle: &'a Stage<'a>,
    pub(super) degrees: Degrees,
    /// Whether both shapes are masks of brains.
    pub(super) brains: bool,
    pub(super) max_rotation_degrees: f64,
}

impl Search<'_> {
    /// The best pose, and the axis if half a turn about it (and a rotation within the search) was needed.
    ///
    /// Heads are nearly symmetric, so a scan whose header tells a wrong orientation may lie plausibly, and wrongly, within
    /// the search. Then half a turn fits better, and the search goes on from there.
    pub(super) fn best(&self) -> (Pose, Option<&'static str>) {
        let pose = self.after(&Rotation3::identity());
        let score = self.middle.score(&pose);
        let turned_poses: Vec<Pose> = half_turns()
            .map(|turn| {
                let turned = Pose { linear: pose.linear * turn.matrix(), ..pose };
                self.middle.refine(Degrees::Rigid, &turned)
            })
            .collect();
        if turned_poses.iter().all(|turned| self.middle.score(turned) <= score) {
            return (pose, None);
        }
        let mut best = (score, pose, None);
        for ((turn, axis), turned) in half_turns().zip(AXES).zip(turned_poses) {
            for pose in [turned, self.after(&turn)] {
                let score = self.middle.score(&pose);
                if score > best.0 {
                    best = (score, pose, Some(axis));
                }
            }
        }
        (best.1, best.2)
    }

    /// The best pose within the search after the fixed world has been turned.
    fn after(&self, turn: &Rotation3<f64>) -> Pose {
        let [fixed, moving] = self.shapes;
        let candidates = start::candidates(fixed, moving, self.max_rotation_degrees, self.brains, turn);
        let mut poses = best(self.coarsest, candidates);
        poses.truncate(COARSE_POSES);
        poses = refined(self.coarsest, Degrees::Rigid, &poses);
        poses.truncate(MIDDLE_POSES);
        refined(self.middle, self.degrees, &poses)[0]
    }
}

/// Half a turn about each axis of the fixed world.
fn half_turns() -> impl Iterator<Item = Rotation3<f64>> {
    let axes: [Unit<Vector3<f64>>; 3] = [Vector3::x_axis(), Vector3::y_axis(), Vector3::z_axis()];
    axes.into_iter().map(|axis| Rotation3::from_axis_angle(&axis, std::f64::consts::PI))
}

/// Refines poses and drops those that ran into a better one; best first.
fn refined(stage: &Stage<'_>, degrees: Degrees, poses: &[Pose]) -> Vec<Pose> {
    let refined: Vec<Pose> = poses.par_iter().map(|pose| stage.refine(degrees, pose)).collect();
    let mut distinct: Vec<Pose> = Vec::new();
    for pose in best(stage, refined) {
        if distinct.iter().all(|other| other.distance(&pose) > DISTINCT) {
            distinct.push(pose);
        }
    }
    distinct
}

/// The poses by falling score; earlier ones win ties.
fn best(stage: &Stage<'_>, poses: Vec<Pose>) -> Vec<Pose> {
    let mut scored: Vec<(f64, Pose)> = poses.into_par_iter().map(|pose| (stage.score(&pose), pose)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().map(|(_, pose)| pose).collect()
}
