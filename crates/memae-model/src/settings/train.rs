//! Settings of training.

use serde::{Deserialize, Serialize};
use tch::Kind;

use super::{at_least_one, within};
use crate::Result;

/// Numbers in which the convolutions of training compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 32 bits, of which GPUs that have it use 19 in products, sums being kept in 32: several times as fast. On the CPU as
    /// `F32`.
    Tf32,
    /// 16 bits with the range of 32: faster where the hardware has them. Weights, moments, bottleneck, loss and validation stay
    /// in 32 bits.
    Bf16,
}

impl Precision {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::F32 | Self::Tf32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
        }
    }
}

/// How the learning rate changes from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Not at all.
    #[default]
    Constant,
    /// It falls to 0 along half a cosine over all steps (Loshchilov and Hutter 2017, without restarts).
    Cosine,
}

impl Schedule {
    /// Factor on the learning rate in the step after `done` of `all` steps, in [0, 1].
    pub(crate) fn factor(self, done: u64, all: u64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine => {
                let share = (done as f64 / all.max(1) as f64).min(1.0);
                0.5 * (1.0 + (std::f64::consts::PI * share).cos())
            }
        }
    }
}

/// How training scans are varied each time they are seen: what a window shows and what is to be reconstructed of it are varied
/// alike.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Half of the windows have left and right exchanged.
    pub flip: bool,
    /// Intensities between 0 and 1 are raised to a power, whose logarithm has this standard deviation: scanners draw fluid and
    /// tissue in other proportions. Within 0 (not at all) to 1.
    pub gamma: f64,
}

/// Settings of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// Passes over the training cohort.
    pub epochs: usize,
    /// Windows per step.
    pub batch: usize,
    /// Learning rate of Adam; that of the first step where it changes.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Validation, and with it the best weights, use an exponential moving average of the weights: the share of the old average
    /// that a step leaves, in [0, 1). `None`: the weights themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// How training scans are varied.
    pub augment: Augmentation,
    /// Numbers in which the convolutions compute.
    pub precision: Precision,
    /// Seed of initialization, shuffling, variation and noise.
    pub seed: u64,
    /// Whether windows without brain in the centre slice are trained on too.
    pub keep_empty: bool,
    /// Training ends early after this many epochs in a row that are no better than the best; `None`: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Number of last epochs whose checkpoints are kept beside the best and the last one.
    pub keep: usize,
    /// Whether an event file for `TensorBoard` is written beside `metrics.jsonl`.
    pub tensorboard: bool,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            epochs: 150,
            batch: 32,
            learning_rate: 1e-4,
            schedule: Schedule::Constant,
            average: None,
            augment: Augmentation::default(),
            precision: Precision::F32,
            seed: 0,
            keep_empty: false,
            patience: None,
            keep: 0,
            tensorboard: false,
        }
    }
}

impl TrainSettings {
    /// Without what changes no result: which checkpoints are kept, and whether events are written for `TensorBoard`. Two
    /// trainings of the same cohort for which this is equal give the same weights.
    #[must_use]
    pub fn without_bookkeeping(&self) -> Self {
        let Self { keep, tensorboard, .. } = Self::default();
        Self { keep, tensorboard, ..self.clone() }
    }

    /// Checks all values.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] names the first value that is out of range.
    pub fn check(&self) -> Result<()> {
        at_least_one("epochs", self.epochs)?;
        at_least_one("batch", self.batch)?;
        at_least_one("patience", self.patience.unwrap_or(1))?;
        within("augment.gamma", self.augment.gamma, 0.0, 1.0)?;
        within("average", self.average.unwrap_or(0.0), 0.0, 0.999_999)?;
        within("learning_rate", self.learning_rate, 1e-9, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookkeeping_is_no_part_of_what_gives_the_weights() {
        let plain = TrainSettings::default();
        let kept = TrainSettings { keep: 3, tensorboard: true, ..plain.clone() };
        assert_eq!(kept.without_bookkeeping(), plain.without_bookkeeping());
        let longer = TrainSettings { epochs: 151, ..plain.clone() };
        assert_ne!(longer.without_bookkeeping(), plain.without_bookkeeping());
    }
}
