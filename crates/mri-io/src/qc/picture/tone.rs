//! Which intensities matter.

use super::slice::Tone;
use crate::percentile::percentile;
use crate::{Mask, Volume};

/// At most about this many voxels are looked at.
const SAMPLES: usize = 200_000;
/// Share of the brightest voxels' intensity below which there is air.
const AIR: f32 = 0.12;

/// Finite values inside of the mask, or all, sorted; a regular selection of them if there are many, a 0 if there are none.
fn sorted(volume: &Volume<f32>, mask: Option<&Mask>) -> Vec<f32> {
    let inside = |index: usize| mask.is_none_or(|mask| mask.as_slice()[index]);
    let count = mask.map_or(volume.as_slice().len(), Mask::count);
    let voxels = volume.as_slice().iter().enumerate().filter(|&(index, _)| inside(index));
    // A prime number of steps does not fall in with the rows.
    let step = if count > SAMPLES { count.div_ceil(SAMPLES) | 1 } else { 1 };
    let mut values: Vec<f32> =
        voxels.map(|(_, &value)| value).step_by(step).filter(|value| value.is_finite()).collect();
    if values.is_empty() {
        values.push(0.0);
    }
    values.sort_unstable_by(f32::total_cmp);
    values
}

impl Tone {
    /// Air is black; white is what few voxels of the brain (of the head, without a mask) exceed.
    pub(super) fn of(volume: &Volume<f32>, brain: Option<&Mask>) -> Self {
        let all = sorted(volume, None);
        let black = percentile(&all, 1.0) as f32;
        let inside = brain.map_or(all, |brain| sorted(volume, Some(brain)));
        let white = percentile(&inside, 99.5) as f32;
        Self { black, white: if white > black { white } else { black + 1.0 } }
    }
}

/// Intensity above which there is more than air.
pub(super) fn air(volume: &Volume<f32>) -> f32 {
    let all = sorted(volume, None);
    let [black, white] = [1.0, 99.0].map(|percent| percentile(&all, percent) as f32);
    black + AIR * (white - black)
}

/// The intensity that parts the voxels inside of the mask best into dark and bright ones (Otsu 1979,
/// doi:10.1109/TSMC.1979.4310076): in T2 cerebrospinal fluid and tissue, in T1 white matter and the rest.
pub(super) fn threshold(volume: &Volume<f32>, mask: Option<&Mask>) -> f32 {
    let values = sorted(volume, mask);
    // The brightest few, vessels and fat, must not count as the bright class.
    let values = &values[..values.len() * 995 / 1000];
    let total: f64 = values.iter().map(|&value| f64::from(value)).sum();
    let (mut below, mut best) = (0.0, (f64::NEG_INFINITY, 0.0));
    for (index, pair) in values.windows(2).enumerate() {
        below += f64::from(pair[0]);
        let (dark, bright) = ((index + 1) as f64, (values.len() - index - 1) as f64);
        let between = dark * bright * (below / dark - (total - below) / bright).powi(2);
        if pair[1] > pair[0] && between > best.0 {
            best = (between, 0.5 * (pair[0] + pair[1]));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;

    #[test]
    fn the_threshold_lies_between_two_classes() {
        let mut volume = Volume::filled(&Grid::centred([40, 10, 10], [1.0; 3]).unwrap(), 0.0).unwrap();
        for ((i, j, _), value) in volume.data_mut().indexed_iter_mut() {
            *value = if i < 28 { 100.0 + j as f32 } else { 300.0 - j as f32 };
        }
        assert!((109.0..291.0).contains(&threshold(&volume, None)));
        let dark = volume.map(|&value| value < 200.0);
        assert!((100.0..109.0).contains(&threshold(&volume, Some(&dark))));
        assert_eq!(threshold(&volume.map(|_| 5.0), None), 0.0);
    }
}
