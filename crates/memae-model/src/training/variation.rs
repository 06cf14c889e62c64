//! Scans varied each time they are seen: mirrored, and with other proportions between dark and bright.

use rand::RngExt;
use tch::{Device, Kind, Tensor};

use crate::cohort::Batch;
use crate::random::{self, Purpose};
use crate::settings::Augmentation;
use crate::{Result, tensors};

/// Varies windows as a function of (seed, epoch, window) alone, whatever else is in the batch.
pub(crate) struct Variation {
    settings: Augmentation,
    seed: u64,
}

impl Variation {
    /// `None` where nothing is varied.
    pub(crate) fn new(settings: Augmentation, seed: u64) -> Option<Self> {
        (settings != Augmentation::default()).then_some(Self { settings, seed })
    }

    /// The windows, what is to be reconstructed of them, and where the brain is.
    pub(crate) fn apply<'a>(&self, batch: &Batch<'a>, epoch: usize) -> Result<Batch<'a>> {
        let (mut mirrored, mut powers) = (Vec::new(), Vec::new());
        for window in batch.windows {
            let mut rng = random::stream(self.seed, Purpose::Variation, epoch as u64, window.number());
            mirrored.push(f32::from(u8::from(self.settings.flip && rng.random())));
            powers.push((self.settings.gamma as f32 * random::normal(&mut rng, 1)[0]).exp());
        }
        let device = batch.input.device();
        let mirrored = per_window(&mirrored, device)?.f_to_kind(Kind::Bool)?;
        let powers = per_window(&powers, device)?;
        // The first axis of a slice runs from left to right.
        let flipped = |x: &Tensor| -> Result<Tensor> {
            if !self.settings.flip {
                return Ok(x.shallow_clone());
            }
            Ok(x.f_flip([2])?.f_where_self(&mirrored, x)?)
        };
        let varied = |x: &Tensor| -> Result<Tensor> {
            let x = flipped(x)?;
            if self.settings.gamma == 0.0 {
                return Ok(x);
            }
            let between = x.f_gt(0.0)?.f_logical_and(&x.f_lt(1.0)?)?;
            Ok(x.f_pow(&powers)?.f_where_self(&between, &x)?)
        };
        Ok(Batch {
            windows: batch.windows,
            input: varied(&batch.input)?,
            target: varied(&batch.target)?,
            brain: batch.brain.as_ref().map(flipped).transpose()?,
        })
    }
}

/// One number for each window, to be spread over its pixels.
fn per_window(values: &[f32], device: Device) -> Result<Tensor> {
    tensors::from_slice(values, &[values.len() as i64, 1, 1, 1], device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::Window;
    use crate::tensors::to_vec;

    const PIXELS: usize = 6 * 4;

    /// Values below 0, between 0 and 1, and above.
    fn value(index: usize) -> f32 {
        (index * 7 % 31) as f32 / 20.0 - 0.2
    }

    fn batch(windows: &[Window]) -> Batch<'_> {
        let values = |channels: usize| -> Tensor {
            let count = channels * PIXELS * windows.len();
            let values: Vec<f32> = (0..count).map(|index| value(index % PIXELS)).collect();
            tensors::from_slice(&values, &[windows.len() as i64, channels as i64, 6, 4], Device::Cpu).unwrap()
        };
        Batch { windows, input: values(3), target: values(1), brain: Some(values(1)) }
    }

    fn windows(count: usize) -> Vec<Window> {
        (0..count).map(|slice| Window { subject: 2, slice }).collect()
    }

    #[test]
    fn input_target_and_brain_are_mirrored_alike_in_half_of_the_windows() {
        let windows = windows(200);
        let variation = Variation::new(Augmentation { flip: true, gamma: 0.0 }, 4).unwrap();
        let varied = variation.apply(&batch(&windows), 1).unwrap();
        let plain: Vec<f32> = (0..PIXELS).map(value).collect();
        let mirrored: Vec<f32> = (0..PIXELS).map(|pixel| value((5 - pixel / 4) * 4 + pixel % 4)).collect();
        let [input, target, brain] =
            [varied.input, varied.target, varied.brain.unwrap()].map(|tensor| to_vec(&tensor).unwrap());
        let mut count = 0;
        for number in 0..windows.len() {
            let slice = |values: &[f32], at: usize| values[at * PIXELS..(at + 1) * PIXELS].to_vec();
            let is_mirrored = slice(&target, number) == mirrored;
            count += usize::from(is_mirrored);
            let expected = if is_mirrored { &mirrored } else { &plain };
            assert_eq!(slice(&target, number), *expected);
            assert_eq!(slice(&brain, number), *expected);
            assert!((0..3).all(|channel| slice(&input, 3 * number + channel) == *expected));
        }
        assert!((80..120).contains(&count), "{count}");
    }

    #[test]
    fn powers_keep_background_order_and_what_is_beyond_0_and_1() {
        let windows = windows(300);
        let variation = Variation::new(Augmentation { flip: false, gamma: 0.3 }, 4).unwrap();
        let varied = to_vec(&variation.apply(&batch(&windows), 1).unwrap().target).unwrap();
        let mut logarithms = Vec::new();
        for slice in varied.chunks_exact(PIXELS) {
            let power = slice[1].ln() / value(1).ln();
            logarithms.push(power.ln());
            for (pixel, found) in slice.iter().enumerate() {
                let plain = value(pixel);
                let expected = if plain > 0.0 && plain < 1.0 { plain.powf(power) } else { plain };
                assert!((found - expected).abs() < 1e-4, "{plain}: {found}, not {expected}");
            }
        }
        let count = logarithms.len() as f32;
        let mean = logarithms.iter().sum::<f32>() / count;
        let deviation = (logarithms.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt();
        assert!(mean.abs() < 0.06 && (deviation - 0.3).abs() < 0.05, "{mean} {deviation}");
    }

    #[test]
    fn a_window_is_varied_alike_in_any_batch_and_otherwise_in_another_epoch() {
        let windows = windows(9);
        let variation = Variation::new(Augmentation { flip: true, gamma: 0.2 }, 4).unwrap();
        let varied = |windows: &[Window], epoch| {
            to_vec(&variation.apply(&batch(windows), epoch).unwrap().target).unwrap()
        };
        let together = varied(&windows, 2);
        for (window, expected) in windows.iter().zip(together.chunks_exact(PIXELS)) {
            assert_eq!(varied(&[*window], 2), expected);
        }
        assert_ne!(varied(&windows, 3), together);
        assert!(Variation::new(Augmentation::default(), 4).is_none());
    }
}
