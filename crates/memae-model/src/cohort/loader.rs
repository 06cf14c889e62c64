//! Batches, assembled on a thread of their own while the network works.

use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;

use super::batch::Batch;
use super::source::Source;
use super::window::Window;
use crate::random::{self, Purpose};
use crate::{Error, Result};

/// Batches that wait at most for the network.
const QUEUE: usize = 2;

/// The windows in the order of an epoch: a function of seed and epoch alone.
pub(crate) fn shuffled(windows: &[Window], seed: u64, epoch: usize) -> Vec<Window> {
    let mut order = windows.to_vec();
    order.shuffle(&mut random::stream(seed, Purpose::Shuffle, epoch as u64, 0));
    order
}

/// Calls `consume` with each batch and its number; stops at the first error. Returns how long it waited for batches.
pub(crate) fn for_each_batch<E: From<Error>>(
    source: Source,
    windows: &[Window],
    batch: usize,
    with_brain: bool,
    mut consume: impl FnMut(usize, &Batch) -> Result<(), E>,
) -> Result<Duration, E> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(QUEUE);
        scope.spawn(move || {
            for windows in windows.chunks(batch) {
                // Nobody receives any more: the consumer stopped.
                if sender.send(source.gather(windows, with_brain)).is_err() {
                    break;
                }
            }
        });
        // The receiver must go before the scope waits for the thread, also on an error.
        let mut batches = receiver.into_iter().enumerate();
        let mut waited = Duration::ZERO;
        loop {
            let start = Instant::now();
            let Some((step, batch)) = batches.next() else { return Ok(waited) };
            waited += start.elapsed();
            consume(step, &batch?)?;
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_is_a_function_of_seed_and_epoch(seed: u64, epoch in 0usize..1000, subjects in 1usize..5) {
            let windows: Vec<Window> =
                (0..subjects).flat_map(|subject| (1..40).map(move |slice| Window { subject, slice })).collect();
            let order = shuffled(&windows, seed, epoch);
            prop_assert_eq!(&order, &shuffled(&windows, seed, epoch));
            for (seed, epoch) in [(seed, epoch + 1), (seed.wrapping_add(1), epoch)] {
                prop_assert_ne!(&order, &shuffled(&windows, seed, epoch));
            }
            let places = |windows: &[Window]| -> BTreeSet<(usize, usize)> {
                windows.iter().map(|window| (window.subject, window.slice)).collect()
            };
            prop_assert_eq!(places(&order), places(&windows));
            prop_assert_eq!(order.len(), windows.len());
        }
    }
}
