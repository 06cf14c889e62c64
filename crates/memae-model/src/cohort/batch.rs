//! Some windows of a cohort as tensors.

use tch::Tensor;

use super::window::Window;
use crate::Result;

/// A batch on the network's device.
pub(crate) struct Batch<'a> {
    pub(crate) windows: &'a [Window],
    /// (batch, 3, H, W), `channels_last`: the slices of each window.
    pub(crate) input: Tensor,
    /// (batch, 1, H, W): the centre slices.
    pub(crate) target: Tensor,
    /// (batch, 1, H, W): 1 inside the brain; if asked for.
    pub(crate) brain: Option<Tensor>,
}

impl Batch<'_> {
    /// The first `count` windows.
    pub(crate) fn first(&self, count: usize) -> Result<Self> {
        let first = |tensor: &Tensor| tensor.f_narrow(0, 0, count as i64);
        Ok(Self {
            windows: &self.windows[..count],
            input: first(&self.input)?,
            target: first(&self.target)?,
            brain: self.brain.as_ref().map(first).transpose()?,
        })
    }
}
