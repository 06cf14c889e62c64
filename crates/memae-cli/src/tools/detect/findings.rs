//! What a model finds in one scan, on the scan's own grid.

use anomaly_eval::{PlaceCalibration, ScanPair, Voxel, components, normalize};
use anyhow::Result;
use mri_io::preprocess::Preprocessed;
use mri_io::resample::{Interpolation, resample};
use mri_io::{Mask, Volume};
use ndarray::Array3;

use super::component::Component;
use super::place::BrainBox;
use crate::stages::package::About;

/// All results on the scan's own grid.
pub(super) struct Findings<'a> {
    pub(super) scan: &'a Volume<f32>,
    pub(super) prepared: &'a Preprocessed,
    /// What the model expects, in the normalized scale of the preprocessing.
    pub(super) reconstruction: Volume<f32>,
    /// How far the scan is from that, in the same scale.
    pub(super) residual: Volume<f32>,
    /// The residual in the scale of the calibration: 0 to 1.
    pub(super) anomaly: Volume<f32>,
    /// Scores above the threshold, in the brain, without parts that are too small.
    pub(super) detection: Mask,
    /// Connected parts of the detection (26 neighbours), largest first.
    pub(super) marked: Vec<Vec<Voxel>>,
    /// Share of the brain above T2, on the reference grid.
    pub(super) subject_score: f64,
}

impl<'a> Findings<'a> {
    /// Compares a prepared scan with what the model expects in its place, `[i, j, k]` on the reference's grid.
    pub(super) fn of(
        scan: &'a Volume<f32>,
        prepared: &'a Preprocessed,
        expected: Array3<f32>,
        about: &About,
        place: Option<&PlaceCalibration>,
        threshold: f32,
    ) -> Result<Self> {
        let pair = ScanPair {
            scan: prepared.volume.data(),
            expected: Some(expected.view()),
            brain: prepared.mask.data(),
            spacing: prepared.volume.affine().spacing(),
        };
        let residual = about.scoring.residual(&pair)?;
        let scores = normalize(about.scoring.map(&pair, place)?, about.calibration.scope())?;
        let subject_score = about.calibration.subject_score(scores.view(), prepared.mask.data());

        let (grid, affine) = (scan.grid(), *prepared.volume.affine());
        let to_reference = prepared.transform.inverse();
        let native = |values, interpolation| {
            resample(&Volume::new(values, affine)?, &grid, to_reference, interpolation, 0.0)
        };
        // What a network paints outside the brain compares with nothing.
        let reconstruction = within(native(expected, Interpolation::Linear)?, &prepared.native_mask);
        // Between voxels of a rough map a line would lower peaks, and the calibration would not hold.
        let smooth = about.scoring.post_processing.smooth_mm > 0.0;
        let between = if smooth { Interpolation::Linear } else { Interpolation::Nearest };
        let (residual, anomaly) = (native(residual, Interpolation::Nearest)?, native(scores, between)?);
        let mut detection = anomaly.map(|&score| score > threshold);
        for (detected, &inside) in detection.as_mut_slice().iter_mut().zip(prepared.native_mask.as_slice()) {
            *detected &= inside;
        }
        let detection = about.scoring.post_processing.detection(detection.into_data());
        let mut detection = Volume::new(detection, grid.affine)?;
        let marked = large_parts(&mut detection, about.smallest_ml);
        Ok(Self { scan, prepared, reconstruction, residual, anomaly, detection, marked, subject_score })
    }

    /// The connected parts of the detection, largest first, placed in the reference's brain.
    pub(super) fn components(&self, brain: &BrainBox) -> Vec<Component> {
        let to_reference = self.prepared.transform.inverse();
        let component = |voxels: &Vec<Voxel>| Component::of(voxels, &self.anomaly, &to_reference, brain);
        self.marked.iter().map(component).collect()
    }
}

/// The volume within the brain, 0 outside.
pub(super) fn within(mut volume: Volume<f32>, brain: &Mask) -> Volume<f32> {
    for (value, inside) in volume.as_mut_slice().iter_mut().zip(brain.as_slice()) {
        *value = if *inside { *value } else { 0.0 };
    }
    volume
}

/// The connected parts of a mask, largest first; those smaller than `smallest_ml` are cleared and left out.
fn large_parts(mask: &mut Mask, smallest_ml: f64) -> Vec<Vec<Voxel>> {
    let smallest = smallest_ml * 1000.0 / mask.affine().voxel_volume();
    let mut parts = components(mask.data().to_owned());
    parts.sort_by_key(|voxels| std::cmp::Reverse(voxels.len()));
    let large = parts.partition_point(|voxels| voxels.len() as f64 >= smallest);
    for voxel in parts.drain(large..).flatten() {
        mask.data_mut()[voxel] = false;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::Grid;

    #[test]
    fn small_parts_are_left_out_and_large_ones_come_first() {
        let grid = Grid::centred([9, 9, 9], [2.0; 3]).unwrap();
        let mut mask = Volume::filled(&grid, false).unwrap();
        mask.data_mut()[[0, 0, 0]] = true;
        mask.data_mut().slice_mut(ndarray::s![4..6, 4..6, 4..6]).fill(true);
        mask.data_mut().slice_mut(ndarray::s![8, 0..2, 8]).fill(true);
        let sizes = |smallest_ml| {
            let mut mask = mask.clone();
            let parts = large_parts(&mut mask, smallest_ml);
            let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
            assert_eq!(mask.count(), sizes.iter().sum::<usize>());
            sizes
        };
        // A voxel has 0.008 ml.
        assert_eq!(sizes(0.0), [8, 2, 1]);
        assert_eq!(sizes(0.016), [8, 2]);
        assert_eq!(sizes(0.017), [8]);
        assert_eq!(sizes(1.0), [] as [usize; 0]);
    }
}
