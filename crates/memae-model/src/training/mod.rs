//! Training: epochs of steps, validation, checkpoints, and resuming from them.

pub(crate) mod adam;
pub(crate) mod average;
mod corruption;
mod epoch;
mod events;
mod history;
mod rehearsal;
mod room;
mod state;
mod usage;
mod variation;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use self::adam::Adam;
use self::average::Average;
use self::corruption::Corruption;
use self::epoch::Stop;
pub use self::history::{EpochRecord, MemoryUsage, read_history};
pub use self::rehearsal::rehearse;
pub use self::room::is_handled_panic;
use self::variation::Variation;
use crate::cohort::{Cohort, Source, Window};
use crate::device::{self, DeviceChoice};
use crate::kind::ModelKind;
use crate::loss::Loss;
use crate::network::Network;
use crate::settings::{ModelSettings, Precision, TrainSettings};
use crate::{Error, Result, files};

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
    /// Whether training is done: the last epoch, or the patience ran out; false when the observer stopped it.
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
/// On a GPU the cohorts lie in its memory if half of what is free holds them, else batches are read from the memory map, as on
/// the CPU.
///
/// The folder gets `best.safetensors` (weights, running statistics and, in the metadata, epoch, step, seed, best value and
/// all settings), `last.safetensors` (the same with Adam's two moments and, where the weights are an average, those that it is
/// of), `epoch-N.safetensors` for as many last epochs as are
/// to be kept, and `metrics.jsonl`, with an event file for `TensorBoard` if asked for. Training goes on from `last.safetensors`; on one CPU build and thread count the weights
/// are then the same to the bit as without the interruption, wherever the program was killed. To go back to epoch N, put its
/// file in the place of `last.safetensors`.
pub struct Trainer<'a> {
    kind: ModelKind,
    model: ModelSettings,
    settings: TrainSettings,
    train: Source<'a>,
    validation: Source<'a>,
    folder: PathBuf,
    network: Network,
    loss: Loss,
    variation: Option<Variation>,
    corruption: Option<Corruption>,
    adam: Adam,
    average: Option<Average>,
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
        if device.is_cuda() {
            device::allow_tf32(settings.precision == Precision::Tf32)?;
        }
        let network = Network::new(kind, model, sides, settings.seed, device)?;
        let mut trainer = Self {
            kind,
            model: model.clone(),
            settings: settings.clone(),
            train: Source::new(train, device)?,
            validation: Source::new(validation, device)?,
            folder: folder.as_ref().to_owned(),
            loss: Loss::new(kind, model, sides, device)?,
            variation: Variation::new(settings.augment, settings.seed),
            corruption: Corruption::new(kind, model, settings.seed, sides),
            adam: Adam::new(network.parameters.flat())?,
            average: (settings.average).map(|decay| Average::new(&network.parameters, decay)).transpose()?,
            network,
            records: Vec::new(),
            epoch: 0,
            best: (0, f64::INFINITY),
            warnings: model
                .addressing(kind)
                .map_or_else(Vec::new, |addressing| addressing.warnings(model.alpha)),
        };
        if trainer.folder.exists() {
            // What a killed program left half written.
            files::remove(&trainer.folder, files::is_partial)?;
        }
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
        self.train.cohort().windows(self.settings.keep_empty).0.len().div_ceil(self.settings.batch)
    }

    /// Trains to the last epoch of the settings.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when loss or gradient is not finite; [`Error::OutOfMemory`] when memory does not suffice;
    /// [`Error::Io`] when a file cannot be written; [`Error::Torch`] otherwise. The checkpoint of the last complete epoch is kept.
    pub fn run(mut self, observer: &mut Observer) -> Result<Outcome> {
        let windows = usable(self.train.cohort(), self.settings.keep_empty)?;
        let validation = usable(self.validation.cohort(), false)?;
        while !self.is_complete() {
            match self.run_epoch(&windows, &validation, observer) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break,
                Err(Stop::Asked) => return Ok(self.outcome(false)),
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
        Ok(self.outcome(self.is_complete()))
    }

    /// Whether the last epoch is done, or too many in a row were no better than the best.
    fn is_complete(&self) -> bool {
        let without_progress = self.epoch - self.best.0;
        self.epoch >= self.settings.epochs
            || self.settings.patience.is_some_and(|patience| without_progress >= patience)
    }

    /// Puts the average of the weights, if there is one, in the place of the weights, or these back.
    fn exchange(&mut self) -> Result<()> {
        match &mut self.average {
            Some(average) => average.exchange(&self.network.parameters),
            None => Ok(()),
        }
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
        // What is validated and saved is the average, if there is one.
        self.exchange()?;
        let validated = self.validate(epoch, validation, observer)?;
        let best = validated.reconstruction < self.best.1;
        if best {
            self.best = (epoch, validated.reconstruction);
        }
        self.epoch = epoch;
        self.records.push(EpochRecord {
            epoch,
            step: self.adam.step,
            learning_rate: trained.learning_rate,
            train_loss: trained.loss,
            train_reconstruction: trained.reconstruction,
            train_regularization: trained.regularization,
            gradient_norm: trained.gradient_norm,
            validation_reconstruction: validated.reconstruction,
            background_share: validated.background_share,
            best,
            train_seconds: trained.seconds,
            waiting_seconds: trained.waiting,
            validation_seconds: validated.seconds,
            windows_per_second: windows.len() as f64 / trained.seconds,
            memory: validated.memory,
        });
        self.save(best)?;
        self.exchange()?;
        Ok(observer(Progress::Epoch(&self.records[self.records.len() - 1])))
    }
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
