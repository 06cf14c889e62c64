//! What a model finds in one scan, on the scan's own grid.

use anomaly_eval::{
    HealthyCalibration, PlaceCalibration, ScanPair, Voxel, agreement, components_from, normalize,
};
use anyhow::{Context, Result};
use mri_io::preprocess::Preprocessed;
use mri_io::resample::{Interpolation, resample};
use mri_io::{Mask, Volume};
use ndarray::Array3;

use super::component::Component;
use super::place::BrainBox;
use crate::stages::package::About;

/// What a model expects in the place of a scan, and how that is scored.
pub(super) struct View<'a> {
    /// `[i, j, k]` on the reference's grid.
    pub(super) expected: Array3<f32>,
    pub(super) about: &'a About,
    pub(super) place: Option<&'a PlaceCalibration>,
}

/// All results on the scan's own grid.
pub(super) struct Findings<'a> {
    pub(super) scan: &'a Volume<f32>,
    pub(super) prepared: &'a Preprocessed,
    /// What the (first) model expects, in the normalized scale of the preprocessing.
    pub(super) reconstruction: Volume<f32>,
    /// How far the scan is from that, in the same scale.
    pub(super) residual: Volume<f32>,
    /// The residual in the scale of the calibration: 0 to 1; of several models, what they agree on.
    pub(super) anomaly: Volume<f32>,
    /// Scores above the threshold, in the brain, without parts that are too small.
    pub(super) detection: Mask,
    /// Connected parts of the detection (26 neighbours), largest first.
    pub(super) marked: Vec<Vec<Voxel>>,
    /// Voxels from which a part is marked.
    pub(super) smallest: f64,
    /// Share of the brain above T2, on the reference grid.
    pub(super) subject_score: f64,
}

impl<'a> Findings<'a> {
    /// Compares a prepared scan with what one model or several expect in its place.
    pub(super) fn of(
        scan: &'a Volume<f32>,
        prepared: &'a Preprocessed,
        views: Vec<View<'_>>,
        calibration: &HealthyCalibration,
        threshold: f32,
    ) -> Result<Self> {
        let scores = |View { expected, about, place }: &View<'_>| -> Result<_> {
            let map = about.scoring.map(&pair(prepared, expected), *place)?;
            Ok(normalize(map, about.calibration.scope())?)
        };
        let scores = agreement(views.iter().map(scores).collect::<Result<_>>()?)?;
        let subject_score = calibration.subject_score(scores.view(), prepared.mask.data());
        let View { expected, about, .. } = views.into_iter().next().context("a method has a model")?;
        let residual = about.scoring.residual(&pair(prepared, &expected))?;

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
        let smallest = (about.smallest_ml * 1000.0 / grid.affine.voxel_volume())
            .max(about.scoring.post_processing.smallest_component as f64);
        let mut detection = detection.into_data();
        let marked = components_from(&mut detection, smallest);
        let detection = Volume::new(detection, grid.affine)?;
        Ok(Self {
            scan,
            prepared,
            reconstruction,
            residual,
            anomaly,
            detection,
            marked,
            smallest,
            subject_score,
        })
    }

    /// The connected parts of the detection, largest first, placed in the reference's brain.
    pub(super) fn components(&self, brain: &BrainBox) -> Vec<Component> {
        let to_reference = self.prepared.transform.inverse();
        let component = |voxels: &Vec<Voxel>| Component::of(voxels, &self.anomaly, &to_reference, brain);
        self.marked.iter().filter_map(component).collect()
    }
}

/// A prepared scan and what a model expects in its place.
fn pair<'a>(prepared: &'a Preprocessed, expected: &'a Array3<f32>) -> ScanPair<'a> {
    ScanPair {
        scan: prepared.volume.data(),
        expected: Some(expected.view()),
        brain: prepared.mask.data(),
        spacing: prepared.volume.affine().spacing(),
    }
}

/// The volume within the brain, 0 outside.
pub(super) fn within(mut volume: Volume<f32>, brain: &Mask) -> Volume<f32> {
    for (value, inside) in volume.as_mut_slice().iter_mut().zip(brain.as_slice()) {
        *value = if *inside { *value } else { 0.0 };
    }
    volume
}
