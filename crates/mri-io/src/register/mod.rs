//! Rigid and affine registration by mutual information.
//!
//! Both volumes are clipped robustly, cut into 8 bits and thinned to 8, 4, 2 and 1 mm. At 8 mm a lattice
//! of rotations and translations around the aligned centres is searched (for two masked brains of other sizes, also
//! with the sizes made equal), the best poses are refined and the most promising few go on to 4 mm; one goes on
//! to full resolution, unless it stands out nowhere. At each resolution the mutual
//! information of a fixed set of points (Mattes et al. 2003, doi:10.1109/TMI.2003.809072) is maximized by
//! a quasi-Newton method with its analytic derivative. All sums run over fixed chunks in a fixed order:
//! the result has the same bits at any number of threads.

mod doubt;
mod interpolate;
mod metric;
mod optimize;
mod pose;
mod pyramid;
mod region;
mod samples;
mod scan;
mod stage;
mod start;
#[cfg(test)]
mod tests;
mod views;

use std::ops::RangeInclusive;

use rayon::prelude::*;

use crate::{AffineTransform, Error, Result, RigidTransform};
pub use pose::Degrees;
use pose::Pose;
pub use scan::Scan;
use stage::{Resolution, Stage};

/// Levels of the pyramid, finest first; the last is the one that is searched.
const SPACINGS: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
const COARSEST: usize = SPACINGS.len() - 1;
/// The level at which one pose is chosen.
const MIDDLE: usize = COARSEST - 1;
/// Most samples and bins at each level: as many as its voxels feed.
const MOST_SAMPLES: [usize; 4] = [usize::MAX, 100_000, 25_000, 3_000];
const MOST_BINS: [usize; 4] = [usize::MAX, usize::MAX, 24, 16];

/// Poses that are refined at the coarse and the middle resolution.
const COARSE_POSES: usize = 48;
const MIDDLE_POSES: usize = 6;
/// Factors of length by which two persons differ and a rigid pose is still found as that of one.
const ALIKE_SIZES: RangeInclusive<f64> = 0.88..=1.14;
/// Poses nearer than this (mm) after refinement are the same.
const DISTINCT: f64 = 6.0;

/// What [`register_rigid`] and [`register`] can be told. The defaults suit brains of any contrast.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct RegistrationSettings {
    /// Points that are compared at full resolution, at least 1000. More of them lower the error and cost
    /// time in proportion.
    pub samples: usize,
    /// Histogram bins of each volume at full resolution, 8 to 128.
    pub bins: usize,
    /// Largest rotation searched, degrees from 0 to 90.
    pub max_rotation_degrees: f64,
}

impl Default for RegistrationSettings {
    fn default() -> Self {
        Self { samples: 150_000, bins: 32, max_rotation_degrees: 60.0 }
    }
}

/// Result of [`register_rigid`] or [`register`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Registration<T = RigidTransform> {
    /// World of the fixed volume to world of the moving volume (RAS+, mm).
    pub transform: T,
    /// Mutual information at the end, in nats; comparable only between registrations of the same pair.
    pub metric: f64,
    /// Reasons to doubt the result; none for a registration that went well.
    pub warnings: Vec<String>,
}

impl From<Registration> for Registration<AffineTransform> {
    fn from(found: Registration) -> Self {
        Self { transform: found.transform.into(), metric: found.metric, warnings: found.warnings }
    }
}

/// Finds the rigid motion that brings the moving volume onto the fixed one, in one or across two
/// contrasts. Positions in the world, orientation and spacing of both volumes are free.
///
/// Masks (on the grids of their volumes) limit the comparison, for example to the brain. With both masks
/// given, their shapes and sizes guide the first steps: persons differ in size. Where two masked brains
/// differ by more than a tenth of their lengths, their sizes are made equal until the end, and the pose brings
/// middle to middle. A single mask of a volume that shows a whole head counts at fine resolution only. At full resolution only intensities inside the masks count. Without masks, the
/// background of a stripped brain is ignored beside a whole head if it is exactly 0. Voxels that are not finite
/// count as background.
///
/// At 1 mm the error is about 0.05 mm for one person in one or two contrasts, and 0.2 mm for slices of 5 mm. Look at
/// [`Registration::warnings`]: the search may fail on volumes that have little in common, that overlap by less
/// than half, or that lie further apart than [`RegistrationSettings::max_rotation_degrees`].
///
/// # Errors
/// If a volume has an axis of a single voxel, is constant or has no finite voxel (inside its mask), if a
/// mask is empty or lies on another grid, or if a setting is out of its range.
pub fn register_rigid<'a>(
    fixed: impl Into<Scan<'a>>,
    moving: impl Into<Scan<'a>>,
    settings: &RegistrationSettings,
) -> Result<Registration> {
    let found = register(Degrees::Rigid, fixed, moving, settings)?;
    Ok(Registration {
        transform: found.transform.to_rigid()?,
        metric: found.metric,
        warnings: found.warnings,
    })
}

/// As [`register_rigid`], with scale and shear: [`register`] with [`Degrees::Affine`].
///
/// # Errors
/// As [`register`].
pub fn register_affine<'a>(
    fixed: impl Into<Scan<'a>>,
    moving: impl Into<Scan<'a>>,
    settings: &RegistrationSettings,
) -> Result<Registration<AffineTransform>> {
    register(Degrees::Affine, fixed, moving, settings)
}

/// As [`register_rigid`], with the scales or the shear that `degrees` allow: for two persons, or a person and an
/// atlas. The search for the start knows no shear, so lengths may differ by about a quarter.
///
/// # Errors
/// As [`register_rigid`]; also if the volumes draw the transform to a map that cannot be inverted.
pub fn register<'a>(
    degrees: Degrees,
    fixed: impl Into<Scan<'a>>,
    moving: impl Into<Scan<'a>>,
    settings: &RegistrationSettings,
) -> Result<Registration<AffineTransform>> {
    settings.check()?;
    let (fixed, moving): (Scan<'_>, Scan<'_>) = (fixed.into(), moving.into());
    let brains = fixed.mask.is_some() && moving.mask.is_some();
    let [fixed, moving] = views::views(fixed, moving)?;
    let [fixed_shape, moving_shape] = [&fixed, &moving].map(|views| views[COARSEST].shape());
    let centre = region::centre(&fixed_shape);
    let surroundings = region::grown(&fixed_shape);
    let stage = |level: usize, scale: f64| {
        let resolution = settings.resolution(level);
        Stage::new(&fixed[level], &moving[level], &surroundings, centre, scale, resolution)
    };

    let coarsest = stage(COARSEST, 1.0);
    let candidates = start::candidates(&fixed_shape, &moving_shape, settings.max_rotation_degrees, brains);
    let mut poses = best(&coarsest, candidates);
    poses.truncate(COARSE_POSES);
    poses = refined(&coarsest, Degrees::Rigid, &poses);
    poses.truncate(MIDDLE_POSES);
    let middle = stage(MIDDLE, 1.0);
    let mut pose = refined(&middle, degrees, &poses)[0];
    // A rigid pose of persons whose sizes differ much is found with their sizes made equal all the way.
    let mut sized = false;
    if degrees == Degrees::Rigid && brains {
        let free = middle.refine(Degrees::Similarity, &pose);
        sized = !ALIKE_SIZES.contains(&free.scale());
        if sized {
            pose = free;
        }
    }
    let degrees = if sized { Degrees::Similarity } else { degrees };
    let turned_round = doubt::half_turn(&middle, &pose);
    // What does not stand out at any resolution so far is not worth the time of the next one: it will be doubted.
    let mut lost = !doubt::is_distinct(&middle.verdict(&pose));
    if degrees == Degrees::Rigid {
        pose = pose.unscaled();
    }
    for level in (1..MIDDLE).rev() {
        let stage = stage(level, pose.scale());
        lost = lost && !doubt::is_distinct(&stage.verdict(&pose));
        if !lost {
            pose = stage.refine(degrees, &pose);
        }
    }
    let finest = stage(0, pose.scale());
    if !lost {
        pose = finest.refine(degrees, &pose);
    }
    let verdict = finest.verdict(&pose);
    if sized {
        pose = pose.unscaled();
    }
    let transform = pose.transform()?;
    let mut warnings = doubt::warnings(&transform, &verdict, settings.max_rotation_degrees);
    warnings.extend(turned_round);
    Ok(Registration { transform, metric: verdict.information, warnings })
}

impl RegistrationSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first field that is out of its range.
    pub fn check(&self) -> Result<()> {
        let (name, complaint) = if self.samples < 1000 {
            ("samples", format!("registration needs at least 1000 samples, not {}", self.samples))
        } else if !(8..=128).contains(&self.bins) {
            ("bins", format!("registration needs 8 to 128 bins, not {}", self.bins))
        } else if !(0.0..=90.0).contains(&self.max_rotation_degrees) {
            (
                "max_rotation_degrees",
                format!("the largest rotation must be 0 to 90 degrees, not {}", self.max_rotation_degrees),
            )
        } else {
            return Ok(());
        };
        Err(Error::setting(name, complaint))
    }

    fn resolution(&self, level: usize) -> Resolution {
        Resolution {
            spacing: SPACINGS[level],
            samples: self.samples.min(MOST_SAMPLES[level]),
            bins: self.bins.min(MOST_BINS[level]),
        }
    }
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
