//! Reasons to doubt a registration.

use std::ops::RangeInclusive;

use super::stage::Verdict;
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

/// Reasons to doubt a final transform, each a sentence. `half_turn`: the axis of the fixed world about which the search
/// has turned the volume.
pub(super) fn warnings(
    transform: &AffineTransform,
    verdict: &Verdict,
    max_rotation_degrees: f64,
    half_turn: Option<&str>,
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
    if let Some(axis) = half_turn {
        warnings.push(format!(
            "the moving volume fits after half a turn about the {axis} axis and not as its header says: does it tell \
             the right orientation? Check the result"
        ));
    } else if degrees >= max_rotation_degrees {
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
