//! Whether a mask can be a brain.
//!
//! The bounds were chosen on 70 masks that are right, of three real heads in 16 ways each among them, and on what holds no brain:
//! the parts of heads below it, bottles, a melon, noise (`benches/peers/strip_kinds.py` and `strip_wrong.py`).

use ndarray::Axis;

use super::search::Found;
use crate::Mask;

/// Volumes (ml) of human brains, from newborns on, with the fluid around them.
const VOLUME: [f64; 2] = [250.0, LARGEST];
pub(super) const LARGEST: f64 = 2300.0;
/// Share of a face of the field of view that a brain may touch without a word.
const BORDER: f64 = 0.05;
/// Slope (mm per mm) of the depth at the surface: right masks have 0.79 and more, wrong ones 0.45 at most.
const STEEPNESS: [f64; 2] = [0.5, 0.7];
/// Overlap with what is found in the mirror image: right masks have 0.96 and more, wrong ones 0.71 at most.
const SYMMETRY: [f64; 2] = [0.75, 0.92];
/// Difference of neighbours, as a share of the mean: brains have 0.088 and more, a bottle 0.007, a melon 0.029.
const TEXTURE: [f64; 2] = [0.02, 0.06];
/// Quality below which a reason is told.
const DOUBTFUL: f64 = 0.9;

/// Quality from 0 to 1, and a warning for each thing that is implausible.
pub(super) fn judge(mask: &Mask, found: &Found) -> (f64, Vec<String>) {
    let (mut quality, mut warnings) = judge_shape(mask);
    let mut weigh = |factor: f64, warning: String| {
        quality *= factor;
        if factor < DOUBTFUL {
            warnings.push(warning);
        }
    };
    weigh(
        ramp(found.steepness, STEEPNESS),
        format!(
            "the surface of the brain is not clear (slope of its depth {:.2}, {} or more are expected): the mask may leak, or part of the brain \
             may be missing",
            found.steepness, STEEPNESS[1]
        ),
    );
    weigh(
        ramp(found.symmetry, SYMMETRY),
        format!(
            "another brain is found in the mirror image of the scan (overlap {:.2}, {} or more are expected): this may be no head",
            found.symmetry, SYMMETRY[1]
        ),
    );
    weigh(
        ramp(found.texture, TEXTURE),
        format!(
            "what was found has no tissues that look like a brain's: its voxels differ from their neighbours by {:.1} % of their mean, and {} % \
             or more are expected",
            100.0 * found.texture,
            100.0 * TEXTURE[1]
        ),
    );
    if !found.upright {
        weigh(
            0.5,
            "the head looks upside down or back to front: either its intensities are unusual (inverted?), or the affine is wrong, \
             and may swap left and right too"
                .into(),
        );
    }
    (quality.clamp(0.0, 1.0), warnings)
}

/// As [`judge`], by the mask's size and place alone.
pub(super) fn judge_shape(mask: &Mask) -> (f64, Vec<String>) {
    let (volume, border) = (mask.millilitres(), border_share(mask));
    let size = (volume / VOLUME[0]).min(VOLUME[1] / volume.max(1.0)).min(1.0).powi(2);
    let mut warnings = Vec::new();
    if size < DOUBTFUL {
        warnings.push(format!(
            "the brain has {volume:.0} ml, outside {} to {} ml: part of it is missing, or more than brain is in",
            VOLUME[0], VOLUME[1]
        ));
    }
    if border >= BORDER {
        warnings.push(format!(
            "{:.0} % of one face of the field of view is brain: the brain is cut off there, or the mask leaks",
            100.0 * border
        ));
    }
    (size * (1.0 - border), warnings)
}

/// 0 up to the first bound, 1 from the second.
fn ramp(value: f64, [low, high]: [f64; 2]) -> f64 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
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
