//! What to do when memory does not suffice: find the batch that would.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use super::Trainer;
use crate::loader::Batch;
use crate::{Error, Result};

impl Trainer<'_> {
    /// Explains a failed step: where memory ran out, tries half of the batch, and half of that, until one fits.
    pub(super) fn explain(&self, error: Error, epoch: usize, step: usize, batch: &Batch) -> Error {
        if !error.is_out_of_memory() {
            return error;
        }
        let size = batch.windows.len();
        let fits = std::iter::successors(Some(size / 2), |half| Some(half / 2))
            .take_while(|half| *half > 0)
            .find(|half| self.fits(epoch, step, batch, *half).is_ok());
        Error::OutOfMemory { batch: size, fits, reason: error.to_string() }
    }

    fn fits(&self, epoch: usize, step: usize, batch: &Batch, windows: usize) -> Result<()> {
        let batch = batch.first(windows)?;
        caught(|| self.differentiate(epoch, step, &batch)).map(drop)
    }
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
