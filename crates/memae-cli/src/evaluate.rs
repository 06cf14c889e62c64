//! `memae evaluate`: every method's scores against the truth.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anomaly_eval::{
    Binning, Evaluation, MethodResults, MethodSummary, Metrics, OperatingPoint, Scope, ScoreHistogram,
    SubjectMetrics, compare, write_subjects_csv,
};
use anyhow::{Result, ensure};
use memae_model::ModelKind;
use serde::{Deserialize, Serialize};

use crate::cohorts::Use;
use crate::config::Config;
use crate::layout::Layout;
use crate::preprocess::{self, Cohort};
use crate::progress::{Task, say};
use crate::scoring::{Method, Scorer};
use crate::stage::Stage;
use crate::{decisions, files, train, workers};

/// The method by which the `calibrated` protocol chooses its thresholds.
const CALIBRATED_BY: Method = Method::Model(ModelKind::Ae);

/// What is kept of a method's evaluation, in `eval/<method>/method.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Evaluated {
    /// How its maps are brought to [0, 1].
    pub(crate) scope: Scope,
    pub(crate) summary: MethodSummary,
    subjects: Vec<SubjectMetrics>,
}

impl Evaluated {
    /// Reads what an earlier evaluation found about a method.
    pub(crate) fn read(run: &Layout, method: Method) -> Result<Self> {
        files::read_json(&run.eval().join(method.id()).join("method.json"))
    }
}

/// Does the stage, or finds that it is done.
pub(crate) fn run(config: &Config) -> Result<()> {
    let cohort = preprocess::finished(config)?;
    memae_model::set_threads(workers::available(config));
    let layout = Layout::new(config);
    let methods = Method::all(config);
    let calibration = calibration(config, &cohort)?;
    let mut evaluated = Vec::new();
    for &method in &methods {
        let stage = stage(config, &cohort, method)?;
        if stage.is_done() {
            say(format!("evaluate {}: up to date", method.id()));
        } else {
            let outputs = evaluate(config, &cohort, &layout, method, &calibration)?;
            stage.finish(&outputs)?;
        }
        evaluated.push(Evaluated::read(&layout, method)?);
    }

    let of_methods: Vec<_> = evaluated.iter().map(|e| (e.summary.id.as_str(), &e.subjects[..])).collect();
    let evaluation = Evaluation {
        cohort: decisions::cohort_name(config),
        synthetic: config.data.is_synthetic(),
        validation_subjects: cohort.prepared(Use::Validation).len(),
        test_subjects: cohort.prepared(Use::Test).len(),
        protocols: config.evaluate.protocols,
        bootstrap: config.evaluate.bootstrap,
        decisions: decisions::in_force(config),
        comparisons: compare(&of_methods),
        methods: evaluated.iter().map(|e| e.summary.clone()).collect(),
    };
    files::write_json(&layout.metrics(), &evaluation)?;
    let subjects: Vec<_> = evaluated.into_iter().flat_map(|e| e.subjects).collect();
    let mut table = Vec::new();
    write_subjects_csv(&subjects, &mut table)?;
    files::write(&layout.eval().join("subjects.csv"), &table)?;
    say(format!("evaluate: {} methods in {}", methods.len(), layout.eval().display()));
    Ok(())
}

/// A method's evaluation as a stage.
pub(crate) fn stage(config: &Config, cohort: &Cohort, method: Method) -> Result<Stage> {
    let trained = |method| match method {
        Method::Model(model) => Ok(Some(train::stage(config, cohort, model)?.key().to_owned())),
        Method::Intensity | Method::Mean => anyhow::Ok(None),
    };
    let calibrated =
        if Method::all(config).contains(&CALIBRATED_BY) { trained(CALIBRATED_BY)? } else { None };
    let inputs = (method, trained(method)?, calibrated, &cohort.key, &config.evaluate);
    Stage::new("evaluate", Layout::new(config).eval().join(method.id()), &inputs)
}

/// Operating points of the `calibrated` protocol; none without the method that it is calibrated by.
fn calibration(config: &Config, cohort: &Cohort) -> Result<Vec<OperatingPoint>> {
    let methods = Method::all(config);
    if !methods.contains(&CALIBRATED_BY) {
        say(
            "evaluate: no `ae` in [run] models, so the `calibrated` protocol has no reference and is left out",
        );
        return Ok(Vec::new());
    }
    let all_done = methods
        .iter()
        .map(|&method| Ok(stage(config, cohort, method)?.is_done()))
        .collect::<Result<Vec<_>>>()?;
    if all_done.into_iter().all(|done| done) {
        return Ok(Vec::new());
    }
    let binning = Binning::new(&config.evaluate.protocols.paper_thresholds)?;
    let scorer = scorer(config, cohort, CALIBRATED_BY)?;
    let pooled = pooled(&scorer, cohort, Use::Test, &binning, "calibrate")?;
    Ok(config.evaluate.protocols.calibrated(&pooled)?)
}

fn scorer(config: &Config, cohort: &Cohort, method: Method) -> Result<Scorer> {
    if let Method::Model(model) = method {
        ensure!(
            train::stage(config, cohort, model)?.is_done(),
            "{model} is not trained with these settings yet: run `memae train`, or `memae run` for all stages"
        );
    }
    Scorer::new(config, cohort, method)
}

/// Evaluates one method and returns the files written.
fn evaluate(
    config: &Config,
    cohort: &Cohort,
    layout: &Layout,
    method: Method,
    calibration: &[OperatingPoint],
) -> Result<Vec<PathBuf>> {
    let protocols = &config.evaluate.protocols;
    let binning = Binning::new(&protocols.paper_thresholds)?;
    let scorer = scorer(config, cohort, method)?;
    let validation = pooled(&scorer, cohort, Use::Validation, &binning, method.id())?;
    let points = [protocols.paper(), protocols.matched(&validation)?, calibration.to_vec()].concat();

    let test = cohort.prepared(Use::Test);
    let task = Task::new(format!("evaluate {}", method.id()), test.len());
    let mut pooled = ScoreHistogram::new(binning.clone());
    let mut subjects = Vec::new();
    for subject in &test {
        let histogram = histogram(&scorer, subject, &binning)?;
        pooled.merge(&histogram)?;
        subjects.push(SubjectMetrics {
            subject: subject.name.clone(),
            method: method.id().to_owned(),
            metrics: Metrics::measure(&histogram, &points)?,
        });
        task.step(&subject.name);
    }
    let summary = MethodSummary::new(
        &MethodResults {
            id: method.id(),
            label: method.label(),
            baseline: method.is_baseline(),
            points: &points,
            validation: &validation,
            pooled: &pooled,
            subjects: &subjects,
        },
        &config.evaluate.bootstrap,
    )?;
    write(&layout.eval().join(method.id()), &Evaluated { scope: scorer.scope(), summary, subjects })
}

fn write(folder: &Path, evaluated: &Evaluated) -> Result<Vec<PathBuf>> {
    let mut table = Vec::new();
    write_subjects_csv(&evaluated.subjects, &mut table)?;
    let (json, csv) = (folder.join("method.json"), folder.join("subjects.csv"));
    files::write_json(&json, evaluated)?;
    files::write(&csv, &table)?;
    Ok(vec![json, csv])
}

/// Scores of all subjects with one use.
fn pooled(
    scorer: &Scorer,
    cohort: &Cohort,
    used_for: Use,
    binning: &Arc<Binning>,
    what: &str,
) -> Result<ScoreHistogram> {
    let subjects = cohort.prepared(used_for);
    let task = Task::new(format!("{what}, {}", used_for.id()), subjects.len());
    let mut pooled = ScoreHistogram::new(binning.clone());
    for subject in &subjects {
        pooled.merge(&histogram(scorer, subject, binning)?)?;
        task.step(&subject.name);
    }
    Ok(pooled)
}

fn histogram(
    scorer: &Scorer,
    subject: &preprocess::Prepared,
    binning: &Arc<Binning>,
) -> Result<ScoreHistogram> {
    let scored = scorer.score(subject)?;
    let scores = scored.scores.as_standard_layout();
    let lesions = scored.lesions.as_ref().map(mri_io::Volume::as_slice);
    let mut histogram = ScoreHistogram::new(binning.clone());
    histogram.add(scores.as_slice().expect("in standard layout"), lesions, scored.mask.as_slice())?;
    Ok(histogram)
}
