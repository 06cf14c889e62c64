//! One epoch: steps of the optimizer, then validation.

use std::ops::ControlFlow;
use std::time::Instant;

use tch::Tensor;

use super::corruption::Shown;
use super::history::MemoryUsage;
use super::usage::UsageMeter;
use super::{Observer, Phase, Progress, Trainer, room};
use crate::cohort::{Batch, Cohort, Window, for_each_batch, shuffled};
use crate::loss::LossParts;
use crate::network::bottleneck::Latent;
use crate::{Error, Result, tensors};

/// Means over an epoch, or the values of one step.
#[derive(Default)]
pub(super) struct Trained {
    pub(super) loss: f64,
    pub(super) reconstruction: f64,
    pub(super) regularization: Option<f64>,
    pub(super) gradient_norm: f64,
    /// Of the last step.
    pub(super) learning_rate: f64,
    pub(super) seconds: f64,
    /// Of these, for batches.
    pub(super) waiting: f64,
}

pub(super) struct Validated {
    pub(super) reconstruction: f64,
    pub(super) background_share: f64,
    pub(super) memory: Option<MemoryUsage>,
    pub(super) seconds: f64,
}

/// Why an epoch ended early.
pub(super) enum Stop {
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

/// What of a step must not go into the weights. An infinite or undefined value anywhere in a gradient makes its norm so.
fn first_not_finite(loss: f64, gradient_norm: f64) -> Option<&'static str> {
    [("the loss", loss), ("the gradient", gradient_norm)]
        .into_iter()
        .find_map(|(what, value)| (!value.is_finite()).then_some(what))
}

fn not_finite(what: &'static str, epoch: usize, step: usize, cohort: &Cohort, batch: &Batch) -> Error {
    let mut subjects: Vec<String> =
        batch.windows.iter().map(|window| cohort.name(window.subject).to_owned()).collect();
    subjects.sort();
    subjects.dedup();
    Error::NotFinite { what, epoch, step: step + 1, subjects }
}

impl Trainer<'_> {
    pub(super) fn train_epoch(
        &mut self,
        epoch: usize,
        windows: &[Window],
        observer: &mut Observer,
    ) -> Result<Trained, Stop> {
        let start = Instant::now();
        let order = shuffled(windows, self.settings.seed, epoch);
        let batch = self.settings.batch;
        let steps = order.len().div_ceil(batch);
        let mut sum = Trained::default();
        let all = (self.settings.epochs * steps) as u64;
        let mut total = 0.0;
        let with_brain = self.loss.needs_brain();
        let waited = for_each_batch(self.train.share(), &order, batch, with_brain, |step, batch| {
            let values = self.step(epoch, step, all, batch)?;
            let share = batch.windows.len() as f64;
            total += share;
            sum.loss += share * values.loss;
            sum.reconstruction += share * values.reconstruction;
            sum.regularization =
                values.regularization.map(|term| sum.regularization.unwrap_or(0.0) + share * term);
            sum.gradient_norm += share * values.gradient_norm;
            sum.learning_rate = values.learning_rate;
            tell(observer, Phase::Train, epoch, step, steps, values.loss)
        })?;
        Ok(Trained {
            loss: sum.loss / total,
            reconstruction: sum.reconstruction / total,
            regularization: sum.regularization.map(|term| term / total),
            gradient_norm: sum.gradient_norm / total,
            learning_rate: sum.learning_rate,
            seconds: start.elapsed().as_secs_f64(),
            waiting: waited.as_secs_f64(),
        })
    }

    /// One step of the optimizer, of `all` in the training.
    fn step(&mut self, epoch: usize, step: usize, all: u64, batch: &Batch) -> Result<Trained> {
        let (parts, gradient) = room::caught(|| self.differentiate(epoch, step, batch))
            .map_err(|error| self.explain(error, epoch, step, batch))?;
        let norm = gradient.f_norm()?;
        let mut values = vec![&parts.total, &parts.reconstruction, &norm];
        values.extend(&parts.regularization);
        let values = tensors::to_numbers(&values)?;
        if let Some(what) = first_not_finite(values[0], values[2]) {
            return Err(not_finite(what, epoch, step, self.train.cohort(), batch));
        }
        let learning_rate = self.settings.learning_rate * self.settings.schedule.factor(self.adam.step, all);
        self.adam.step(self.network.parameters.flat(), &gradient, learning_rate)?;
        if let Some(average) = &mut self.average {
            average.update(&self.network.parameters, self.adam.step)?;
        }
        Ok(Trained {
            loss: values[0],
            reconstruction: values[1],
            regularization: values.get(3).copied(),
            gradient_norm: values[2],
            learning_rate,
            ..Trained::default()
        })
    }

    /// The loss of a batch and its gradient.
    pub(super) fn differentiate(
        &self,
        epoch: usize,
        step: usize,
        batch: &Batch,
    ) -> Result<(LossParts, Tensor)> {
        let network = &self.network;
        let varied = self.variation.as_ref().map(|variation| variation.apply(batch, epoch)).transpose()?;
        let batch = varied.as_ref().unwrap_or(batch);
        let Shown { input, weights } = self.shown(batch, epoch)?;
        let noise = network.noise(batch.windows.len(), self.settings.seed, epoch, step)?;
        let (output, pass) = network.train(&input, noise.as_ref(), self.settings.precision)?;
        let parts = self.loss.parts(&output, &batch.target, batch.brain.as_ref(), weights.as_ref())?;
        let gradient = network.gradient(&parts.total, &output, pass)?;
        Ok((parts, gradient))
    }

    /// What the network gets in training: spoilt, if it has to learn to mend it.
    fn shown(&self, batch: &Batch, epoch: usize) -> Result<Shown> {
        match &self.corruption {
            Some(corruption) => corruption.apply(&batch.input, batch.windows, epoch),
            None => Ok(Shown { input: batch.input.shallow_clone(), weights: None }),
        }
    }

    pub(super) fn validate(
        &self,
        epoch: usize,
        windows: &[Window],
        observer: &mut Observer,
    ) -> Result<Validated, Stop> {
        let start = Instant::now();
        let batch = self.settings.batch;
        let steps = windows.len().div_ceil(batch);
        let (mut reconstruction, mut background, mut all) = (0.0, 0.0, 0.0);
        let mut meter = UsageMeter::default();
        for_each_batch(self.validation.share(), windows, batch, true, |step, batch| {
            // Spoilt as in epoch 0 each time, so that epochs compare.
            let Shown { input, weights } = self.shown(batch, 0)?;
            let output = self.network.evaluate(&input)?;
            let brain = batch.brain.as_ref().expect("validation batches carry the brain");
            let [loss, outside, everywhere] =
                self.loss.validate(&output, &batch.target, brain, weights.as_ref())?;
            let values = tensors::to_numbers(&[&loss, &outside, &everywhere])?;
            if !values[0].is_finite() {
                return Err(
                    not_finite("the validation loss", epoch, step, self.validation.cohort(), batch).into()
                );
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_and_gradient_are_guarded() {
        assert_eq!(first_not_finite(1.0, 2.0), None);
        assert_eq!(first_not_finite(f64::NAN, 2.0), Some("the loss"));
        assert_eq!(first_not_finite(1.0, f64::INFINITY), Some("the gradient"));
    }
}
