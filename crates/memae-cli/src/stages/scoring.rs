//! Anomaly scores of a preprocessed scan by each method: the models, and the two baselines that need none.

use anomaly_eval::{
    HealthyMean, PlaceCalibration, PlaceStatistics, Range, ScanPair, Scope, ScopeKind, Scoring, normalize,
};
use anyhow::{Context, Result};
use cli_support::interrupt;
use memae_model::{ModelKind, TrainedModel};
use mri_io::{Mask, Volume};
use ndarray::Array3;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::data::roles::Use;
use crate::run::layout::Layout;
use crate::stages::preprocess::{Cohort, Prepared};
use crate::stages::reconstruct;

/// A way to score voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Method {
    /// Distance from a model's reconstruction.
    Model(ModelKind),
    /// The T2 intensity itself.
    Intensity,
    /// Distance from the mean healthy brain.
    Mean,
}

impl Method {
    /// The configured models, then the baselines.
    pub(crate) fn all(config: &Config) -> Vec<Self> {
        let models = config.run.models.iter().map(|&model| Self::Model(model));
        models.chain([Self::Intensity, Self::Mean]).collect()
    }

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Model(model) => model.id(),
            Self::Intensity => "intensity",
            Self::Mean => "mean",
        }
    }

    /// Name in tables and figures.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Model(ModelKind::SsimMemAe) => "SSIM-MemAE",
            Self::Model(model) => model.title(),
            Self::Intensity => "T2 intensity",
            Self::Mean => "Distance from mean",
        }
    }

    pub(crate) fn is_baseline(self) -> bool {
        !matches!(self, Self::Model(_))
    }
}

/// A scan and what a method makes of it.
pub(crate) struct Scored {
    pub(crate) read: ReadScan,
    pub(crate) lesions: Option<Mask>,
    /// Normalized anomaly scores in [0, 1].
    pub(crate) scores: Array3<f32>,
}

/// Computes a method's scores.
pub(crate) struct Scorer {
    method: Method,
    scoring: Scoring,
    source: Source,
    place: Option<PlaceCalibration>,
    scope: Scope,
}

enum Source {
    Model { model: Box<TrainedModel>, maps: Option<std::path::PathBuf> },
    Intensity,
    Mean(Array3<f32>),
}

impl Scorer {
    /// Loads the model, or averages the healthy training scans, and measures the validation scans where the
    /// normalization needs their range.
    pub(crate) fn new(config: &Config, cohort: &Cohort, method: Method) -> Result<Self> {
        let source = match method {
            Method::Model(model) => Source::Model {
                model: Box::new(TrainedModel::load(Layout::new(config).model(model), config.run.device)?),
                maps: reconstruct::kept(config, cohort, model)?,
            },
            Method::Intensity => Source::Intensity,
            Method::Mean => Source::Mean(healthy_mean(config, cohort)?),
        };
        let scope = match config.evaluate.scope {
            ScopeKind::Slice => Scope::Slice,
            ScopeKind::Volume | ScopeKind::Cohort => Scope::Volume,
        };
        let mut scorer = Self { method, scoring: config.evaluate.scoring(), source, place: None, scope };
        if let Some(settings) = scorer.scoring.post_processing.place {
            let mut statistics = PlaceStatistics::new(config.reference.shape);
            for subject in cohort.prepared(Use::Validation) {
                let scan = scorer.read(&subject)?;
                statistics.add(scorer.scoring.residual(&scan.pair())?.view(), scan.mask.data())?;
            }
            scorer.place = Some(statistics.calibration(&settings, config.reference.spacing)?);
        }
        if config.evaluate.scope == ScopeKind::Cohort {
            scorer.scope = Scope::Cohort(scorer.validation_range(cohort)?);
        }
        Ok(scorer)
    }

    /// How maps are brought to [0, 1].
    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    /// Scores one preprocessed subject.
    pub(crate) fn score(&self, subject: &Prepared) -> Result<Scored> {
        let read = self.read(subject)?;
        let lesions = subject.read_lesions()?;
        let scores = normalize(self.map(subject, &read)?, self.scope)
            .with_context(|| format!("{} of subject {}", self.method.label(), subject.name))?;
        Ok(Scored { read, lesions, scores })
    }

    /// A subject's scan, and what the method expects to see.
    pub(crate) fn read(&self, subject: &Prepared) -> Result<ReadScan> {
        interrupt::check()?;
        let (scan, mask) = subject.read()?;
        let expected = match &self.source {
            Source::Model { model, maps } => {
                Some(reconstruct::reconstruction(model, maps.as_deref(), subject, &scan)?)
            }
            Source::Mean(mean) => Some(mean.clone()),
            Source::Intensity => None,
        };
        Ok(ReadScan { scan, mask, expected })
    }

    /// The anomaly map before normalization.
    fn map(&self, subject: &Prepared, scan: &ReadScan) -> Result<Array3<f32>> {
        self.scoring
            .map(&scan.pair(), self.place.as_ref())
            .with_context(|| format!("{} of subject {}", self.method.label(), subject.name))
    }

    fn validation_range(&self, cohort: &Cohort) -> Result<Range> {
        let mut range: Option<Range> = None;
        for subject in cohort.prepared(Use::Validation) {
            let of_subject = Range::of(&self.map(&subject, &self.read(&subject)?)?)?;
            range = Some(range.map_or(of_subject, |range| range.union(of_subject)));
        }
        range.context("there are no validation scans")
    }
}

/// A preprocessed scan, its brain, and what a method expects to see; `None` for the intensity baseline.
pub(crate) struct ReadScan {
    pub(crate) scan: Volume<f32>,
    pub(crate) mask: Mask,
    pub(crate) expected: Option<Array3<f32>>,
}

impl ReadScan {
    /// As anomaly maps are made of it.
    pub(crate) fn pair(&self) -> ScanPair<'_> {
        ScanPair {
            scan: self.scan.data(),
            expected: self.expected.as_ref().map(|expected| expected.view()),
            brain: self.mask.data(),
            spacing: self.scan.affine().spacing(),
        }
    }
}

/// Mean of the healthy training scans.
pub(crate) fn healthy_mean(config: &Config, cohort: &Cohort) -> Result<Array3<f32>> {
    let mut mean = HealthyMean::new(config.reference.shape);
    for subject in cohort.prepared(Use::Train) {
        interrupt::check()?;
        mean.add(subject.read()?.0.data())?;
    }
    Ok(mean.mean()?)
}
