//! What each epoch gave: `metrics.jsonl`, one JSON object a line.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, Result, files};

/// The figures of one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Optimizer steps since the beginning of training.
    pub step: u64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Mean training loss, all terms.
    pub train_loss: f64,
    /// Mean training reconstruction loss: mean squared or absolute error, or 1 - SSIM.
    pub train_reconstruction: f64,
    /// Mean unweighted extra term: Kullback-Leibler divergence per code value, or addressing entropy (nats).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_regularization: Option<f64>,
    /// Mean norm of the gradient.
    pub gradient_norm: f64,
    /// Reconstruction loss over the validation cohort; the best epoch has the least.
    pub validation_reconstruction: f64,
    /// Share of the validation reconstruction loss that lies outside the brain, in [0, 1].
    pub background_share: f64,
    /// Whether this is the best epoch so far.
    pub best: bool,
    /// Seconds of training in this epoch.
    pub train_seconds: f64,
    /// Of these, seconds in which the network waited for a batch.
    pub waiting_seconds: f64,
    /// Seconds of validation in this epoch.
    pub validation_seconds: f64,
    /// Training windows per second.
    pub windows_per_second: f64,
    /// How the memory was used, for the models that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryUsage>,
}

/// How the queries of the validation cohort used the memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoryUsage {
    /// Mean weight of each item; the sum is 1.
    pub usage: Vec<f64>,
    /// exp(entropy of `usage`): the number of items in use, in [1, N].
    pub perplexity: f64,
    /// Mean entropy of the weights of a query, in nats.
    pub entropy: f64,
    /// Share of weights that hard shrinkage made zero.
    pub zeroed: f64,
    /// Items that are no query's most weighted one.
    pub dead: usize,
}

/// Reads a `metrics.jsonl` of this crate.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::File`] when a line is not a record.
pub fn read_history(path: impl AsRef<Path>) -> Result<Vec<EpochRecord>> {
    let path = path.as_ref();
    let bytes = files::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines()
        .enumerate()
        .map(|(i, line)| {
            serde_json::from_str(line).map_err(|error| Error::file(path, format!("line {}: {error}", i + 1)))
        })
        .collect()
}

/// Writes all records.
pub(crate) fn write(path: &Path, records: &[EpochRecord]) -> Result<()> {
    files::write_whole(path, |file| {
        for record in records {
            serde_json::to_writer(&mut *file, record)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    })
}
