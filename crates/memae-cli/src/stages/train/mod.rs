//! `memae train`: the models, each to its last epoch.

mod memory_picture;

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Result, ensure};
use cli_support::Interrupted;
use cli_support::progress::{Task, say};
use cli_support::{files, interrupt, workers};
use memae_model::cohort::Cohort as Packed;
use memae_model::{
    Assessment, EpochRecord, MemoryUsage, ModelFile, ModelKind, Phase, Progress, TrainedModel, Trainer,
};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::data::roles::Use;
use crate::run::cohort::Cohort;
use crate::run::context::Run;
use crate::run::stage::{Kind, Stage};
use crate::run::threads::{self, Share};
use crate::stages::preprocess;

/// Trains the given models, each until its last epoch, as many at the same time as the configuration's threads allow.
pub(crate) fn run(run: &Run, models: &[ModelKind]) -> Result<()> {
    let cohort = preprocess::finished(run)?;
    let share = Share::new(&run.config);
    let trained = workers::map(models, share.models, |&model| {
        // A pool of its own, even for one model: what a step hands to a pool stays on the threads of its model, and libtorch's
        // number of threads is a setting of the calling thread.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(share.each).build()?;
        pool.install(|| {
            memae_model::set_threads(share.each);
            finish(run, model, cohort)
        })
    });
    // What threads that are yet to come begin with.
    memae_model::set_threads(threads::available(&run.config));
    trained.map(drop)
}

/// Trains a model unless it is up to date, and says how it does on healthy scans.
fn finish(run: &Run, model: ModelKind, cohort: &Cohort) -> Result<()> {
    let Run { config, layout, .. } = run;
    let stage = stage(run, model)?;
    if stage.is_done() {
        say(format!("train {model}: up to date"));
        return Ok(());
    }
    let folder = layout.model(model);
    stage.remove_spoiled()?;
    let mut outputs = ModelFile::ALL.map(|file| file.path(&folder)).to_vec();
    let last = ModelFile::Last.path(&folder);
    if last.exists() && !outputs.iter().all(|file| file.exists()) {
        // Without the others it is nothing to go on from.
        fs_err::remove_file(last)?;
    }
    let open = |used_for: Use| Packed::open(layout.packed(used_for));
    let (training, validation) = (open(Use::Train)?, open(Use::Validation)?);
    train_one(config, &folder, cohort, model, &training, &validation)?;
    let trained = TrainedModel::load(&folder, config.run.device)?;
    let assessment = trained.assess(&training, &validation, config.reference.spacing, interrupt::check)?;
    tell(model, &assessment);
    outputs.push(assessment.write(&folder)?);
    if config.model.addressing(model).is_some() {
        let picture = layout.memory_picture(model);
        memory_picture::write(&picture, &trained.nearest_patches(&training, memory_picture::PATCHES)?)?;
        outputs.push(picture);
    }
    stage.finish(&outputs)
}

/// A model's training as a stage.
pub(crate) fn stage(run: &Run, model: ModelKind) -> Result<Stage> {
    let Run { config, layout, .. } = run;
    let inputs = (model, &config.model, config.train.without_bookkeeping(), &preprocess::finished(run)?.key);
    Stage::new(Kind::Train, layout.model(model), &inputs)
}

/// A model's training, of which others need the result.
///
/// # Errors
/// If it is not finished with the present settings; says how to finish it.
pub(crate) fn finished(run: &Run, model: ModelKind) -> Result<Stage> {
    let stage = stage(run, model)?;
    ensure!(
        stage.is_done(),
        "{model} is not trained with these settings yet: run `memae train`, or `memae run` for all stages"
    );
    Ok(stage)
}

/// What a folder's checkpoints belong to; training must not go on from others' weights.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Origin {
    /// Key of the preprocessed cohort.
    cohort: String,
}

fn train_one(
    config: &Config,
    folder: &Path,
    cohort: &Cohort,
    model: ModelKind,
    train: &Packed,
    validation: &Packed,
) -> Result<()> {
    let origin = Origin { cohort: cohort.key.clone() };
    let origin_file = folder.join("origin.json");
    if origin_file.exists() {
        ensure!(
            files::read_json::<Origin>(&origin_file)? == origin,
            "{} was trained on other data than the present configuration gives: choose another name in [run], or \
             delete that folder to train anew",
            folder.display()
        );
    } else {
        files::write_json(&origin_file, &origin)?;
    }

    let trainer =
        Trainer::new(model, &config.model, &config.train, train, validation, folder, config.run.device)?;
    let (epochs, steps) = (config.train.epochs, trainer.steps_per_epoch());
    say(format!(
        "train {model}: {} parameters, {epochs} epochs of {steps} steps{}",
        trainer.parameter_count(),
        if trainer.epoch() > 0 {
            format!(", going on after epoch {}", trainer.epoch())
        } else {
            String::new()
        }
    ));
    if let Some(addressing) = config.model.addressing(model) {
        say(format!("train {model}: the memory's addressing can reach {}", addressing.range()));
    }
    for warning in trainer.warnings() {
        say(format!("train {model}: warning: {warning}"));
    }
    let task = Task::new(format!("train {model}"), epochs * steps);
    task.at(trainer.epoch() * steps);
    let outcome = trainer.run(&mut |progress| {
        match progress {
            Progress::Step { phase: Phase::Train, epoch, loss, .. } => {
                task.step(format!("epoch {epoch}, loss {loss:.4}"));
            }
            Progress::Step { phase: Phase::Validate, .. } => {}
            Progress::Epoch(record) => say(epoch_line(model, record, epochs)),
        }
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let outcome = outcome.map_err(with_key)?;
    if !outcome.complete {
        return Err(Interrupted.into());
    }
    drop(task);
    say(format!(
        "train {model}: best epoch {} of {}{}, validation loss {:.5}",
        outcome.best_epoch,
        outcome.epochs,
        if outcome.epochs < epochs { " (patience ran out)" } else { "" },
        outcome.best_value
    ));
    Ok(())
}

/// An error of training, with the key of the configuration that helps against it.
fn with_key(error: memae_model::Error) -> anyhow::Error {
    let memae_model::Error::OutOfMemory { batch, fits: Some(fits), .. } = error else { return error.into() };
    anyhow::Error::from(error).context(format!("[train] batch = {batch} is too large: set it to {fits}"))
}

/// What healthy scans say about a model, for people.
fn tell(model: ModelKind, assessment: &Assessment) {
    let Assessment { validation, black, mean_slice, copied, blobs } = assessment;
    say(format!(
        "train {model}: validation loss {validation:.5}; of black slices {black:.5}, of the mean of the training slices \
         {mean_slice:.5}"
    ));
    if let Some(copied) = copied {
        say(format!(
            "train {model}: {} % of the contrast of {} bright blobs pasted into validation scans is copied",
            (100.0 * copied).round() as i64,
            blobs.len()
        ));
    }
    for doubt in assessment.doubts() {
        say(format!("train {model}: warning: {doubt}; {}", doubt.advice()));
    }
}

/// One epoch for people.
fn epoch_line(model: ModelKind, record: &EpochRecord, epochs: usize) -> String {
    format!(
        "train {model}: epoch {}/{epochs}  loss {:.5}  validation {:.5}{}  {:.0} windows/s{}",
        record.epoch,
        record.train_loss,
        record.validation_reconstruction,
        if record.best { " (best)" } else { "" },
        record.windows_per_second,
        record
            .memory
            .as_ref()
            .map_or_else(String::new, |memory| format!("  memory: {}", memory_line(memory)))
    )
}

/// How the memory is used, for people.
pub(crate) fn memory_line(memory: &MemoryUsage) -> String {
    format!(
        "{:.1} of {} items in use, {} dead, {:.0} % of weights zeroed",
        memory.perplexity,
        memory.usage.len(),
        memory.dead,
        100.0 * memory.zeroed
    )
}
