//! `memae reconstruct`: what the models make of the validation and test scans, kept as NIfTI where configured.

use std::path::{Path, PathBuf};

use anomaly_eval::{PostProcessing, ScanPair, Scoring};
use anyhow::{Context, Result};
use cli_support::interrupt;
use cli_support::progress::{Task, say};
use memae_model::{ModelKind, TrainedModel};
use mri_io::Volume;
use ndarray::Array3;

use crate::config::Config;
use crate::data::roles::Use;
use crate::run::layout::Layout;
use crate::run::stage::{Kind, Stage};
use crate::stages::preprocess::{self, Cohort, Prepared};
use crate::stages::train;

/// Writes reconstructions and residuals of the given models.
pub(crate) fn run(config: &Config, models: &[ModelKind]) -> Result<()> {
    if !config.reconstruct.keep_maps {
        say(
            "reconstruct: keep_maps = false in [reconstruct], so nothing is kept; evaluate reconstructs by itself",
        );
        return Ok(());
    }
    let cohort = preprocess::finished(config)?;
    for &model in models {
        let stage = stage(config, &cohort, model)?;
        let folder = Layout::new(config).maps(model);
        if stage.is_done() {
            say(format!("reconstruct {model}: up to date"));
            continue;
        }
        let trained = load(config, &cohort, model)?;
        let subjects = [cohort.prepared(Use::Validation), cohort.prepared(Use::Test)].concat();
        let task = Task::new(format!("reconstruct {model}"), subjects.len());
        let mut outputs = Vec::new();
        stage.begin()?;
        for subject in &subjects {
            interrupt::check()?;
            let files = ["recon", "residual"].map(|kind| map_file(&folder, subject, kind));
            outputs.extend(files.clone());
            if files.iter().all(|file| file.exists()) {
                continue;
            }
            let (scan, brain) = subject.read()?;
            let expected = predict(&trained, &scan)?;
            let pair = ScanPair {
                scan: scan.data(),
                expected: Some(expected.view()),
                brain: brain.data(),
                spacing: scan.affine().spacing(),
            };
            let residual = plain(config).residual(&pair)?;
            for (file, values) in files.iter().zip([expected, residual]) {
                mri_io::write(file, &Volume::new(values, *scan.affine())?)?;
            }
            task.step(&subject.name);
        }
        drop(task);
        stage.finish(&outputs)?;
        say(format!("reconstruct {model}: {} subjects in {}", subjects.len(), folder.display()));
    }
    Ok(())
}

/// The folder of a model's kept maps, if they are up to date.
pub(crate) fn kept(config: &Config, cohort: &Cohort, model: ModelKind) -> Result<Option<PathBuf>> {
    Ok(stage(config, cohort, model)?.is_done().then(|| Layout::new(config).maps(model)))
}

/// A subject's reconstruction: the kept one, or a new one.
pub(crate) fn reconstruction(
    model: &TrainedModel,
    maps: Option<&Path>,
    subject: &Prepared,
    scan: &Volume<f32>,
) -> Result<Array3<f32>> {
    match maps {
        Some(folder) => Ok(mri_io::read(map_file(folder, subject, "recon"))?.into_data()),
        None => predict(model, scan),
    }
}

/// The model's reconstruction of a preprocessed scan, clipped to the scan's own range ([0, 1] after min-max). The last
/// layer is linear, and SSIM hardly minds how far off a pixel of the flat background is: one such pixel would otherwise be
/// the largest residual, by which the whole map is normalized. An interrupt ends it between batches of slices.
pub(crate) fn predict(model: &TrainedModel, scan: &Volume<f32>) -> Result<Array3<f32>> {
    let mut values = model.reconstruct_interruptible(scan.as_slice(), scan.shape(), interrupt::check)?;
    let low = scan.as_slice().iter().copied().fold(f32::INFINITY, f32::min);
    let high = scan.as_slice().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in &mut values {
        *value = value.clamp(low, high);
    }
    Array3::from_shape_vec(scan.shape(), values).context("a reconstruction has the shape of its scan")
}

fn load(config: &Config, cohort: &Cohort, model: ModelKind) -> Result<TrainedModel> {
    train::ensure_done(config, cohort, model)?;
    Ok(TrainedModel::load(Layout::new(config).model(model), config.run.device)?)
}

fn stage(config: &Config, cohort: &Cohort, model: ModelKind) -> Result<Stage> {
    let trained = train::stage(config, cohort, model)?;
    let inputs = (trained.key(), plain(config));
    Stage::new(Kind::Reconstruct, Layout::new(config).maps(model), &inputs)
}

/// The residuals that are kept: without post-processing.
fn plain(config: &Config) -> Scoring {
    let mut scoring = config.evaluate.scoring();
    scoring.post_processing = PostProcessing::NONE;
    scoring
}

fn map_file(folder: &Path, subject: &Prepared, kind: &str) -> PathBuf {
    folder.join(format!("{}_{kind}.nii.gz", subject.id()))
}
