//! A model before the run's healthy validation subjects: what its calibration is measured on.

use std::path::{Path, PathBuf};

use anomaly_eval::{HealthyCalibration, PlaceCalibration, PlaceStatistics, ScanPair, Scoring, brain_values};
use anyhow::{Result, ensure};
use cli_support::interrupt;
use cli_support::progress::Task;
use memae_model::{ModelKind, TrainedModel};

use crate::config::Config;
use crate::data::roles::Use;
use crate::run::cohort::Prepared;
use crate::run::context::Run;
use crate::stages::preprocess;
use crate::stages::reconstruct;

/// The subjects, and the model with the weights that the package will have.
pub(super) struct Healthy<'a> {
    config: &'a Config,
    scoring: Scoring,
    kind: ModelKind,
    model: TrainedModel,
    /// Folder of reconstructions that were kept.
    maps: Option<PathBuf>,
    subjects: &'a [Prepared],
}

impl<'a> Healthy<'a> {
    /// `weights` are the bytes of the checkpoint `file`.
    ///
    /// # Errors
    /// If there are no validation subjects.
    pub(super) fn new(run: &'a Run, kind: ModelKind, file: &Path, weights: &[u8]) -> Result<Self> {
        let config = &run.config;
        let subjects = preprocess::finished(run)?.prepared(Use::Validation);
        ensure!(!subjects.is_empty(), "there are no healthy validation subjects to calibrate by");
        // What was kept was made with the weights of before the rounding.
        let kept = !config.package.half_precision;
        let maps = if kept { reconstruct::kept(run, kind)? } else { None };
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
    pub(super) fn calibration(&self, place: Option<&PlaceCalibration>) -> Result<HealthyCalibration> {
        let mut maps = Vec::new();
        self.for_each("scale", |pair| {
            maps.push(brain_values(self.scoring.map(pair, place)?.view(), pair.brain));
            Ok(())
        })?;
        Ok(HealthyCalibration::measure(&maps, self.config.evaluate.protocols.matched_fpr)?)
    }

    /// One subject after the other: at 1 mm all of them together would need gigabytes.
    fn for_each(&self, what: &str, mut each: impl FnMut(&ScanPair<'_>) -> Result<()>) -> Result<()> {
        let task = Task::new(format!("package {}: {what}", self.kind), self.subjects.len());
        for subject in self.subjects {
            interrupt::check()?;
            each(&reconstruct::read(&self.model, self.maps.as_deref(), subject)?.pair())?;
            task.step(&subject.name);
        }
        Ok(())
    }
}
