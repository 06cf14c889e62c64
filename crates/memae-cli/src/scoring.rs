//! Anomaly scores of a preprocessed scan by each method: the models, and the two baselines that need none.

use anomaly_eval::{HealthyMean, Range, Scope, ScopeKind, anomaly_map, normalize};
use anyhow::{Context, Result};
use memae_model::{ModelKind, TrainedModel};
use mri_io::{Mask, Volume};
use ndarray::Array3;
use serde::{Deserialize, Serialize};

use crate::cohorts::Use;
use crate::config::{Config, Evaluate};
use crate::interrupt;
use crate::layout::Layout;
use crate::preprocess::{Cohort, Prepared};
use crate::reconstruct;

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
    pub(crate) scan: Volume<f32>,
    pub(crate) mask: Mask,
    pub(crate) lesions: Option<Mask>,
    /// What the method expects to see; `None` for the intensity baseline.
    pub(crate) expected: Option<Array3<f32>>,
    /// Normalized anomaly scores in [0, 1].
    pub(crate) scores: Array3<f32>,
}

/// Computes a method's scores.
pub(crate) struct Scorer {
    method: Method,
    evaluate: Evaluate,
    source: Source,
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
        let mut scorer = Self { method, evaluate: config.evaluate.clone(), source, scope };
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
        interrupt::check()?;
        let (scan, mask) = subject.read()?;
        let lesions = subject.read_lesions()?;
        let (expected, map) = self.map(subject, &scan)?;
        let scores = normalize(map, self.scope)
            .and_then(|scores| self.evaluate.post_processing.scores(scores, mask.data()))
            .with_context(|| format!("{} of subject {}", self.method.label(), subject.name))?;
        Ok(Scored { scan, mask, lesions, expected, scores })
    }

    /// What the method expects to see. The intensity baseline expects nothing at all.
    pub(crate) fn expected(&self, subject: &Prepared, scan: &Volume<f32>) -> Result<Array3<f32>> {
        match &self.source {
            Source::Model { model, maps } => {
                reconstruct::reconstruction(model, maps.as_deref(), subject, scan)
            }
            Source::Mean(mean) => Ok(mean.clone()),
            Source::Intensity => Ok(Array3::zeros(scan.shape())),
        }
    }

    /// What the method expects, and the anomaly map before normalization.
    fn map(&self, subject: &Prepared, scan: &Volume<f32>) -> Result<(Option<Array3<f32>>, Array3<f32>)> {
        if let Source::Intensity = self.source {
            return Ok((None, scan.data().to_owned()));
        }
        let expected = self.expected(subject, scan)?;
        let map = anomaly_map(scan.data(), expected.view(), self.evaluate.residual)
            .with_context(|| format!("{} of subject {}", self.method.label(), subject.name))?;
        Ok((Some(expected), map))
    }

    fn validation_range(&self, cohort: &Cohort) -> Result<Range> {
        let mut range: Option<Range> = None;
        for subject in cohort.prepared(Use::Validation) {
            interrupt::check()?;
            let (_, map) = self.map(&subject, &subject.read()?.0)?;
            let of_subject = Range::of(&map)?;
            range = Some(range.map_or(of_subject, |range| range.union(of_subject)));
        }
        range.context("there are no validation scans")
    }
}

/// Mean of the healthy training scans.
fn healthy_mean(config: &Config, cohort: &Cohort) -> Result<Array3<f32>> {
    let mut mean = HealthyMean::new(config.reference.shape);
    for subject in cohort.prepared(Use::Train) {
        interrupt::check()?;
        mean.add(subject.read()?.0.data())?;
    }
    Ok(mean.mean()?)
}
