//! `memae reconstruct`: what the models make of the validation and test scans, kept as NIfTI where configured.

use std::path::{Path, PathBuf};

use anomaly_eval::{PostProcessing, ScanPair, Scoring};
use anyhow::{Context, Result};
use cli_support::interrupt;
use cli_support::progress::{Task, say};
use memae_model::{ModelKind, TrainedModel};
use mri_io::{Mask, Volume};
use ndarray::Array3;

use crate::config::Config;
use crate::run::cohort::Prepared;
use crate::run::context::Run;
use crate::run::stage::{Kind, Stage};
use crate::stages::preprocess;
use crate::stages::train;

/// Writes reconstructions and residuals of the given models.
pub(crate) fn run(run: &Run, models: &[ModelKind]) -> Result<()> {
    let config = &run.config;
    if !config.reconstruct.keep_maps {
        say(
            "reconstruct: keep_maps = false in [reconstruct], so nothing is kept; evaluate reconstructs by itself",
        );
        return Ok(());
    }
    let subjects = preprocess::finished(run)?.held_out();
    for &model in models {
        let stage = stage(run, model)?;
        let folder = stage.folder();
        if stage.is_done() {
            say(format!("reconstruct {model}: up to date"));
            continue;
        }
        train::finished(run, model)?;
        let trained = TrainedModel::load(run.layout.model(model), config.run.device)?;
        let task = Task::new(format!("reconstruct {model}"), subjects.len());
        let mut outputs = Vec::new();
        stage.begin()?;
        for subject in subjects {
            interrupt::check()?;
            let files = ["recon", "residual"].map(|kind| map_file(folder, subject, kind));
            outputs.extend(files.clone());
            if files.iter().all(|file| file.exists()) {
                continue;
            }
            let read = read(&trained, None, subject)?;
            let residual = plain(config).residual(&read.pair())?;
            for (file, values) in files.iter().zip(read.expected.into_iter().chain([residual])) {
                mri_io::write(file, &Volume::new(values, *read.scan.affine())?)?;
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
pub(crate) fn kept(run: &Run, model: ModelKind) -> Result<Option<PathBuf>> {
    let stage = stage(run, model)?;
    Ok(stage.is_done().then(|| stage.folder().to_owned()))
}

/// A preprocessed scan, its brain, and what a method expects to see; `None` for the intensity baseline.
pub(crate) struct ReadScan {
    pub(crate) scan: Volume<f32>,
    pub(crate) mask: Mask,
    pub(crate) expected: Option<Array3<f32>>,
}

impl ReadScan {
    /// Reads a subject's files; `expect` says what is expected of the scan.
    pub(crate) fn new(
        subject: &Prepared,
        expect: impl FnOnce(&Volume<f32>) -> Result<Option<Array3<f32>>>,
    ) -> Result<Self> {
        let (scan, mask) = subject.read()?;
        Ok(Self { expected: expect(&scan)?, scan, mask })
    }

    /// As anomaly maps are made of it.
    pub(crate) fn pair(&self) -> ScanPair<'_> {
        ScanPair {
            scan: self.scan.data(),
            expected: self.expected.as_ref().map(|expected| expected.view()),
            brain: self.mask.data(),
            spacing: self.scan.affine().spacing(),
        }
    }
}

/// A subject with its reconstruction: the one kept in the folder `maps`, or a new one.
pub(crate) fn read(model: &TrainedModel, maps: Option<&Path>, subject: &Prepared) -> Result<ReadScan> {
    ReadScan::new(subject, |scan| {
        let expected = match maps {
            Some(folder) => mri_io::read(map_file(folder, subject, "recon"))?.into_data(),
            None => predict(model, scan)?,
        };
        Ok(Some(expected))
    })
}

/// The model's reconstruction of a preprocessed scan. An interrupt ends it between batches of slices.
pub(crate) fn predict(model: &TrainedModel, scan: &Volume<f32>) -> Result<Array3<f32>> {
    let values = model.reconstruct_interruptible(scan.as_slice(), scan.shape(), interrupt::check)?;
    Array3::from_shape_vec(scan.shape(), values).context("a reconstruction has the shape of its scan")
}

fn stage(run: &Run, model: ModelKind) -> Result<Stage> {
    let inputs = (train::stage(run, model)?.key().to_owned(), plain(&run.config));
    Stage::new(Kind::Reconstruct, run.layout.maps(model), &inputs)
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
