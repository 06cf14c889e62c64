//! Reasons to doubt a registration.

use std::ops::RangeInclusive;

use nalgebra::{Rotation3, Vector3};

use super::pose::{Degrees, Pose};
use super::stage::{Stage, Verdict};
use crate::AffineTransform;

/// The least that two volumes tell about each other beyond chance, as a share of what either tells. Two
/// persons in two contrasts reach 0.1; heads against things that are none were seen at 0.001 to 0.1.
const LEAST_SHARE: f64 = 0.03;
/// Two brains share less where their contrasts and sizes differ: scans that lay right on the T2 reference had 0.011
/// to 0.10, 1.27 to 2.2 times what poses beside them had, and overlaps from 0.91; wrong poses of the same (scans
/// that say they lie upside down or back to front) had 0.001 to 0.023, 0.6 to 1.2 times, once 1.5 times with an
/// overlap of 0.74. So this share will do for a pose that is so much better than those beside it, with that overlap.
const LEAST_SHARE_OF_CLEAR: f64 = 0.008;
const CLEAR_FACTOR: f64 = 1.2;
const CLEAR_OVERLAP: f64 = 0.85;
/// The metric must be this many times that of poses beside the final one. Right poses reach 1.1 across
/// two persons and 5 to 18 within one; poses without meaning were seen at 1.00 to 1.02.
const BESIDE_FACTOR: f64 = 1.05;
/// How much larger or smaller heads differ along an axis.
const STRETCH: RangeInclusive<f64> = 0.7..=1.4;
const LEAST_OVERLAP: f64 = 0.5;

/// Whether a pose stands out from those beside it.
pub(super) fn is_distinct(verdict: &Verdict) -> bool {
    verdict.information > BESIDE_FACTOR * verdict.beside
}

/// Reasons to doubt a final transform, each a sentence.
pub(super) fn warnings(
    transform: &AffineTransform,
    verdict: &Verdict,
    max_rotation_degrees: f64,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let Verdict { information, chance, entropy, overlap, beside } = *verdict;
    let clear = information > CLEAR_FACTOR * beside && overlap > CLEAR_OVERLAP;
    let least_share = if clear { LEAST_SHARE_OF_CLEAR } else { LEAST_SHARE };
    if information - chance <= least_share * entropy {
        warnings.push(format!(
            "the registration found little in common: mutual information {information:.4} where chance \
             gives {chance:.4} and the same head up to {entropy:.2}"
        ));
    }
    if !is_distinct(verdict) {
        warnings.push(format!(
            "the registration is not distinct: mutual information is {information:.4}, and {beside:.4} for \
             a pose well beside it"
        ));
    }
    let degrees = transform.angle_degrees();
    if degrees >= max_rotation_degrees {
        warnings.push(format!(
            "the registration turned by {degrees:.0} degrees, to the bound of its search \
             ({max_rotation_degrees} degrees): check the result"
        ));
    }
    if let Some(factor) = transform.stretch().into_iter().find(|factor| !STRETCH.contains(factor)) {
        warnings.push(format!("the registration stretched an axis {factor:.2} times: check the result"));
    }
    if overlap < LEAST_OVERLAP {
        warnings.push(format!(
            "only {:.0} % of the fixed volume's content lies in the moving volume after registration",
            100.0 * overlap
        ));
    }
    warnings
}

/// The warning for a pose that half a turn about an axis of the fixed world would make better: heads are nearly
/// symmetric, so a scan whose header tells a wrong orientation may lie plausibly, and wrongly, within the search.
pub(super) fn half_turn(stage: &Stage<'_>, pose: &Pose) -> Option<String> {
    let score = stage.score(pose);
    let axes = [Vector3::x_axis(), Vector3::y_axis(), Vector3::z_axis()];
    let names = ["left-right", "back-front", "bottom-top"];
    let better = axes.into_iter().zip(names).find(|(axis, _)| {
        let half = Rotation3::from_axis_angle(axis, std::f64::consts::PI);
        let turned = Pose { linear: pose.linear * half.matrix(), ..*pose };
        stage.score(&stage.refine(Degrees::Rigid, &turned)) > score
    });
    better.map(|(_, axis)| {
        format!(
            "half a turn about the {axis} axis would fit better: does the moving volume's header tell the right \
             orientation?"
        )
    })
}
