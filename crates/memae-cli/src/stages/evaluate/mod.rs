//! `memae evaluate`: every method's scores against the truth.

mod counts;
mod sensitivity;

use std::cell::OnceCell;
use std::path::PathBuf;

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
use crate::run::layout::Layout;
use crate::run::stage::{Kind, Stage};
use crate::stages::decisions;
use crate::stages::preprocess::{self, Cohort};
use crate::stages::scoring::{Method, healthy_mean};
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

/// The measures of all test subjects under all methods, as an earlier evaluation found them.
pub(crate) fn subjects(config: &Config) -> Result<Vec<SubjectMetrics>> {
    let layout = Layout::new(config);
    let of_method = |method| Ok(Evaluated::read(&layout, method)?.subjects);
    Ok(Method::all(config).into_iter().map(of_method).collect::<Result<Vec<_>>>()?.concat())
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
    let known = OnceCell::new();
    let fluid = || match known.get() {
        Some(fluid) => Ok(Array3::clone(fluid)),
        None => healthy_fluid(config, &cohort, &layout).map(|fluid| known.get_or_init(|| fluid).clone()),
    };
    let mut counted = Vec::new();
    for &method in &methods {
        counted.push((method, counts::count(config, &cohort, method, fluid)?));
    }
    let calibrated = calibrated(config, &cohort, &counted)?;
    let mut evaluated = Vec::new();
    for (method, counts) in &counted {
        interrupt::check()?;
        evaluated.push(measure(config, &cohort, *method, counts, &calibrated)?);
    }
    let mut sensitivity = Vec::new();
    for &method in &methods {
        sensitivity.extend(sensitivity::measure(config, &cohort, method)?);
    }
    let outputs = write(config, &cohort, &layout, evaluated, sensitivity)?;
    stage.finish(&outputs)?;
    say(format!("evaluate: {} methods in {}", methods.len(), layout.eval().display()));
    Ok(())
}

/// Where healthy brains have fluid, on the reference grid: the brightest structure of the mean of the training scans.
fn healthy_fluid(config: &Config, cohort: &Cohort, layout: &Layout) -> Result<Array3<bool>> {
    let brain = mri_io::nifti::read_mask(layout.reference_mask())?;
    Ok(brightest_structure(healthy_mean(config, cohort)?.view(), brain.data())?)
}

/// The evaluation as a stage.
pub(crate) fn stage(config: &Config, cohort: &Cohort) -> Result<Stage> {
    let keys = Method::all(config)
        .into_iter()
        .map(|method| Ok(counts::stage(config, cohort, method)?.key().to_owned()))
        .collect::<Result<Vec<_>>>()?;
    // What was decided counts, not the sentences that say why.
    let decided: Vec<String> =
        decisions::in_force(config).into_iter().map(|decision| decision.value).collect();
    let inputs = (keys, &config.evaluate, &config.run.name, decided);
    Stage::new(Kind::Evaluate, Layout::new(config).eval(), &inputs)
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
    Ok(Evaluated { scope: counts.scope, summary, subjects })
}

/// Writes each method's files and those of all methods together.
fn write(
    config: &Config,
    cohort: &Cohort,
    layout: &Layout,
    evaluated: Vec<Evaluated>,
    sensitivity: Vec<Sensitivity>,
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
        decisions: decisions::in_force(config),
        methods,
        comparisons,
        sensitivity,
    };
    files::write_json(&layout.metrics(), &evaluation)?;
    let schema = layout.eval().join("metrics.schema.json");
    files::write(&schema, METRICS_SCHEMA.as_bytes())?;
    let csv = layout.eval().join("subjects.csv");
    files::write(&csv, &subjects_csv(&subjects.concat())?)?;
    outputs.extend([layout.metrics(), schema, csv]);
    Ok(outputs)
}

fn subjects_csv(subjects: &[SubjectMetrics]) -> Result<Vec<u8>> {
    let mut table = Vec::new();
    write_subjects_csv(subjects, &mut table)?;
    Ok(table)
}
