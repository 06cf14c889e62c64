//! One resolution of the registration.

use std::borrow::Cow;

use nalgebra::{DVector, Point3};

use super::metric::Metric;
use super::optimize::climb;
use super::pose::{Degrees, Pose};
use super::pyramid::Level;
use super::region::{blanked, volume};
use super::samples::Samples;
use super::views::{SHAPES, View};

/// How often the samples that overlap are chosen anew while a pose is refined.
const ROUNDS: usize = 3;
/// Accuracy of a refinement, in voxels.
const TOLERANCE: f64 = 2e-3;
/// How far a pose that cannot be right lies beside the right one, mm.
const BESIDE: f64 = 12.0;

/// Least room in the moving volume for which more samples make up.
const LEAST_ROOM: f64 = 0.25;

/// How finely volumes are compared.
#[derive(Clone, Copy)]
pub(super) struct Resolution {
    /// Distance of the voxels, mm.
    pub(super) spacing: f64,
    /// About how many points are compared.
    pub(super) samples: usize,
    /// Histogram bins of each volume.
    pub(super) bins: usize,
}

/// What the samples that overlap say about a pose.
pub(super) struct Verdict {
    /// Mutual information, nats.
    pub(super) information: f64,
    /// The same when the intensities are paired without meaning.
    pub(super) chance: f64,
    /// The most that the mutual information could be: the smaller of the two entropies, nats.
    pub(super) entropy: f64,
    /// Fraction of the fixed volume's samples that lie in the moving volume, of those that there is room for.
    pub(super) overlap: f64,
    /// Largest mutual information of poses some way beside this one, nats.
    pub(super) beside: f64,
}

/// Samples of the fixed volume and the moving volume that they are compared with.
pub(super) struct Stage<'a> {
    resolution: Resolution,
    samples: Samples,
    moving: Cow<'a, Level>,
    /// Where the moving volume counts; everywhere if `None`.
    region: Option<&'a Level>,
    /// The largest fraction of the samples that can lie where the moving volume counts.
    room: f64,
}

impl<'a> Stage<'a> {
    /// Compares intensities inside the masks; without a mask of the fixed volume, in the `surroundings`
    /// of what it shows. At coarse resolution two masks also tell by their shapes: the volumes are blank
    /// outside them and compared in the surroundings too. `scale`: by how much the poses enlarge lengths.
    pub(super) fn new(
        fixed: &View,
        moving: &'a View,
        surroundings: &Level,
        centre: Point3<f64>,
        scale: f64,
        resolution: Resolution,
    ) -> Self {
        match (&fixed.mask, &moving.mask) {
            (Some(fixed_mask), Some(moving_mask)) if resolution.spacing >= SHAPES => Self {
                resolution,
                samples: Samples::draw(
                    &blanked(&fixed.level, fixed_mask),
                    surroundings,
                    resolution.samples,
                    centre,
                ),
                moving: Cow::Owned(blanked(&moving.level, moving_mask)),
                region: None,
                room: 1.0,
            },
            (fixed_mask, moving_mask) => {
                let region = fixed_mask.as_ref().unwrap_or(surroundings);
                let size = scale.powi(3) * volume(region);
                let room = moving_mask.as_ref().map_or(1.0, |mask| volume(mask) / size).min(1.0);
                let count = (resolution.samples as f64 / room.max(LEAST_ROOM)) as usize;
                Self {
                    resolution,
                    samples: Samples::draw(&fixed.level, region, count, centre),
                    moving: Cow::Borrowed(&moving.level),
                    region: moving_mask.as_ref(),
                    room,
                }
            }
        }
    }

    /// Mutual information of the samples that overlap, times the fraction that does: what the overlap
    /// tells in total, so that leaving it never pays.
    pub(super) fn score(&self, pose: &Pose) -> f64 {
        let (information, fraction) = self.information(pose);
        information * fraction
    }

    /// The maximum next to `pose`.
    pub(super) fn refine(&self, degrees: Degrees, pose: &Pose) -> Pose {
        let reach = self.resolution.spacing;
        let mut pose = *pose;
        for _ in 0..ROUNDS {
            let kept = self.kept(&pose);
            let next = climb(&self.metric(&kept), degrees, &pose, reach, TOLERANCE * reach);
            let moved = next.distance(&pose);
            pose = next;
            // Within a tenth of a voxel the same samples overlap.
            if moved < 0.1 * reach {
                break;
            }
        }
        pose
    }

    /// What can be said about a final pose.
    pub(super) fn verdict(&self, pose: &Pose) -> Verdict {
        let kept = self.kept(pose);
        let (information, entropy) = self.metric(&kept).information_and_entropy(pose);
        Verdict {
            information,
            chance: self.metric(&kept.shuffled()).information_and_entropy(pose).0,
            entropy,
            overlap: (self.fraction(&kept) / self.room).min(1.0),
            beside: beside(pose).map(|pose| self.information(&pose).0).fold(0.0, f64::max),
        }
    }

    /// Mutual information of the samples that overlap, and the fraction that does.
    fn information(&self, pose: &Pose) -> (f64, f64) {
        let kept = self.kept(pose);
        (self.metric(&kept).information_and_entropy(pose).0, self.fraction(&kept))
    }

    fn metric<'b>(&'b self, samples: &'b Samples) -> Metric<'b> {
        Metric::new(samples, &self.moving, self.resolution.bins)
    }

    fn kept(&self, pose: &Pose) -> Samples {
        self.samples.within(&self.moving, self.region, pose)
    }

    fn fraction(&self, kept: &Samples) -> f64 {
        kept.len() as f64 / self.samples.len().max(1) as f64
    }
}

/// Poses that differ from `pose` by [`BESIDE`] in a rotation or a translation.
fn beside(pose: &Pose) -> impl Iterator<Item = Pose> {
    (0..6).flat_map(move |axis| {
        [-BESIDE, BESIDE].map(|length| {
            let mut step = DVector::zeros(6);
            step[axis] = length;
            Degrees::Rigid.moved(pose, &step)
        })
    })
}
