//! `memae evaluate`: every method's scores against the truth.

mod counts;
mod passes;
mod sensitivity;

use std::path::PathBuf;
use std::sync::OnceLock;

use anomaly_eval::{
    Evaluation, HealthyScan, METRICS_SCHEMA, MethodResults, MethodSummary, OperatingPoint, Scope,
    Sensitivity, SubjectCurves, SubjectMetrics, brightest_structure, compare, write_subjects_csv,
};
use anyhow::Result;
use cli_support::progress::say;
use cli_support::{files, interrupt};
use memae_model::ModelKind;
use ndarray::Array3;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::data::roles::Use;
use crate::run::cohort::Cohort;
use crate::run::context::{Run, once};
use crate::run::layout::Layout;
use crate::run::part::Shard;
use crate::run::stage::{Kind, Stage};
use crate::stages::decisions;
use crate::stages::preprocess;
use crate::stages::scoring::{Method, Scorers};
use counts::Counts;
use sensitivity::Trials;

/// The method by which the `calibrated` protocol chooses its thresholds.
const CALIBRATED_BY: Method = Method::Model(ModelKind::Ae);

/// The measures of each subject, of a method and of all.
const SUBJECTS: &str = "subjects.csv";

/// What is kept of a method's evaluation, in `eval/<method>/method.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Evaluated {
    /// How its maps are brought to [0, 1].
    scope: Scope,
    summary: MethodSummary,
    subjects: Vec<SubjectMetrics>,
}

/// Where it lies.
fn method_file(layout: &Layout, id: &str) -> PathBuf {
    layout.method(id).join("method.json")
}

/// The measures of all test subjects under all methods, as an earlier evaluation found them.
pub(crate) fn subjects(scorers: &Scorers<'_>) -> Result<Vec<SubjectMetrics>> {
    let file = |method: Method| method_file(&scorers.run.layout, method.id());
    let of_method = |method| Ok(files::read_json::<Evaluated>(&file(method))?.subjects);
    Ok(scorers.methods().map(of_method).collect::<Result<Vec<_>>>()?.concat())
}

/// Does the stage, or finds that it is done.
pub(crate) fn run(scorers: &Scorers<'_>) -> Result<()> {
    let run = scorers.run;
    let stage = stage(run)?;
    let folder = stage.folder().display();
    if stage.is_done() {
        say(format!("evaluate: up to date in {folder}"));
        return Ok(());
    }
    let fluid = OnceLock::new();
    let fluid = || once(&fluid, || healthy_fluid(scorers)).cloned();
    let (mut counted, mut sensitivity) = (Vec::new(), Vec::new());
    for method in scorers.methods() {
        let (counts, trials) = passes::measure(scorers, method, fluid)?;
        counted.push((method, counts));
        sensitivity.extend(trials);
    }
    let cohort = preprocess::finished(run)?;
    let calibrated = calibrated(&run.config, cohort, &counted)?;
    let mut evaluated = Vec::new();
    for (method, counts) in &counted {
        interrupt::check()?;
        evaluated.push(measure(&run.config, cohort, *method, counts, &calibrated)?);
    }
    let outputs = write(run, cohort, evaluated, sensitivity)?;
    stage.finish(&outputs)?;
    say(format!("evaluate: {} methods in {folder}", counted.len()));
    Ok(())
}

/// Measures one method as far as it can be without the others, or its scores of a shard of the scans. [`run`] then finds that
/// done.
pub(crate) fn part(scorers: &Scorers<'_>, method: Method, shard: Option<Shard>) -> Result<()> {
    let fluid = || healthy_fluid(scorers);
    let id = method.id();
    if let Some(shard) = shard {
        passes::measure_shard(scorers, method, shard, fluid)?;
        say(format!("evaluate {id} {shard}: done"));
    } else {
        passes::measure(scorers, method, fluid)?;
        say(format!("evaluate {id}: done"));
    }
    Ok(())
}

/// Whether there is nothing left to do for [`part`] of a method.
pub(crate) fn is_measured(run: &Run, method: Method) -> Result<bool> {
    Ok(Counts::new(run, method)?.is_done() && Trials::new(run, method)?.is_done())
}

/// Where healthy brains have fluid, on the reference grid: the brightest structure of the mean of the training scans.
fn healthy_fluid(scorers: &Scorers<'_>) -> Result<Array3<bool>> {
    let brain = mri_io::nifti::read_mask(scorers.run.layout.reference_mask())?;
    Ok(brightest_structure(scorers.mean()?.view(), brain.data())?)
}

/// The evaluation as a stage.
pub(crate) fn stage(run: &Run) -> Result<Stage> {
    let Run { config, layout, .. } = run;
    let keys = Method::all(config)
        .into_iter()
        .map(|method| Ok(counts::stage(run, method)?.key().to_owned()))
        .collect::<Result<Vec<_>>>()?;
    // What was decided counts, not the sentences that say why.
    let decided: Vec<String> = decisions::in_force(run).into_iter().map(|decision| decision.value).collect();
    let inputs = (keys, &config.evaluate, &config.run.name, decided);
    Stage::new(Kind::Evaluate, layout.eval(), &inputs)
}

/// Operating points of the `calibrated` protocol; none without the method that it is calibrated by.
fn calibrated(
    config: &Config,
    cohort: &Cohort,
    counted: &[(Method, Counts<'_>)],
) -> Result<Vec<OperatingPoint>> {
    let Some((_, counts)) = counted.iter().find(|(method, _)| *method == CALIBRATED_BY) else {
        say(
            "evaluate: no `ae` in [run] models, so the `calibrated` protocol has no reference and is left out",
        );
        return Ok(Vec::new());
    };
    Ok(config.evaluate.protocols.calibrated(&counts.pooled(cohort.prepared(Use::Test))?)?)
}

/// Measures one method at the operating points of all protocols.
fn measure(
    config: &Config,
    cohort: &Cohort,
    method: Method,
    counts: &Counts<'_>,
    calibrated: &[OperatingPoint],
) -> Result<Evaluated> {
    let protocols = &config.evaluate.protocols;
    let test = cohort.prepared(Use::Test);
    let validation = counts.pooled(cohort.prepared(Use::Validation))?;
    let pooled = counts.pooled(test)?;
    let points = [
        protocols.paper(),
        protocols.matched(&validation)?,
        calibrated.to_vec(),
        protocols.fixed_rate(&validation)?,
    ]
    .concat();
    let healthy = cohort
        .prepared(Use::Validation)
        .iter()
        .map(|scan| {
            let scores = counts.of(scan)?;
            Ok(HealthyScan::measure(&scan.name, &scores, &validation, &points, protocols)?)
        })
        .collect::<Result<Vec<_>>>()?;
    let mut curves = SubjectCurves::new(&pooled);
    let subjects = test
        .iter()
        .map(|subject| {
            let (scores, lesions) = (counts.of(subject)?, counts.lesions(subject)?);
            curves.add(&scores);
            let copying = counts.copying(subject)?;
            let measured = SubjectMetrics::measure(&subject.name, method.id(), &scores, lesions, &points)?;
            Ok(SubjectMetrics { copying, ..measured })
        })
        .collect::<Result<Vec<_>>>()?;
    let results = MethodResults {
        id: method.id(),
        label: method.label(),
        baseline: method.is_baseline(),
        points: &points,
        validation: &validation,
        pooled: &pooled,
        curves: &curves,
        healthy: &healthy,
        subjects: &subjects,
    };
    let summary = MethodSummary::new(&results, &config.evaluate.lesions, &config.evaluate.bootstrap)?;
    Ok(Evaluated { scope: counts.scope()?, summary, subjects })
}

/// Writes each method's files and those of all methods together.
fn write(
    run: &Run,
    cohort: &Cohort,
    evaluated: Vec<Evaluated>,
    sensitivity: Vec<Sensitivity>,
) -> Result<Vec<PathBuf>> {
    let Run { config, layout, .. } = run;
    let mut outputs = Vec::new();
    for method in &evaluated {
        let id = &method.summary.id;
        let (json, csv) = (method_file(layout, id), layout.method(id).join(SUBJECTS));
        files::write_json(&json, method)?;
        files::write(&csv, &subjects_csv(&method.subjects)?)?;
        outputs.extend([json, csv]);
    }
    let of_methods: Vec<_> = evaluated.iter().map(|e| (e.summary.id.as_str(), &e.subjects[..])).collect();
    let comparisons = compare(&of_methods, &config.evaluate.bootstrap);
    let (methods, subjects): (Vec<_>, Vec<_>) =
        evaluated.into_iter().map(|e| (e.summary, e.subjects)).unzip();
    let evaluation = Evaluation {
        cohort: decisions::cohort_name(config),
        synthetic: config.data.is_synthetic(),
        validation_subjects: cohort.prepared(Use::Validation).len(),
        test_subjects: cohort.prepared(Use::Test).len(),
        protocols: config.evaluate.protocols,
        lesions: config.evaluate.lesions,
        bootstrap: config.evaluate.bootstrap,
        decisions: decisions::in_force(run),
        methods,
        comparisons,
        sensitivity,
    };
    files::write_json(&layout.metrics(), &evaluation)?;
    let schema = layout.eval().join("metrics.schema.json");
    files::write(&schema, METRICS_SCHEMA.as_bytes())?;
    let csv = layout.eval().join(SUBJECTS);
    files::write(&csv, &subjects_csv(&subjects.concat())?)?;
    outputs.extend([layout.metrics(), schema, csv]);
    Ok(outputs)
}

fn subjects_csv(subjects: &[SubjectMetrics]) -> Result<Vec<u8>> {
    let mut table = Vec::new();
    write_subjects_csv(subjects, &mut table)?;
    Ok(table)
}
