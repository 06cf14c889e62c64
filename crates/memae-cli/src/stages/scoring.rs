//! Anomaly scores of a preprocessed scan by each method: the models, and the two baselines that need none.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::OnceLock;

use anomaly_eval::{
    HealthyMean, PlaceCalibration, PlaceStatistics, Range, Scope, ScopeKind, Scoring, normalize,
};
use anyhow::{Context, Result};
use cli_support::interrupt;
use memae_model::{ModelKind, TrainedModel};
use mri_io::Mask;
use ndarray::Array3;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::data::roles::Use;
use crate::run::cohort::Prepared;
use crate::run::context::{Run, once};
use crate::stages::preprocess;
use crate::stages::reconstruct::{self, ReadScan};

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
            Self::Model(model) => model.label(),
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

/// The methods of a run. What one needs is made when it is first asked for, and serves all stages after that.
pub(crate) struct Scorers<'a> {
    pub(crate) run: &'a Run,
    made: Vec<(Method, OnceLock<Scorer>)>,
    mean: OnceLock<Rc<Array3<f32>>>,
}

impl<'a> Scorers<'a> {
    pub(crate) fn new(run: &'a Run) -> Self {
        let made = Method::all(&run.config).into_iter().map(|method| (method, OnceLock::new())).collect();
        Self { run, made, mean: OnceLock::new() }
    }

    /// The methods, in the order of tables.
    pub(crate) fn methods(&self) -> impl Iterator<Item = Method> {
        self.made.iter().map(|(method, _)| *method)
    }

    /// Scores by a method.
    ///
    /// # Errors
    /// As [`Scorer::new`].
    pub(crate) fn of(&self, method: Method) -> Result<&Scorer> {
        let made = self.made.iter().find(|(known, _)| *known == method);
        let (_, scorer) = made.with_context(|| format!("{} is no method of this run", method.id()))?;
        once(scorer, || Scorer::new(self, method))
    }

    /// Mean of the healthy training scans, which are read at the first call.
    pub(crate) fn mean(&self) -> Result<&Rc<Array3<f32>>> {
        once(&self.mean, || {
            let mut mean = HealthyMean::new(self.run.config.reference.shape);
            for subject in preprocess::finished(self.run)?.prepared(Use::Train) {
                interrupt::check()?;
                mean.add(subject.read()?.0.data())?;
            }
            Ok(Rc::new(mean.mean()?))
        })
    }
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
    Model { model: Box<TrainedModel>, maps: Option<PathBuf> },
    Intensity,
    Mean(Rc<Array3<f32>>),
}

impl Scorer {
    /// Loads the model, or takes the mean of the healthy training scans, and measures the validation scans where the
    /// normalization needs their range.
    fn new(scorers: &Scorers<'_>, method: Method) -> Result<Self> {
        let (run, config) = (scorers.run, &scorers.run.config);
        let source = match method {
            Method::Model(model) => Source::Model {
                model: Box::new(TrainedModel::load(run.layout.model(model), config.run.device)?),
                maps: reconstruct::kept(run, model)?,
            },
            Method::Intensity => Source::Intensity,
            Method::Mean => Source::Mean(scorers.mean()?.clone()),
        };
        let scope = match config.evaluate.scope {
            ScopeKind::Slice => Scope::Slice,
            ScopeKind::Volume | ScopeKind::Cohort => Scope::Volume,
        };
        let mut scorer = Self { method, scoring: config.evaluate.scoring(), source, place: None, scope };
        let validation = preprocess::finished(run)?.prepared(Use::Validation);
        if let Some(settings) = scorer.scoring.post_processing.place {
            let mut statistics = PlaceStatistics::new(config.reference.shape);
            for subject in validation {
                let scan = scorer.read(subject)?;
                statistics.add(scorer.scoring.residual(&scan.pair())?.view(), scan.mask.data())?;
            }
            scorer.place = Some(statistics.calibration(&settings, config.reference.spacing)?);
        }
        if config.evaluate.scope == ScopeKind::Cohort {
            scorer.scope = Scope::Cohort(scorer.range(validation)?);
        }
        Ok(scorer)
    }

    /// How maps are brought to [0, 1].
    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    /// Scores one preprocessed subject.
    pub(crate) fn score(&self, subject: &Prepared) -> Result<Scored> {
        self.score_read(subject, self.read(subject)?)
    }

    /// As [`Self::score`], for a scan that is read already.
    pub(crate) fn score_read(&self, subject: &Prepared, read: ReadScan) -> Result<Scored> {
        let lesions = subject.read_lesions()?;
        let scores = normalize(self.map(subject, &read)?, self.scope)
            .with_context(|| format!("{} of subject {}", self.method.label(), subject.name))?;
        Ok(Scored { read, lesions, scores })
    }

    /// A subject's scan, and what the method expects to see.
    pub(crate) fn read(&self, subject: &Prepared) -> Result<ReadScan> {
        interrupt::check()?;
        match &self.source {
            Source::Model { model, maps } => reconstruct::read(model, maps.as_deref(), subject),
            Source::Mean(mean) => ReadScan::new(subject, |_| Ok(Some(mean.as_ref().clone()))),
            Source::Intensity => ReadScan::new(subject, |_| Ok(None)),
        }
    }

    /// The anomaly map before normalization.
    fn map(&self, subject: &Prepared, scan: &ReadScan) -> Result<Array3<f32>> {
        self.scoring
            .map(&scan.pair(), self.place.as_ref())
            .with_context(|| format!("{} of subject {}", self.method.label(), subject.name))
    }

    /// Of all these subjects' maps together.
    fn range(&self, subjects: &[Prepared]) -> Result<Range> {
        let mut range: Option<Range> = None;
        for subject in subjects {
            let of_subject = Range::of(&self.map(subject, &self.read(subject)?)?)?;
            range = Some(range.map_or(of_subject, |range| range.union(of_subject)));
        }
        range.context("there are no validation scans")
    }
}
