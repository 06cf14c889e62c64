//! Which test subjects the viewer shows: from hard to easy, by a rule that leaves nothing to choose.

use anomaly_eval::{Protocol, SubjectMetrics, VoxelSet};
use anyhow::{Context, Result};
use memae_model::ModelKind;
use serde::Serialize;

use crate::config::Config;
use crate::run::cohort::Prepared;
use crate::stages::report::figure::spread;
use crate::stages::scoring::Method;

pub(super) struct Choice<'a> {
    /// The rule in words.
    pub(super) text: String,
    pub(super) subjects: Vec<&'a Prepared>,
    /// The model by whose Dice they are ranked, and which is shown first.
    pub(super) judge: ModelKind,
}

/// The place of a subject among all test subjects under one method, best first.
#[derive(Debug, Serialize)]
pub(super) struct Rank {
    /// From 1; last where the Dice is undefined.
    place: usize,
    /// In words.
    text: String,
}

/// Subjects evenly spread over the order of the proposed model's Dice (brain voxels, threshold 1 of the `matched`
/// protocol).
pub(super) fn choose<'a>(
    config: &Config,
    test: &'a [Prepared],
    metrics: &[SubjectMetrics],
) -> Result<Choice<'a>> {
    let judge = judge(config)?;
    let ranked = ranking(metrics, Method::Model(judge));
    let of_rank = |at: usize| {
        let (_, name) = ranked[at];
        let prepared = test.iter().find(|prepared| prepared.name == name);
        prepared.with_context(|| format!("{name} is no test subject of this run"))
    };
    let subjects = spread(ranked.len(), config.report.viewer_subjects).map(of_rank).collect::<Result<_>>()?;
    let text = format!(
        "spread evenly over the ranking of the test subjects by the Dice of {} (brain voxels, threshold 1); nobody picked them",
        judge.label()
    );
    Ok(Choice { text, subjects, judge })
}

/// The place of a subject under a method.
pub(super) fn rank(metrics: &[SubjectMetrics], method: Method, subject: &str) -> Rank {
    let ranked = ranking(metrics, method);
    match ranked.iter().position(|(_, name)| *name == subject) {
        Some(at) => {
            let place = ranked.len() - at;
            Rank { place, text: format!("Dice {:.2}, rank {place} of {}", ranked[at].0, ranked.len()) }
        }
        None => Rank { place: ranked.len() + 1, text: "no Dice".to_owned() },
    }
}

/// Dice and name of all subjects on which a method's Dice is defined, ascending.
fn ranking(metrics: &[SubjectMetrics], method: Method) -> Vec<(f64, &str)> {
    let mut ranked: Vec<(f64, &str)> = metrics
        .iter()
        .filter(|subject| subject.method == method.id())
        .filter_map(|subject| Some((dice(subject)?, subject.subject.as_str())))
        .collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    ranked
}

/// The paper's proposed model, or the last one of a run without it.
fn judge(config: &Config) -> Result<ModelKind> {
    let models = &config.run.models;
    let proposed = models.iter().find(|model| **model == ModelKind::PROPOSED);
    proposed.or(models.last()).copied().context("a run has models")
}

fn dice(subject: &SubjectMetrics) -> Option<f64> {
    subject.metrics.at(Protocol::Matched, VoxelSet::Brain, 1)?.rates.dice
}
