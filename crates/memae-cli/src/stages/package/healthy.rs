//! A model before the run's healthy validation subjects: what its calibration is measured on.

use std::path::{Path, PathBuf};

use anomaly_eval::{PlaceCalibration, PlaceStatistics, ScanPair, Scoring};
use anyhow::{Result, ensure};
use cli_support::interrupt;
use cli_support::progress::Task;
use memae_model::{ModelKind, TrainedModel};

use super::Calibration;
use super::calibration::within;
use crate::config::Config;
use crate::data::roles::Use;
use crate::stages::preprocess::{Cohort, Prepared};
use crate::stages::reconstruct;

/// The subjects, and the model with the weights that the package will have.
pub(super) struct Healthy<'a> {
    config: &'a Config,
    scoring: Scoring,
    kind: ModelKind,
    model: TrainedModel,
    /// Folder of reconstructions that were kept.
    maps: Option<PathBuf>,
    subjects: Vec<Prepared>,
}

impl<'a> Healthy<'a> {
    /// `weights` are the bytes of the checkpoint `file`.
    ///
    /// # Errors
    /// If there are no validation subjects.
    pub(super) fn new(
        config: &'a Config,
        cohort: &Cohort,
        kind: ModelKind,
        file: &Path,
        weights: &[u8],
    ) -> Result<Self> {
        let subjects = cohort.prepared(Use::Validation);
        ensure!(!subjects.is_empty(), "there are no healthy validation subjects to calibrate by");
        // What was kept was made with the weights of before the rounding.
        let kept = !config.package.half_precision;
        let maps = if kept { reconstruct::kept(config, cohort, kind)? } else { None };
        Ok(Self {
            config,
            scoring: config.evaluate.scoring(),
            kind,
            model: TrainedModel::from_bytes(file, weights.to_vec(), config.run.device)?,
            maps,
            subjects,
        })
    }

    /// Mean and spread of residuals at each place, where the run's scoring asks for them.
    pub(super) fn place(&self) -> Result<Option<PlaceCalibration>> {
        let Some(settings) = self.scoring.post_processing.place else { return Ok(None) };
        let mut statistics = PlaceStatistics::new(self.config.reference.shape);
        self.for_each("places", |pair| Ok(statistics.add(self.scoring.residual(pair)?.view(), pair.brain)?))?;
        Ok(Some(statistics.calibration(&settings, self.config.reference.spacing)?))
    }

    /// Scale and thresholds of the maps.
    pub(super) fn calibration(&self, place: Option<&PlaceCalibration>) -> Result<Calibration> {
        let mut maps = Vec::new();
        self.for_each("scale", |pair| {
            maps.push(within(self.scoring.map(pair, place)?.view(), pair.brain));
            Ok(())
        })?;
        Calibration::measure(&maps, self.config.evaluate.protocols.matched_fpr)
    }

    /// One subject after the other: at 1 mm all of them together would need gigabytes.
    fn for_each(&self, what: &str, mut each: impl FnMut(&ScanPair<'_>) -> Result<()>) -> Result<()> {
        let task = Task::new(format!("package {}: {what}", self.kind), self.subjects.len());
        for subject in &self.subjects {
            interrupt::check()?;
            let (scan, brain) = subject.read()?;
            let expected = reconstruct::reconstruction(&self.model, self.maps.as_deref(), subject, &scan)?;
            each(&ScanPair {
                scan: scan.data(),
                expected: Some(expected.view()),
                brain: brain.data(),
                spacing: scan.affine().spacing(),
            })?;
            task.step(&subject.name);
        }
        Ok(())
    }
}
