//! The HTML page: one file that needs nothing else.

use anomaly_eval::{Evaluation, Protocol, VoxelSet};
use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cli_support::files;
use memae_model::{Assessment, Doubt, ModelFile, read_history};
use memae_report::{Figure, Table, tables};
use minijinja::value::Serde;
use serde::Serialize;

use super::viewer::Viewer;
use crate::config::Config;
use crate::run::context::Run;
use crate::run::layout::Layout;
use crate::run::provenance::{self, Provenance};
use crate::stages::train;
use crate::viewer::{self, Part};

/// The parts that the page is made of: markup, style and script of its own, and those of every viewer.
pub(super) const PARTS: [&str; 9] = [
    MARKUP,
    VIEWER_MARKUP,
    STYLE,
    SCRIPT,
    viewer::STYLE,
    viewer::SCRIPT,
    viewer::MARKUP[0].1,
    viewer::MARKUP[1].1,
    viewer::MARKUP[2].1,
];
const MARKUP: &str = include_str!("../../../templates/report.html");
const VIEWER_MARKUP: &str = include_str!("../../../templates/report/viewer.html");
const STYLE: &str = include_str!("../../../templates/report/viewer.css");
const SCRIPT: &str = concat!(
    include_str!("../../../templates/report/outcomes.js"),
    include_str!("../../../templates/report/measures.js"),
    include_str!("../../../templates/report/selection.js"),
    include_str!("../../../templates/report/show.js"),
    include_str!("../../../templates/report/controls.js"),
    include_str!("../../../templates/report/start.js"),
);

/// The figures of the page.
pub(super) struct Figures<'a> {
    /// `None` if no test subject has a lesion.
    pub(super) figure1: Option<&'a Figure>,
    /// Over all voxels and over brain voxels, as the next ones.
    pub(super) curves: &'a [Figure; 2],
    pub(super) subjects: &'a [Figure; 2],
    pub(super) calibration: &'a Figure,
}

/// What the template shows.
#[derive(Serialize)]
struct Page<'a> {
    name: &'a str,
    evaluation: &'a Evaluation,
    finding: String,
    warnings: Vec<String>,
    headline: Table,
    table1: Table,
    others: Vec<Table>,
    detection: Vec<Table>,
    rates: [Table; 2],
    ranking: [Table; 2],
    subject_detection: Table,
    copying: Table,
    lesions: Vec<Table>,
    comparisons: [Table; 2],
    sensitivity: Vec<Table>,
    figure1: Option<String>,
    curves: [String; 2],
    subjects: [String; 2],
    calibration: String,
    training: Vec<Training>,
    environment: provenance::Environment,
    configuration: String,
    style: String,
    script: String,
    viewer: Option<ViewerPart>,
}

/// The viewer.
#[derive(Serialize)]
struct ViewerPart {
    #[serde(flatten)]
    part: Part,
    /// How the subjects were chosen.
    choice: String,
    /// Every how many-th voxel is in the page.
    stride: usize,
}

impl ViewerPart {
    fn new(mut viewer: Viewer<'_>) -> Result<Self> {
        let volumes = std::mem::take(&mut viewer.volumes);
        Ok(Self { part: Part::new(&viewer, volumes)?, choice: viewer.choice, stride: viewer.stride })
    }
}

/// How a model's training went.
#[derive(Serialize)]
struct Training {
    model: String,
    epochs: usize,
    best_epoch: usize,
    validation: String,
    background: String,
    memory: Option<String>,
    /// What its items stand for, as a picture.
    memory_picture: Option<String>,
    minutes: String,
}

/// Renders the page.
pub(super) fn render(
    Run { config, layout, .. }: &Run,
    evaluation: &Evaluation,
    figures: &Figures<'_>,
    viewer: Option<Viewer<'_>>,
) -> Result<String> {
    let mut templates = viewer::templates()?;
    templates.add_template("report.html", MARKUP)?;
    templates.add_template("viewer.html", VIEWER_MARKUP)?;
    let table1 = |(protocol, voxels)| tables::table1(evaluation, protocol, voxels);
    let detection = |(protocol, voxels)| tables::detection(evaluation, protocol, voxels);
    let page = Page {
        name: &config.run.name,
        evaluation,
        finding: tables::finding(evaluation),
        warnings: warnings(config, layout)?,
        headline: tables::headline(evaluation),
        table1: tables::table1(evaluation, Protocol::Matched, VoxelSet::All),
        others: super::protocols(evaluation).skip(1).map(table1).collect(),
        detection: super::protocols(evaluation).map(detection).collect(),
        rates: VoxelSet::ALL.map(|voxels| tables::fixed_rates(evaluation, voxels)),
        ranking: VoxelSet::ALL.map(|voxels| tables::ranking(evaluation, voxels)),
        subject_detection: tables::subject_detection(evaluation),
        copying: tables::copying(evaluation),
        lesions: lesion_tables(evaluation),
        comparisons: VoxelSet::ALL.map(|voxels| tables::comparisons(evaluation, voxels)),
        sensitivity: sensitivity_tables(evaluation),
        figure1: figures.figure1.map(svg_url),
        curves: figures.curves.each_ref().map(svg_url),
        subjects: figures.subjects.each_ref().map(svg_url),
        calibration: svg_url(figures.calibration),
        training: training(config, layout)?,
        environment: files::read_json::<Provenance>(&layout.provenance())?.environment,
        configuration: config.to_toml()?,
        style: [viewer::STYLE, STYLE].concat(),
        script: [viewer::SCRIPT, SCRIPT].concat(),
        viewer: viewer.map(ViewerPart::new).transpose()?,
    };
    Ok(templates.get_template("report.html")?.render(Serde(&page))?)
}

/// Brain voxels first: in them, lesions are what is looked for.
pub(super) fn lesion_tables(evaluation: &Evaluation) -> Vec<Table> {
    [VoxelSet::Brain, VoxelSet::All]
        .into_iter()
        .flat_map(|voxels| {
            [tables::lesions(evaluation, Protocol::Matched, voxels), tables::froc(evaluation, voxels)]
        })
        .collect()
}

/// Over brain voxels, then over all voxels; none if the run did not measure it.
pub(super) fn sensitivity_tables(evaluation: &Evaluation) -> Vec<Table> {
    [VoxelSet::Brain, VoxelSet::All]
        .into_iter()
        .filter_map(|voxels| tables::sensitivity(evaluation, voxels))
        .collect()
}

/// What has to be known of the models before their figures are believed: what speaks against them by healthy scans alone.
fn warnings(config: &Config, layout: &Layout) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for &model in &config.run.models {
        let Some(assessment) = Assessment::read(layout.model(model))? else { continue };
        let warning = |doubt: Doubt| format!("{}: {doubt}; {}", model.label(), doubt.advice());
        warnings.extend(assessment.doubts().into_iter().map(warning));
    }
    Ok(warnings)
}

fn svg_url(figure: &Figure) -> String {
    data_url("image/svg+xml", figure.to_svg().as_bytes())
}

fn data_url(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", BASE64_STANDARD.encode(bytes))
}

fn training(config: &Config, layout: &Layout) -> Result<Vec<Training>> {
    let models = config.run.models.iter();
    models
        .map(|&model| {
            let records = read_history(ModelFile::Metrics.path(layout.model(model)))?;
            let best = records.iter().rfind(|record| record.best);
            let seconds: f64 =
                records.iter().map(|record| record.train_seconds + record.validation_seconds).sum();
            Ok(Training {
                model: model.title().to_owned(),
                epochs: records.len(),
                best_epoch: best.map_or(0, |record| record.epoch),
                validation: best.map_or_else(String::new, |record| {
                    format!("{:.5} ({})", record.validation_reconstruction, model.error())
                }),
                background: best
                    .map_or_else(String::new, |record| format!("{:.0} %", 100.0 * record.background_share)),
                memory: best.and_then(|record| record.memory.as_ref()).map(train::memory_line),
                memory_picture: config
                    .model
                    .addressing(model)
                    .map(|_| fs_err::read(layout.memory_picture(model)))
                    .transpose()?
                    .map(|picture| data_url("image/png", &picture)),
                minutes: format!("{:.1}", seconds / 60.0),
            })
        })
        .collect()
}
