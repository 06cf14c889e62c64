//! `memae detect`: one scan through a finished run's preprocessing and model, results in the scan's own space.

use std::path::Path;

use anomaly_eval::{Figure1, Figure1Column, Figure1Subject, PostProcessing, anomaly_map, normalize};
use anyhow::{Context, Result, ensure};
use memae_model::TrainedModel;
use mri_io::{Interpolation, Mask, Preprocessed, Reference, Volume, to_canonical};
use ndarray::Axis;
use serde::Serialize;

use crate::cli::Detect;
use crate::config::Config;
use crate::evaluate::Evaluated;
use crate::layout::Layout;
use crate::progress::say;
use crate::report::axial;
use crate::scoring::Method;
use crate::{files, interrupt, progress, reconstruct, report, workers};

const NOTICE: &str = "Research software: not a medical device, and no diagnosis.";
/// Axial slices in the picture.
const PICTURES: usize = 5;

/// `summary.json`.
#[derive(Serialize)]
struct Summary<'a> {
    notice: &'a str,
    scan: String,
    model: &'a str,
    run: String,
    /// The run's model has only ever seen synthetic heads.
    trained_on_synthetic_data: bool,
    threshold: f32,
    brain_ml: f64,
    detected_ml: f64,
    warnings: &'a [String],
}

/// All results on the scan's own grid.
struct Findings {
    scan: Volume<f32>,
    brain: Mask,
    /// What the model expects, in the normalized scale 0 to 1.
    reconstruction: Volume<f32>,
    /// Normalized anomaly scores, 0 to 1.
    anomaly: Volume<f32>,
    /// Scores above the threshold, in the brain.
    detection: Mask,
}

/// Runs the model on the scan and writes the results.
pub(crate) fn run(arguments: &Detect) -> Result<()> {
    let layout = Layout::at(&arguments.run);
    let config = run_config(&layout, &arguments.run)?;
    workers::limit(&config)?;
    let method = Method::Model(arguments.model);
    let evaluated = Evaluated::read(&layout, method).with_context(|| {
        format!("run {} has no evaluated model {}", arguments.run.display(), arguments.model)
    })?;
    let threshold = report::threshold(std::slice::from_ref(&evaluated.summary), method, arguments.threshold)?;
    let model = TrainedModel::load(layout.model(arguments.model), config.run.device)?;

    say(format!("detect: preprocessing {}", arguments.scan.display()));
    let scan = mri_io::read(&arguments.scan)?;
    let mask = arguments.mask.as_ref().map(mri_io::read_mask).transpose()?;
    let reference =
        Reference::new(mri_io::read(layout.reference())?, mri_io::read_mask(layout.reference_mask())?)?;
    let prepared = mri_io::preprocess(&scan, mask.as_ref(), &reference, &config.preprocess)
        .with_context(|| arguments.scan.display().to_string())?;
    interrupt::check()?;

    say(format!("detect: {} of run {}", arguments.model, config.run.name));
    let expected = reconstruct::predict(&model, &prepared.volume)?;
    let map = anomaly_map(prepared.volume.data(), expected.view(), config.evaluate.residual)?;
    let post_processing = &config.evaluate.post_processing;
    let scores = post_processing.scores(normalize(map, evaluated.scope)?, prepared.mask.data())?;
    let affine = *prepared.volume.affine();
    let (expected, scores) = (Volume::new(expected, affine)?, Volume::new(scores, affine)?);
    let findings = in_scan_space(scan, &prepared, &expected, &scores, threshold, post_processing)?;
    write(&findings, &arguments.out, &title(&config, arguments))?;
    let summary = Summary {
        notice: NOTICE,
        scan: arguments.scan.display().to_string(),
        model: arguments.model.id(),
        run: config.run.name.clone(),
        trained_on_synthetic_data: config.data.is_synthetic(),
        threshold,
        brain_ml: findings.brain.millilitres(),
        detected_ml: findings.detection.millilitres(),
        warnings: &prepared.warnings,
    };
    files::write_json(&arguments.out.join("summary.json"), &summary)?;
    progress::result(&for_people(&summary, &arguments.out))
}

/// The finished run's own configuration.
fn run_config(layout: &Layout, run: &Path) -> Result<Config> {
    ensure!(
        layout.config().is_file() && layout.reference().is_file(),
        "{} is not the folder of a finished run: `memae run` makes one in runs/<name>",
        run.display()
    );
    Config::load(Some(&layout.config()))
}

/// Brings results from the reference grid back to the scan's own.
fn in_scan_space(
    scan: Volume<f32>,
    prepared: &Preprocessed,
    reconstruction: &Volume<f32>,
    scores: &Volume<f32>,
    threshold: f32,
    post_processing: &PostProcessing,
) -> Result<Findings> {
    let grid = scan.grid();
    let to_reference = prepared.transform.inverse();
    let back = |volume| mri_io::resample(volume, &grid, to_reference, Interpolation::Linear, 0.0);
    let (reconstruction, anomaly) = (back(reconstruction)?, back(scores)?);
    let brain = prepared.native_mask.clone();
    let mut detection = anomaly.map(|&score| score > threshold);
    for (detected, &inside) in detection.as_mut_slice().iter_mut().zip(brain.as_slice()) {
        *detected &= inside;
    }
    let detection = Volume::new(post_processing.detection(detection.into_data()), grid.affine)?;
    Ok(Findings { scan, brain, reconstruction, anomaly, detection })
}

fn write(findings: &Findings, folder: &Path, title: &str) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    mri_io::write(folder.join("reconstruction.nii.gz"), &findings.reconstruction)?;
    mri_io::write(folder.join("anomaly.nii.gz"), &findings.anomaly)?;
    mri_io::write(folder.join("detection.nii.gz"), &findings.detection)?;
    mri_io::write(folder.join("brain.nii.gz"), &findings.brain)?;
    files::write(&folder.join("overview.png"), &picture(findings, title)?.draw()?.to_png()?)
}

fn title(config: &Config, arguments: &Detect) -> String {
    let trained = if config.data.is_synthetic() { ", trained on synthetic heads" } else { "" };
    format!("{}{trained}: for research, no diagnosis", arguments.model)
}

/// Axial slices evenly through the brain: scan, reconstruction, anomaly map, detection.
fn picture(findings: &Findings, title: &str) -> Result<Figure1> {
    let scan = to_canonical(&findings.scan);
    let brain = to_canonical(&findings.brain);
    let reconstruction = to_canonical(&findings.reconstruction);
    let anomaly = to_canonical(&findings.anomaly);
    let detection = to_canonical(&findings.detection);
    let brightest = brightest(&scan, &brain);
    let subjects = slices(&brain)?
        .into_iter()
        .map(|k| Figure1Subject {
            label: format!("z = {k}"),
            input: axial(scan.data(), k).mapv(|value| (value / brightest).clamp(0.0, 1.0)),
            truth: None,
            columns: vec![Figure1Column {
                label: String::new(),
                reconstruction: Some(axial(reconstruction.data(), k)),
                anomaly: axial(anomaly.data(), k),
                detection: axial(detection.data(), k),
            }],
        })
        .collect();
    let [di, dj, _] = scan.affine().spacing();
    Ok(Figure1 { title: title.to_owned(), spacing: [di, dj], subjects })
}

/// Slices at the middles of equal parts of the brain, from top to bottom.
fn slices(brain: &Mask) -> Result<Vec<usize>> {
    let inside: Vec<usize> = brain
        .data()
        .axis_iter(Axis(2))
        .enumerate()
        .filter(|(_, slice)| slice.iter().any(|&inside| inside))
        .map(|(k, _)| k)
        .collect();
    ensure!(!inside.is_empty(), "no brain was found in the scan");
    let count = PICTURES.min(inside.len());
    Ok((0..count).rev().map(|i| inside[(2 * i + 1) * inside.len() / (2 * count)]).collect())
}

/// The brain's 99.5th percentile, which the picture shows white.
fn brightest(scan: &Volume<f32>, brain: &Mask) -> f32 {
    let pairs = scan.as_slice().iter().zip(brain.as_slice());
    let mut values: Vec<f32> = pairs.filter(|(_, inside)| **inside).map(|(value, _)| *value).collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len().saturating_sub(1) * 995 / 1000).copied().unwrap_or(1.0).max(f32::MIN_POSITIVE)
}

fn for_people(summary: &Summary<'_>, folder: &Path) -> String {
    let mut text = format!(
        "{:.1} ml of {:.0} ml of brain are above the threshold {:.3} of {}.\n",
        summary.detected_ml, summary.brain_ml, summary.threshold, summary.model
    );
    for warning in summary.warnings {
        text += &format!("Look at the result: {warning}.\n");
    }
    if summary.trained_on_synthetic_data {
        text += "The model has only ever seen synthetic heads: on a real scan its map means little.\n";
    }
    text + &format!("Results: {}, picture in overview.png.\n{NOTICE}\n", folder.display())
}
