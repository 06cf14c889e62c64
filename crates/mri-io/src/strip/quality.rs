//! Whether a mask can be a brain.

use nalgebra::Vector3;
use ndarray::{Array3, Axis};

use super::atlas::{AIR, Atlas, PerClass};
use super::classify::{Probabilities, hull};
use super::metric;
use super::samples::Samples;
use super::warp::Warp;
use crate::{Mask, Volume};

/// Volumes (ml) of human brains, adult and child, with sulcal CSF.
const VOLUME: [f64; 2] = [800.0, 2200.0];

/// Mutual information (nats) within the head: real and synthetic heads of all contrasts reach 0.2 and more, noise
/// and bodies 0.05 at most.
const INFORMATION: f64 = 0.12;
/// The same within the brain: real and synthetic heads of all contrasts reach 0.02 and more, uniform balls 0.0004 at
/// most.
const CONTRAST: f64 = 0.01;
/// Dice overlap of atlas and result that good results exceed.
const AGREEMENT: f64 = 0.92;
/// Share of a face of the field of view that a brain may touch without a word.
const BORDER: f64 = 0.005;

/// Share of voxels that are exactly 0 above which a scan may be stripped already.
const STRIPPED_BACKGROUND: f64 = 0.5;
/// Share of a face of the field of view that a stripped brain may touch.
const STRIPPED_BORDER: f64 = 0.02;

/// What the steps say about their result.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Mutual information (nats) of the atlas's classes and the scan's intensities within the head.
    information: f64,
    /// The same within the atlas's brain: of fluid, grey and white matter.
    contrast: f64,
    /// Dice overlap of the bent atlas's brain and the result.
    agreement: f64,
    /// Whether the head lies as the scan's affine says.
    upright: bool,
}

impl Evidence {
    pub(super) fn of(
        samples: &Samples,
        warp: &Warp,
        probabilities: &Probabilities,
        inside: &Array3<bool>,
        upright: bool,
    ) -> Self {
        let atlas = Atlas::get();
        let information = |counts: fn(&PerClass) -> bool| {
            let points = samples.points.iter().map(|point| warp.apply(point).cast());
            let counted = points.zip(&samples.bins).filter(|(point, _)| counts(&atlas.at(*point)));
            let (points, bins): (Vec<Vector3<f32>>, Vec<u8>) = counted.unzip();
            metric::information(&bins, &points)
        };
        let (mut both, mut total) = (0_usize, 0_usize);
        for (&prior, &inside) in probabilities.prior.iter().zip(inside) {
            let atlas = prior >= 0.5;
            both += usize::from(atlas && inside);
            total += usize::from(atlas) + usize::from(inside);
        }
        Self {
            // Air against the rest is seen of anything; what counts is whether the head has the atlas's parts.
            information: information(|classes| classes[AIR] < 0.5),
            contrast: information(|classes| hull(classes) > 0.8),
            agreement: 2.0 * both as f64 / total.max(1) as f64,
            upright,
        }
    }
}

/// Quality from 0 to 1, and a warning for each thing that is implausible.
pub(super) fn judge(mask: &Mask, evidence: &Evidence) -> (f64, Vec<String>) {
    let mut warnings = Vec::new();
    let mut quality = 1.0;
    let volume = mask.millilitres();
    if !(VOLUME[0]..=VOLUME[1]).contains(&volume) {
        warnings.push(format!(
            "the brain has {volume:.0} ml, outside {} to {} ml: part of it is missing, or more than brain is in",
            VOLUME[0], VOLUME[1]
        ));
        quality *= (volume / VOLUME[0]).min(VOLUME[1] / volume.max(1.0)).powi(2);
    }
    if evidence.information < INFORMATION {
        warnings.push(format!(
            "the scan does not look like a head: the atlas explains {:.2} nats of its intensities, and {INFORMATION} \
             or more are expected",
            evidence.information
        ));
        quality *= (evidence.information / INFORMATION).max(0.0);
    }
    if evidence.contrast < CONTRAST {
        warnings.push(format!(
            "what was found has no tissues that look like a brain's: the atlas explains {:.3} nats of its intensities, \
             and {CONTRAST} or more are expected",
            evidence.contrast
        ));
        quality *= (evidence.contrast / CONTRAST).max(0.0);
    } else if !evidence.upright {
        warnings.push(
            "the head lies upside down or back to front: the affine is wrong, and may swap left and right too".into(),
        );
        quality *= 0.5;
    }
    if evidence.agreement < AGREEMENT {
        warnings.push(format!(
            "the brain departs from the atlas (Dice overlap {:.2}): the mask may leak, or part of the brain may be missing",
            evidence.agreement
        ));
        quality *= (evidence.agreement / AGREEMENT).powi(4);
    }
    let border = border_share(mask);
    if border >= BORDER {
        warnings.push(format!(
            "{:.0} % of the mask's outermost planes touch the edge of the field of view: the brain is cut off there, or the mask leaks",
            100.0 * border
        ));
        quality *= (1.0 - border).powi(2);
    }
    (quality.clamp(0.0, 1.0), warnings)
}

/// Largest share of a face of the field of view that is inside the mask.
fn border_share(mask: &Mask) -> f64 {
    let data = mask.data();
    (0..3)
        .flat_map(|axis| {
            let last = data.len_of(Axis(axis)) - 1;
            [0, last].map(|index| {
                let face = data.index_axis(Axis(axis), index);
                face.iter().filter(|&&inside| inside).count() as f64 / face.len() as f64
            })
        })
        .fold(0.0, f64::max)
}

/// The non-zero voxels, if the scan is stripped already: most of it is exactly 0, and what is not has the
/// volume of a brain and lies clear of the field of view's edge. (A whole head has 2500 ml or more, and a
/// part of one reaches the edge.)
pub fn already_stripped(scan: &Volume<f32>) -> Option<Mask> {
    let mask = scan.map(|&value| value != 0.0);
    let background = 1.0 - mask.count() as f64 / mask.as_slice().len() as f64;
    let brain_sized = (VOLUME[0]..=VOLUME[1]).contains(&mask.millilitres());
    (background > STRIPPED_BACKGROUND && brain_sized && border_share(&mask) < STRIPPED_BORDER).then_some(mask)
}
