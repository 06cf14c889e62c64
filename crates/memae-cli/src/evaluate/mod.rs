//! `memae evaluate`: every method's scores against the truth.

mod counts;

use std::path::PathBuf;

use anomaly_eval::{
    Evaluation, MethodResults, MethodSummary, Metrics, OperatingPoint, Scope, SubjectMetrics, compare,
    write_subjects_csv,
};
use anyhow::Result;
use memae_model::ModelKind;
use serde::{Deserialize, Serialize};

use crate::cohorts::Use;
use crate::config::Config;
use crate::layout::Layout;
use crate::preprocess::{self, Cohort};
use crate::progress::say;
use crate::scoring::Method;
use crate::stage::Stage;
use crate::{decisions, files, interrupt};
use counts::Counts;

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
    let layout = Layout::new(config);
    let stage = stage(config, &cohort)?;
    if stage.is_done() {
        say(format!("evaluate: up to date in {}", layout.eval().display()));
        return Ok(());
    }
    let methods = Method::all(config);
    let mut counted = Vec::new();
    for &method in &methods {
        counted.push((method, counts::count(config, &cohort, method)?));
    }
    let calibrated = calibrated(config, &cohort, &counted)?;
    let mut evaluated = Vec::new();
    for (method, counts) in &counted {
        interrupt::check()?;
        evaluated.push(measure(config, &cohort, *method, counts, &calibrated)?);
    }
    let outputs = write(config, &cohort, &layout, evaluated)?;
    stage.finish(&outputs)?;
    say(format!("evaluate: {} methods in {}", methods.len(), layout.eval().display()));
    Ok(())
}

/// The evaluation as a stage.
pub(crate) fn stage(config: &Config, cohort: &Cohort) -> Result<Stage> {
    let keys = Method::all(config)
        .into_iter()
        .map(|method| Ok(counts::stage(config, cohort, method)?.key().to_owned()))
        .collect::<Result<Vec<_>>>()?;
    let inputs = (keys, &config.evaluate, &config.run.name, decisions::in_force(config));
    Stage::new("evaluate", Layout::new(config).eval(), &inputs)
}

/// Operating points of the `calibrated` protocol; none without the method that it is calibrated by.
fn calibrated(config: &Config, cohort: &Cohort, counted: &[(Method, Counts)]) -> Result<Vec<OperatingPoint>> {
    let Some((_, counts)) = counted.iter().find(|(method, _)| *method == CALIBRATED_BY) else {
        say(
            "evaluate: no `ae` in [run] models, so the `calibrated` protocol has no reference and is left out",
        );
        return Ok(Vec::new());
    };
    Ok(config.evaluate.protocols.calibrated(&counts.pooled(&cohort.prepared(Use::Test))?)?)
}

/// Measures one method at the operating points of all protocols.
fn measure(
    config: &Config,
    cohort: &Cohort,
    method: Method,
    counts: &Counts,
    calibrated: &[OperatingPoint],
) -> Result<Evaluated> {
    let protocols = &config.evaluate.protocols;
    let test = cohort.prepared(Use::Test);
    let validation = counts.pooled(&cohort.prepared(Use::Validation))?;
    let pooled = counts.pooled(&test)?;
    let points = [protocols.paper(), protocols.matched(&validation)?, calibrated.to_vec()].concat();
    let subjects = test
        .iter()
        .map(|subject| {
            Ok(SubjectMetrics {
                subject: subject.name.clone(),
                method: method.id().to_owned(),
                metrics: Metrics::measure(&counts.of(subject)?, &points)?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let results = MethodResults {
        id: method.id(),
        label: method.label(),
        baseline: method.is_baseline(),
        points: &points,
        validation: &validation,
        pooled: &pooled,
        subjects: &subjects,
    };
    let summary = MethodSummary::new(&results, &config.evaluate.bootstrap)?;
    Ok(Evaluated { scope: counts.scope, summary, subjects })
}

/// Writes each method's files and those of all methods together.
fn write(
    config: &Config,
    cohort: &Cohort,
    layout: &Layout,
    evaluated: Vec<Evaluated>,
) -> Result<Vec<PathBuf>> {
    let mut outputs = Vec::new();
    for method in &evaluated {
        let folder = layout.eval().join(&method.summary.id);
        let (json, csv) = (folder.join("method.json"), folder.join("subjects.csv"));
        files::write_json(&json, method)?;
        files::write(&csv, &subjects_csv(&method.subjects)?)?;
        outputs.extend([json, csv]);
    }
    let of_methods: Vec<_> = evaluated.iter().map(|e| (e.summary.id.as_str(), &e.subjects[..])).collect();
    let comparisons = compare(&of_methods);
    let (methods, subjects): (Vec<_>, Vec<_>) =
        evaluated.into_iter().map(|e| (e.summary, e.subjects)).unzip();
    let evaluation = Evaluation {
        cohort: decisions::cohort_name(config),
        synthetic: config.data.is_synthetic(),
        validation_subjects: cohort.prepared(Use::Validation).len(),
        test_subjects: cohort.prepared(Use::Test).len(),
        protocols: config.evaluate.protocols,
        bootstrap: config.evaluate.bootstrap,
        decisions: decisions::in_force(config),
        methods,
        comparisons,
    };
    files::write_json(&layout.metrics(), &evaluation)?;
    let csv = layout.eval().join("subjects.csv");
    files::write(&csv, &subjects_csv(&subjects.concat())?)?;
    outputs.extend([layout.metrics(), csv]);
    Ok(outputs)
}

fn subjects_csv(subjects: &[SubjectMetrics]) -> Result<Vec<u8>> {
    let mut table = Vec::new();
    write_subjects_csv(subjects, &mut table)?;
    Ok(table)
}
