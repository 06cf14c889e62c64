//! `memae train`: the models, one after the other, each to its last epoch.

mod memory_picture;

use std::ops::ControlFlow;

use anyhow::{Result, ensure};
use cli_support::Interrupted;
use cli_support::progress::{Task, say};
use cli_support::{files, interrupt};
use memae_model::cohort::Cohort as Packed;
use memae_model::{
    Assessment, EpochRecord, MemoryUsage, ModelKind, Outcome, Phase, Progress, TrainedModel, Trainer,
};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::data::roles::Use;
use crate::run::layout::Layout;
use crate::run::stage::{Kind, Stage};
use crate::stages::preprocess::{self, Cohort};

/// Trains the given models, each until its last epoch.
pub(crate) fn run(config: &Config, models: &[ModelKind]) -> Result<()> {
    let cohort = preprocess::finished(config)?;
    let layout = Layout::new(config);
    let open = |used_for: Use| Packed::open(layout.packed(used_for.id()));
    let (train, validation) = (open(Use::Train)?, open(Use::Validation)?);
    for &model in models {
        interrupt::check()?;
        let stage = stage(config, &cohort, model)?;
        if stage.is_done() {
            say(format!("train {model}: up to date"));
            continue;
        }
        stage.remove_spoiled()?;
        let files = ["best.safetensors", "last.safetensors", "metrics.jsonl"]
            .map(|file| layout.model(model).join(file));
        let [_, last, _] = &files;
        if last.exists() && !files.iter().all(|file| file.exists()) {
            // Without the others it is nothing to go on from.
            fs_err::remove_file(last)?;
        }
        let mut outputs = files.to_vec();
        train_one(config, &layout, &cohort, model, &train, &validation)?;
        let trained = TrainedModel::load(layout.model(model), config.run.device)?;
        let assessment = trained.assess(&train, &validation, config.reference.spacing, interrupt::check)?;
        tell(model, &assessment);
        outputs.push(assessment.write(layout.model(model))?);
        if config.model.addressing(model).is_some() {
            let picture = layout.memory_picture(model);
            memory_picture::write(&picture, &trained.nearest_patches(&train, memory_picture::PATCHES)?)?;
            outputs.push(picture);
        }
        stage.finish(&outputs)?;
    }
    Ok(())
}

/// A model's training as a stage.
pub(crate) fn stage(config: &Config, cohort: &Cohort, model: ModelKind) -> Result<Stage> {
    let inputs = (model, &config.model, config.train.without_bookkeeping(), &cohort.key);
    Stage::new(Kind::Train, Layout::new(config).model(model), &inputs)
}

/// Refuses to go on with a model that is not trained.
///
/// # Errors
/// If the model's training is not finished with the present settings; says how to finish it.
pub(crate) fn ensure_done(config: &Config, cohort: &Cohort, model: ModelKind) -> Result<()> {
    ensure!(
        stage(config, cohort, model)?.is_done(),
        "{model} is not trained with these settings yet: run `memae train`, or `memae run` for all stages"
    );
    Ok(())
}

/// What a folder's checkpoints belong to; training must not go on from others' weights.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Origin {
    /// Key of the preprocessed cohort.
    cohort: String,
}

fn train_one(
    config: &Config,
    layout: &Layout,
    cohort: &Cohort,
    model: ModelKind,
    train: &Packed,
    validation: &Packed,
) -> Result<Outcome> {
    let folder = layout.model(model);
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
        Trainer::new(model, &config.model, &config.train, train, validation, &folder, config.run.device)?;
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
    Ok(outcome)
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
    for warning in assessment.warnings() {
        say(format!("train {model}: warning: {warning}"));
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
