//! Which intensities a picture shows black and white.

use mri_io::{Mask, Volume};

/// Share of the brain's voxels that are darker than white: single bright voxels do not darken the rest.
const WHITE: f64 = 0.995;

/// From 0, which is black, to the intensity of the brain below which nearly all of it lies.
pub(super) fn window(volume: &Volume<f32>, brain: &Mask) -> [f64; 2] {
    let pairs = volume.as_slice().iter().zip(brain.as_slice());
    let mut values: Vec<f32> = pairs.filter(|(_, inside)| **inside).map(|(value, _)| *value).collect();
    let rank = (WHITE * values.len().saturating_sub(1) as f64) as usize;
    let white = if values.is_empty() { 1.0 } else { *values.select_nth_unstable_by(rank, f32::total_cmp).1 };
    [0.0, white.max(f32::MIN_POSITIVE).into()]
}

/// The window of scores for a threshold, the same in all scans of a model: from the threshold, so that an overlay shows what
/// is marked and nothing else, to four times that, within reason. A healthy brain does not exhaust the scale of scores, and
/// few lesions come near its end.
pub(super) fn window_of_scores(threshold: f32) -> [f64; 2] {
    let low = f64::from(threshold);
    if low < 1.0 { [low, (4.0 * low).clamp(0.25, 1.0)] } else { [0.0, 1.0] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::Grid;

    #[test]
    fn white_is_that_of_the_brain_but_for_its_brightest_voxels() {
        let grid = Grid::centred([10, 10, 11], [1.0; 3]).unwrap();
        let mut scan = Volume::filled(&grid, 5000.0_f32).unwrap();
        let mut brain = Volume::filled(&grid, false).unwrap();
        for (at, voxel) in scan.as_mut_slice().iter_mut().take(1000).enumerate() {
            *voxel = at as f32;
        }
        brain.as_mut_slice()[..1000].fill(true);
        assert_eq!(window(&scan, &brain), [0.0, 994.0]);
        let nothing = brain.map(|_| false);
        assert_eq!(window(&scan, &nothing), [0.0, 1.0]);
    }

    #[test]
    fn scores_are_shown_from_the_threshold_and_the_window_is_never_empty() {
        let windows = [0.0, 0.125, 0.5, 1.0].map(window_of_scores);
        assert_eq!(windows, [[0.0, 0.25], [0.125, 0.5], [0.5, 1.0], [0.0, 1.0]]);
    }
}
