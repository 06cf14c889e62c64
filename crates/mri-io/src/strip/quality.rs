//! Whether a mask can be a brain.

use ndarray::Axis;

use crate::{Mask, Volume};

/// Volumes (ml) of human brains, adult and child, with sulcal CSF.
const VOLUME: [f64; 2] = [800.0, 2200.0];

/// Share of voxels that are exactly 0 above which a scan may be stripped already.
const STRIPPED_BACKGROUND: f64 = 0.5;
/// Share of a face of the field of view that a stripped brain may touch.
const STRIPPED_BORDER: f64 = 0.02;

/// Quality from 0 to 1, and a warning for each thing that is implausible.
pub(super) fn judge(mask: &Mask) -> (f64, Vec<String>) {
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
    let border = border_share(mask);
    if border > 0.0 {
        warnings.push(format!(
            "{:.0} % of the mask's outermost planes touch the edge of the field of view: the brain is cut off there, or the mask leaks",
            100.0 * border
        ));
        quality *= 1.0 - 0.5 * border;
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
