//! Batches, assembled on a thread of their own while the network works.

use std::sync::mpsc::sync_channel;

use rand::seq::SliceRandom;
use tch::{Device, Tensor};

use crate::cohort::{Cohort, Window};
use crate::random::{self, Purpose};
use crate::{Result, tensors};

/// Batches that wait at most for the network.
const QUEUE: usize = 2;

/// The pixels of a batch in owned buffers.
pub(crate) struct Batch<'a> {
    pub(crate) windows: &'a [Window],
    /// (batch, H, W, 3): the three slices of a window are the channels, `channels_last`.
    pub(crate) input: Vec<f32>,
    /// (batch, H, W): the centre slices.
    pub(crate) target: Vec<f32>,
    /// (batch, H, W): 1 inside the brain; empty if not asked for.
    pub(crate) brain: Vec<f32>,
}

impl<'a> Batch<'a> {
    fn gather(cohort: &Cohort, windows: &'a [Window], with_brain: bool) -> Self {
        let pixels = cohort.sides().iter().product::<usize>() * windows.len();
        let mut input = vec![0.0; 3 * pixels];
        let mut target = Vec::with_capacity(pixels);
        let mut brain = Vec::with_capacity(if with_brain { pixels } else { 0 });
        for (window, input) in windows.iter().zip(input.chunks_exact_mut(3 * pixels / windows.len())) {
            let value = cohort.dequantize(window.subject);
            let slice = |offset: usize| cohort.slice(window.subject, window.slice + offset - 1);
            let (below, centre, above) = (slice(0), slice(1), slice(2));
            for (((pixel, below), centre), above) in
                input.chunks_exact_mut(3).zip(below).zip(centre).zip(above)
            {
                pixel.copy_from_slice(&[value(*below), value(*centre), value(*above)]);
            }
            target.extend(centre.iter().map(|quantized| value(*quantized)));
            if with_brain {
                brain.extend(centre.iter().map(|quantized| f32::from(u8::from(*quantized != 0))));
            }
        }
        Self { windows, input, target, brain }
    }

    /// The batch as tensors: input (batch, 3, H, W), target and, if gathered, brain (batch, 1, H, W).
    pub(crate) fn upload(
        &self,
        sides: [usize; 2],
        device: Device,
    ) -> Result<(Tensor, Tensor, Option<Tensor>)> {
        let [rows, columns] = sides.map(|side| side as i64);
        let n = self.windows.len() as i64;
        let upload = |values: &[f32], shape: [i64; 4]| tensors::from_slice(values, &shape, device);
        let x = upload(&self.input, [n, rows, columns, 3])?.f_permute([0, 3, 1, 2])?;
        let target = upload(&self.target, [n, 1, rows, columns])?;
        let brain =
            (!self.brain.is_empty()).then(|| upload(&self.brain, [n, 1, rows, columns])).transpose()?;
        Ok((x, target, brain))
    }
}

/// The windows in the order of an epoch: a function of seed and epoch alone.
pub(crate) fn shuffled(windows: &[Window], seed: u64, epoch: usize) -> Vec<Window> {
    let mut order = windows.to_vec();
    order.shuffle(&mut random::stream(seed, Purpose::Shuffle, epoch as u64, 0));
    order
}

/// Calls `consume` with each batch and its number; stops at its first error.
pub(crate) fn for_each_batch<E>(
    cohort: &Cohort,
    windows: &[Window],
    batch: usize,
    with_brain: bool,
    mut consume: impl FnMut(usize, &Batch) -> Result<(), E>,
) -> Result<(), E> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(QUEUE);
        scope.spawn(move || {
            for windows in windows.chunks(batch) {
                // Nobody receives any more: the consumer stopped.
                if sender.send(Batch::gather(cohort, windows, with_brain)).is_err() {
                    break;
                }
            }
        });
        // The receiver must go before the scope waits for the thread, also on an error.
        receiver.into_iter().enumerate().try_for_each(|(step, batch)| consume(step, &batch))
    })
}
