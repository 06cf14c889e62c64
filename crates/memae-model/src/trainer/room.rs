//! What to do when memory does not suffice: find the batch that would.

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
        self.differentiate(epoch, step, &batch.first(windows)?).map(drop)
    }
}
