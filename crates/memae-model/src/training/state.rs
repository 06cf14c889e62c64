//! What of a training lies on the disk, and going on from it.

use std::path::{Path, PathBuf};

use super::Trainer;
use super::events;
use super::history;
use crate::checkpoint::{self, Checkpoint, Metadata};
use crate::folder::ModelFile;
use crate::settings::{Schedule, TrainSettings};
use crate::{Error, Result, files};

/// Prefixes of Adam's two moments before the names of the parameters.
const MOMENTS: [&str; 2] = ["first.", "second."];
/// Prefix of the weights and running statistics that training goes on with, where those without prefix are an average.
const CURRENT: &str = "current.";

impl Trainer<'_> {
    pub(super) fn last(&self) -> PathBuf {
        ModelFile::Last.path(&self.folder)
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

    /// Writes the epoch's files, each whole; the average of the weights, if there is one, is in the network's place.
    /// `last.safetensors` alone has all that going on needs, and comes last: whenever the program dies, the epochs that it
    /// knows nothing of are done again, to the same files.
    pub(super) fn save(&self, best: bool) -> Result<()> {
        let parameters = &self.network.parameters;
        let (mut state, metadata) = (parameters.state()?, self.metadata());
        history::write(&ModelFile::Metrics.path(&self.folder), &self.records)?;
        if self.settings.tensorboard {
            events::write(&self.folder.join(events::NAME), &self.records)?;
        }
        if best {
            checkpoint::write(&ModelFile::Best.path(&self.folder), &state, &metadata)?;
        }
        for (prefix, moment) in MOMENTS.into_iter().zip([&self.adam.first, &self.adam.second]) {
            let named = parameters.split(moment)?;
            state.extend(named.into_iter().map(|(name, values)| (format!("{prefix}{name}"), values)));
        }
        if let Some(average) = &self.average {
            let named = parameters.named(average.values())?;
            state.extend(named.into_iter().map(|(name, values)| (format!("{CURRENT}{name}"), values)));
        }
        if self.settings.keep > 0 {
            checkpoint::write(&self.folder.join(kept_name(self.epoch)), &state, &metadata)?;
        }
        checkpoint::write(&self.last(), &state, &metadata)?;
        self.remove_old()
    }

    /// Of the checkpoints of single epochs, leaves as many as are to be kept.
    fn remove_old(&self) -> Result<()> {
        files::remove(&self.folder, |name| {
            kept_epoch(name).is_some_and(|epoch| epoch + self.settings.keep <= self.epoch)
        })
    }

    /// Goes on from `last.safetensors`.
    pub(super) fn resume(&mut self) -> Result<()> {
        let last = self.last();
        let found = Checkpoint::read(&last)?;
        self.check_same(&found.metadata, &last)?;
        found.load(&mut self.network.parameters, "")?;
        if self.average.is_some() {
            self.exchange()?;
            found.load(&mut self.network.parameters, CURRENT)?;
        }
        let [first, second] = MOMENTS.map(|prefix| found.flat(&self.network.parameters, prefix));
        (self.adam.first, self.adam.second) = (first?, second?);
        self.adam.step = found.metadata.step;
        self.epoch = found.metadata.epoch;
        self.best = (found.metadata.best_epoch, found.metadata.best_value);
        // An epoch whose checkpoint was not completed is done again.
        self.records = history::read_history(ModelFile::Metrics.path(&self.folder))?;
        self.records.retain(|record| record.epoch <= self.epoch);
        Ok(())
    }

    fn check_same(&self, found: &Metadata, last: &Path) -> Result<()> {
        // No step depends on what is kept of it, nor on when training ends unless the learning rate does.
        let TrainSettings { mut epochs, patience, schedule, .. } = self.settings;
        if schedule == Schedule::Cosine {
            epochs = found.train.epochs;
        }
        let train = TrainSettings { epochs, patience, ..found.train.clone() }.without_bookkeeping();
        let same = (found.kind, found.sides, &found.model, &train)
            == (self.kind, self.network.sides, &self.model, &self.settings.without_bookkeeping());
        if same {
            return Ok(());
        }
        Err(Error::file(
            last,
            "was trained with other settings than the present ones; use another folder, or delete this one to train anew",
        ))
    }
}

/// Name of the checkpoint of a single epoch.
fn kept_name(epoch: usize) -> String {
    format!("epoch-{epoch}.safetensors")
}

/// The epoch of a name by [`kept_name`].
fn kept_epoch(name: &str) -> Option<usize> {
    name.strip_prefix("epoch-")?.strip_suffix(".safetensors")?.parse().ok()
}
