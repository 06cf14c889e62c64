//! What to do when memory does not suffice: find the batch that would.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use super::Trainer;
use crate::cohort::Batch;
use crate::{Error, Result};

impl Trainer<'_> {
    /// Explains a failed step: where memory ran out, tries half of the batch, and half of that, until one fits.
    pub(super) fn explain(&self, error: Error, epoch: usize, step: usize, batch: &Batch) -> Error {
        too_large(error, batch.windows.len(), |half| self.fits(epoch, step, batch, half).is_ok())
    }

    fn fits(&self, epoch: usize, step: usize, batch: &Batch, windows: usize) -> Result<()> {
        let batch = batch.first(windows)?;
        caught(|| self.differentiate(epoch, step, &batch)).map(drop)
    }
}

/// What a step with a batch of so many windows failed of; where memory ran out, with the half, or half of that, that fits.
pub(super) fn too_large(error: Error, batch: usize, fits: impl Fn(usize) -> bool) -> Error {
    if !error.is_out_of_memory() {
        return error;
    }
    let fits = std::iter::successors(Some(batch / 2), |half| Some(half / 2))
        .take_while(|half| *half > 0)
        .find(|half| fits(*half));
    Error::OutOfMemory { batch, fits, reason: error.to_string() }
}

/// Runs `work` so that memory that runs out is an error in whichever operation it does: tch frees a number that an operation
/// was given before it asks whether the operation failed, finds the failure then, and panics.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| match memory_error(&*payload) {
        Some(error) => Err(error),
        None => panic::resume_unwind(payload),
    })
}

/// Whether a panic of this payload is one that training turns into [`Error::OutOfMemory`]: a program's panic hook need not
/// show it.
pub fn is_handled_panic(payload: &(dyn Any + Send)) -> bool {
    memory_error(payload).is_some()
}

/// The error that a panic tells of, if memory ran out.
fn memory_error(payload: &(dyn Any + Send)) -> Option<Error> {
    let text = payload.downcast_ref::<String>()?;
    // As `unwrap` writes it, with libtorch's call stack in further lines, escaped.
    let (_, said) = text.split_once("Torch(\"")?;
    let error = Error::Torch(said.split("\\n").next()?.to_owned());
    error.is_out_of_memory().then_some(error)
}

// Memory that runs out anywhere cannot be tested on the CPU: oneDNN, which libtorch takes for convolutions there, ends the process
// where it gets none for itself.
#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;
    use crate::cohort::{Cohort, CohortWriter};
    use crate::device::DeviceChoice;
    use crate::kind::ModelKind;
    use crate::settings::{ModelSettings, TrainSettings};

    /// What libtorch says to a petabyte.
    fn refused() -> Result<Tensor> {
        Ok(Tensor::f_zeros([1 << 48], (Kind::Float, Device::Cpu))?)
    }

    #[test]
    fn the_batch_that_would_fit_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cohort");
        let mut writer = CohortWriter::create(&path, [32, 32, 12]).unwrap();
        writer.push("subject", &vec![0.5; 32 * 32 * 12], &vec![true; 32 * 32 * 12]).unwrap();
        writer.finish().unwrap();
        let cohort = Cohort::open(&path).unwrap();
        let model = ModelSettings { width: 1.0 / 48.0, ..Default::default() };
        let (settings, target) = (TrainSettings::default(), folder.path().join("model"));
        let kind = ModelKind::SsimMemAe;
        let trainer =
            Trainer::new(kind, &model, &settings, &cohort, &cohort, target, DeviceChoice::Cpu).unwrap();
        let (windows, _) = cohort.windows(false);
        let batch = trainer.train.gather(&windows[..9], false).unwrap();

        let text = trainer.explain(refused().unwrap_err(), 1, 0, &batch).to_string();
        assert!(text.starts_with("memory does not suffice for a batch of 9; a batch of 4 fits"), "{text}");
        let other = trainer.explain(Error::invalid("another"), 1, 0, &batch).to_string();
        assert!(other.contains("another") && !other.contains("memory"), "{other}");
    }

    #[test]
    fn memory_that_runs_out_is_an_error_also_where_tch_panics() {
        assert!(caught(refused).unwrap_err().is_out_of_memory());
        let Err(Error::Torch(said)) = refused() else { panic!("it was granted") };
        let said = tch::TchError::Torch(said);
        let panicking = || -> Result<()> { panic!("called `Result::unwrap()` on an `Err` value: {said:?}") };
        assert!(caught(panicking).unwrap_err().is_out_of_memory());

        let other = panic::catch_unwind(|| caught(|| -> Result<()> { panic!("something else") }));
        assert!(!is_handled_panic(&*other.unwrap_err()));
    }
}
