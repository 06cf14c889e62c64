//! Training: epochs of steps, validation, checkpoints, and resuming from them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::adam::Adam;
use crate::bottleneck::Latent;
use crate::checkpoint::{self, Checkpoint, Metadata};
use crate::cohort::{Cohort, Window};
use crate::device::DeviceChoice;
use crate::history::{self, EpochRecord, MemoryUsage};
use crate::kind::ModelKind;
use crate::loader::{Batch, for_each_batch, shuffled};
use crate::loss::Loss;
use crate::network::Network;
use crate::settings::{ModelSettings, TrainSettings};
use crate::usage::UsageMeter;
use crate::{Error, Result, memory, tensors};

/// What a trainer tells its observer.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A batch is done.
    Step {
        /// Training or validation.
        phase: Phase,
        /// Epoch, counted from 1.
        epoch: usize,
        /// Step within the phase, counted from 1.
        step: usize,
        /// Steps in the phase.
        steps: usize,
        /// The batch's loss: all terms in training, reconstruction alone in validation.
        loss: f64,
    },
    /// An epoch is done and its checkpoint is on the disk.
    Epoch(&'a EpochRecord),
}

/// Part of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Steps of the optimizer.
    Train,
    /// Passes over the validation cohort.
    Validate,
}

/// How training ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Whether all epochs are done; false when the observer stopped it.
    pub complete: bool,
    /// Complete epochs, those of earlier runs included.
    pub epochs: usize,
    /// The epoch of `best.safetensors`; 0 when no epoch is complete.
    pub best_epoch: usize,
    /// Its validation reconstruction loss; infinite when no epoch is complete.
    pub best_value: f64,
}

/// Called after each batch and each epoch; `Break` stops training at once, and the last complete epoch stays on the disk.
pub type Observer<'a> = dyn FnMut(Progress<'_>) -> ControlFlow<()> + 'a;

/// Trains one model into a folder.
///
/// The folder gets `last.safetensors` and `best.safetensors` (weights, running statistics and, in the metadata, epoch, step,
/// seed, best value and all settings), `optimizer-N.safetensors` (Adam's moments after epoch N, the last one only) and
/// `metrics.jsonl`. Training goes on from what is there; on one CPU build and thread count the weights are then the same to
/// the bit as without the interruption.
pub struct Trainer<'a> {
    kind: ModelKind,
    model: ModelSettings,
    settings: TrainSettings,
    train: &'a Cohort,
    validation: &'a Cohort,
    folder: PathBuf,
    network: Network,
    loss: Loss,
    adam: Adam,
    records: Vec<EpochRecord>,
    epoch: usize,
    best: (usize, f64),
    warnings: Vec<String>,
}

impl<'a> Trainer<'a> {
    /// Makes a trainer that begins, or goes on where the checkpoint in `folder` stands.
    ///
    /// # Errors
    /// [`Error::Invalid`] for settings out of range, cohorts without windows or of different shapes; [`Error::File`] when
    /// the folder holds a model with other settings; [`Error::Io`]; [`Error::Device`].
    pub fn new(
        kind: ModelKind,
        model: &ModelSettings,
        settings: &TrainSettings,
        train: &'a Cohort,
        validation: &'a Cohort,
        folder: impl AsRef<Path>,
        device: DeviceChoice,
    ) -> Result<Self> {
        settings.check()?;
        let sides = train.sides();
        if validation.sides() != sides {
            return Err(Error::invalid(format!(
                "training slices have {sides:?} pixels and validation slices {:?}; preprocess both to one grid",
                validation.sides()
            )));
        }
        let device = device.open()?;
        let network = Network::new(kind, model, sides, settings.seed, device)?;
        let mut trainer = Self {
            kind,
            model: model.clone(),
            settings: settings.clone(),
            train,
            validation,
            folder: folder.as_ref().to_owned(),
            loss: Loss::new(kind, model, sides, device)?,
            adam: Adam::new(network.parameters.flat(), settings.learning_rate)?,
            network,
            records: Vec::new(),
            epoch: 0,
            best: (0, f64::INFINITY),
            warnings: if kind.has_memory() { memory::warn(&model.memory, model.alpha) } else { Vec::new() },
        };
        if trainer.last().exists() {
            trainer.resume()?;
        }
        Ok(trainer)
    }

    /// Number of trainable values.
    pub fn parameter_count(&self) -> usize {
        self.network.parameters.count()
    }

    /// Settings that cannot act, as sentences.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Complete epochs so far.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Optimizer steps of one epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.train.windows(self.settings.keep_empty).0.len().div_ceil(self.settings.batch)
    }

    /// Trains to the last epoch of the settings.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when loss or gradient is not finite; [`Error::Io`] when a file cannot be written;
    /// [`Error::Torch`] e.g. when memory does not suffice. The checkpoint of the last complete epoch is kept.
    pub fn run(mut self, observer: &mut Observer) -> Result<Outcome> {
        let windows = usable(self.train, self.settings.keep_empty)?;
        let validation = usable(self.validation, false)?;
        while self.epoch < self.settings.epochs {
            match self.run_epoch(&windows, &validation, observer) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break,
                Err(Stop::Asked) => return Ok(self.outcome(false)),
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
        let complete = self.epoch >= self.settings.epochs;
        Ok(self.outcome(complete))
    }

    fn outcome(&self, complete: bool) -> Outcome {
        Outcome { complete, epochs: self.epoch, best_epoch: self.best.0, best_value: self.best.1 }
    }

    fn run_epoch(
        &mut self,
        windows: &[Window],
        validation: &[Window],
        observer: &mut Observer,
    ) -> Result<ControlFlow<()>, Stop> {
        let epoch = self.epoch + 1;
        let trained = self.train_epoch(epoch, windows, observer)?;
        let validated = self.validate(epoch, validation, observer)?;
        let best = validated.reconstruction < self.best.1;
        if best {
            self.best = (epoch, validated.reconstruction);
        }
        self.epoch = epoch;
        self.records.push(EpochRecord {
            epoch,
            step: self.adam.step,
            learning_rate: self.settings.learning_rate,
            train_loss: trained.loss,
            train_reconstruction: trained.reconstruction,
            train_regularization: trained.regularization,
            gradient_norm: trained.gradient_norm,
            validation_reconstruction: validated.reconstruction,
            background_share: validated.background_share,
            best,
            train_seconds: trained.seconds,
            validation_seconds: validated.seconds,
            windows_per_second: windows.len() as f64 / trained.seconds,
            memory: validated.memory,
        });
        self.save(best)?;
        Ok(observer(Progress::Epoch(&self.records[self.records.len() - 1])))
    }

    fn train_epoch(
        &mut self,
        epoch: usize,
        windows: &[Window],
        observer: &mut Observer,
    ) -> Result<Trained, Stop> {
        let start = Instant::now();
        let order = shuffled(windows, self.settings.seed, epoch);
        let (cohort, batch) = (self.train, self.settings.batch);
        let steps = order.len().div_ceil(batch);
        let mut sum = Trained::default();
        let mut total = 0.0;
        for_each_batch(cohort, &order, batch, self.loss.needs_brain(), |step, batch| {
            let values = self.step(epoch, step, batch)?;
            let share = batch.windows.len() as f64;
            total += share;
            sum.loss += share * values.loss;
            sum.reconstruction += share * values.reconstruction;
            sum.regularization =
                values.regularization.map(|term| sum.regularization.unwrap_or(0.0) + share * term);
            sum.gradient_norm += share * values.gradient_norm;
            tell(observer, Phase::Train, epoch, step, steps, values.loss)
        })?;
        Ok(Trained {
            loss: sum.loss / total,
            reconstruction: sum.reconstruction / total,
            regularization: sum.regularization.map(|term| term / total),
            gradient_norm: sum.gradient_norm / total,
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// One step of the optimizer.
    fn step(&mut self, epoch: usize, step: usize, batch: &Batch) -> Result<Trained> {
        let network = &self.network;
        let (x, target, brain) = self.upload(batch)?;
        let noise = network.noise(batch.windows.len(), self.settings.seed, epoch, step)?;
        let parts = self.loss.parts(&network.train(&x, noise.as_ref())?, &target, brain.as_ref())?;
        let gradient = network.parameters.gradient(&parts.total)?;
        let norm = gradient.f_norm()?;
        let mut values = vec![&parts.total, &parts.reconstruction, &norm];
        values.extend(&parts.regularization);
        let values = tensors::to_numbers(&values)?;
        for (what, value) in [("the loss", values[0]), ("the gradient", values[2])] {
            if !value.is_finite() {
                return Err(not_finite(what, epoch, step, self.train, batch));
            }
        }
        self.adam.step(network.parameters.flat(), &gradient)?;
        Ok(Trained {
            loss: values[0],
            reconstruction: values[1],
            regularization: values.get(3).copied(),
            gradient_norm: values[2],
            seconds: 0.0,
        })
    }

    fn validate(&self, epoch: usize, windows: &[Window], observer: &mut Observer) -> Result<Validated, Stop> {
        let start = Instant::now();
        let batch = self.settings.batch;
        let steps = windows.len().div_ceil(batch);
        let (mut reconstruction, mut background, mut all) = (0.0, 0.0, 0.0);
        let mut meter = UsageMeter::default();
        for_each_batch(self.validation, windows, batch, true, |step, batch| {
            let (x, target, brain) = self.upload(batch)?;
            let output = self.network.evaluate(&x)?;
            let brain = brain.as_ref().expect("validation batches carry the brain");
            let [loss, outside, everywhere] = self.loss.validate(&output, &target, brain)?;
            let values = tensors::to_numbers(&[&loss, &outside, &everywhere])?;
            if !values[0].is_finite() {
                return Err(not_finite("the validation loss", epoch, step, self.validation, batch).into());
            }
            if let Latent::Addressed(weights) = &output.latent {
                meter.add(weights)?;
            }
            reconstruction += values[0] * batch.windows.len() as f64;
            background += values[1];
            all += values[2];
            tell(observer, Phase::Validate, epoch, step, steps, values[0])
        })?;
        Ok(Validated {
            reconstruction: reconstruction / windows.len() as f64,
            background_share: if all > 0.0 { background / all } else { 0.0 },
            memory: meter.finish(),
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// A batch as tensors: input (batch, 3, H, W), target and, if gathered, brain (batch, 1, H, W).
    fn upload(&self, batch: &Batch) -> Result<(tch::Tensor, tch::Tensor, Option<tch::Tensor>)> {
        let [rows, columns] = self.network.sides.map(|side| side as i64);
        let n = batch.windows.len() as i64;
        let upload =
            |values: &[f32], shape: [i64; 4]| tensors::from_slice(values, &shape, self.network.device);
        let x = upload(&batch.input, [n, rows, columns, 3])?.f_permute([0, 3, 1, 2])?;
        let target = upload(&batch.target, [n, 1, rows, columns])?;
        let brain =
            (!batch.brain.is_empty()).then(|| upload(&batch.brain, [n, 1, rows, columns])).transpose()?;
        Ok((x, target, brain))
    }

    fn last(&self) -> PathBuf {
        self.folder.join("last.safetensors")
    }

    fn optimizer(&self, epoch: usize) -> PathBuf {
        self.folder.join(format!("optimizer-{epoch}.safetensors"))
    }

    fn metrics(&self) -> PathBuf {
        self.folder.join("metrics.jsonl")
    }

    fn metadata(&self) -> Metadata {
        Metadata {
            kind: self.kind,
            sides: self.network.sides,
            model: self.model.clone(),
            train: self.settings.clone(),
            epoch: self.epoch,
            step: self.adam.step,
            best_epoch: self.best.0,
            best_value: self.best.1,
        }
    }

    /// Writes the epoch's files. `last.safetensors` comes after everything that it needs: whenever the program dies, it and
    /// the optimizer file of its epoch fit together.
    fn save(&self, best: bool) -> Result<()> {
        let parameters = &self.network.parameters;
        let (state, metadata) = (parameters.state()?, self.metadata());
        history::write(&self.metrics(), &self.records)?;
        if best {
            checkpoint::write(&self.folder.join("best.safetensors"), &state, &metadata)?;
        }
        let mut moments = Vec::new();
        for (prefix, moment) in [("first.", &self.adam.first), ("second.", &self.adam.second)] {
            let named = parameters.split(moment)?;
            moments.extend(named.into_iter().map(|(name, values)| (format!("{prefix}{name}"), values)));
        }
        checkpoint::write(&self.optimizer(self.epoch), &moments, &metadata)?;
        checkpoint::write(&self.last(), &state, &metadata)?;
        self.remove_old_optimizers()
    }

    fn remove_old_optimizers(&self) -> Result<()> {
        let current = self.optimizer(self.epoch);
        let error = |source| Error::io(&self.folder, source);
        for entry in std::fs::read_dir(&self.folder).map_err(error)? {
            let path = entry.map_err(error)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("optimizer-") && name.ends_with(".safetensors") && path != current {
                std::fs::remove_file(&path).map_err(|source| Error::io(&path, source))?;
            }
        }
        Ok(())
    }

    fn resume(&mut self) -> Result<()> {
        let last = self.last();
        let weights = Checkpoint::read(&last)?;
        let found = &weights.metadata;
        // More epochs than before are welcome: nothing in training depends on their number.
        let train = TrainSettings { epochs: self.settings.epochs, ..found.train.clone() };
        let same = (found.kind, found.sides, &found.model, &train)
            == (self.kind, self.network.sides, &self.model, &self.settings);
        if !same {
            return Err(Error::file(
                &last,
                "was trained with other settings than the present ones; use another folder, or delete this one to train anew",
            ));
        }
        weights.load(&mut self.network.parameters)?;
        let optimizer = self.optimizer(found.epoch);
        let moments = Checkpoint::read(&optimizer)?;
        self.adam.first = moments.flat(&self.network.parameters, "first.")?;
        self.adam.second = moments.flat(&self.network.parameters, "second.")?;
        self.adam.step = found.step;
        self.epoch = found.epoch;
        self.best = (found.best_epoch, found.best_value);
        // An epoch whose checkpoint was not completed is done again.
        self.records = history::read_history(self.metrics())?;
        self.records.retain(|record| record.epoch <= self.epoch);
        Ok(())
    }
}

/// Means over an epoch, or the values of one step.
#[derive(Default)]
struct Trained {
    loss: f64,
    reconstruction: f64,
    regularization: Option<f64>,
    gradient_norm: f64,
    seconds: f64,
}

struct Validated {
    reconstruction: f64,
    background_share: f64,
    memory: Option<MemoryUsage>,
    seconds: f64,
}

/// Why an epoch ended early.
enum Stop {
    Asked,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn tell(
    observer: &mut Observer,
    phase: Phase,
    epoch: usize,
    step: usize,
    steps: usize,
    loss: f64,
) -> Result<(), Stop> {
    match observer(Progress::Step { phase, epoch, step: step + 1, steps, loss }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Stop::Asked),
    }
}

fn not_finite(what: &'static str, epoch: usize, step: usize, cohort: &Cohort, batch: &Batch) -> Error {
    let mut subjects: Vec<String> =
        batch.windows.iter().map(|window| cohort.name(window.subject).to_owned()).collect();
    subjects.sort();
    subjects.dedup();
    Error::NotFinite { what, epoch, step: step + 1, subjects }
}

/// The windows of a cohort, of which there must be some.
fn usable(cohort: &Cohort, keep_empty: bool) -> Result<Vec<Window>> {
    let (windows, dropped) = cohort.windows(keep_empty);
    tracing::info!(cohort = %cohort.path().display(), windows = windows.len(), dropped, "windows");
    if windows.is_empty() {
        return Err(Error::file(
            cohort.path(),
            format!("no window to use: {} subjects, {dropped} windows without brain", cohort.len()),
        ));
    }
    Ok(windows)
}
