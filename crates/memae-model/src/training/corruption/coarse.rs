//! The coarse noise of denoising autoencoders (Kascenas et al. 2022, "Denoising autoencoders for unsupervised anomaly detection
//! in brain MRI"): normal noise on a coarse grid, enlarged bilinearly to the slice, shifted at random with wrap-around, and
//! added.

use rand::RngExt;
use tch::{Device, Tensor};

use crate::Result;
use crate::cohort::Window;
use crate::random::{self, Purpose};
use crate::settings::NoiseSettings;
use crate::tensors;

/// Noise for slices of a fixed size.
pub(crate) struct CoarseNoise {
    pub(super) settings: NoiseSettings,
    pub(super) seed: u64,
    pub(super) sides: [usize; 2],
}

impl CoarseNoise {
    /// The noise of each window, (batch, 1, H, W).
    pub(super) fn field(&self, windows: &[Window], epoch: usize, device: Device) -> Result<Tensor> {
        let points = self.settings.resolution.pow(2);
        let mut coarse = Vec::with_capacity(points * windows.len());
        let mut shifts = Vec::with_capacity(windows.len());
        for window in windows {
            let mut rng = random::stream(self.seed, Purpose::Corruption, epoch as u64, window.number());
            let normal = random::normal(&mut rng, points);
            coarse.extend(normal.iter().map(|value| value * self.settings.sigma as f32));
            shifts.push(self.sides.map(|side| rng.random_range(0..side as i64)));
        }
        enlarge(&coarse, self.settings.resolution, &shifts, self.sides, device)
    }
}

/// Fields of `resolution` x `resolution` points, corner on corner, as fields of `sides`, each rolled by its shift.
fn enlarge(
    coarse: &[f32],
    resolution: usize,
    shifts: &[[i64; 2]],
    sides: [usize; 2],
    device: Device,
) -> Result<Tensor> {
    let shape = [shifts.len() as i64, 1, resolution as i64, resolution as i64];
    let fine = tensors::from_slice(coarse, &shape, device)?.f_upsample_bilinear2d(
        sides.map(|side| side as i64),
        true,
        None,
        None,
    )?;
    let rolled = shifts
        .iter()
        .enumerate()
        .map(|(at, shift)| Ok(fine.f_narrow(0, at as i64, 1)?.f_roll(shift, [2, 3])?))
        .collect::<Result<Vec<_>>>()?;
    Ok(Tensor::f_cat(&rolled, 0)?)
}

#[cfg(test)]
mod tests {
    use super::super::Corruption;
    use super::*;
    use crate::tensors::to_vec;

    const SIDES: [usize; 2] = [20, 28];
    const WINDOWS: [Window; 3] =
        [Window { subject: 0, slice: 4 }, Window { subject: 1, slice: 4 }, Window { subject: 1, slice: 5 }];

    fn coarse(resolution: usize) -> CoarseNoise {
        CoarseNoise { settings: NoiseSettings { resolution, sigma: 0.2 }, seed: 9, sides: SIDES }
    }

    fn noise(windows: &[Window], epoch: usize) -> Vec<Vec<f32>> {
        let noise = coarse(4).field(windows, epoch, Device::Cpu).unwrap();
        to_vec(&noise).unwrap().chunks_exact(SIDES[0] * SIDES[1]).map(<[f32]>::to_vec).collect()
    }

    #[test]
    fn the_field_is_bilinear_between_coarse_points_and_wraps_around() {
        let coarse: Vec<f32> = (0..9).map(|i| ((7 * i) % 5) as f32).collect();
        let shift = [6, 11];
        let field = to_vec(&enlarge(&coarse, 3, &[shift], SIDES, Device::Cpu).unwrap()).unwrap();
        for row in 0..SIDES[0] {
            for column in 0..SIDES[1] {
                // Where the value came from, in units of coarse points.
                let source = |at: usize, axis: usize| {
                    let side = SIDES[axis];
                    let before = (at + side - shift[axis] as usize) % side;
                    before as f32 * 2.0 / (side - 1) as f32
                };
                let (r, c) = (source(row, 0), source(column, 1));
                let mut expected = 0.0;
                for (i, value) in coarse.iter().enumerate() {
                    let weight = |at: f32, point: usize| (1.0 - (at - point as f32).abs()).max(0.0);
                    expected += value * weight(r, i / 3) * weight(c, i % 3);
                }
                let found = field[row * SIDES[1] + column];
                assert!((found - expected).abs() < 1e-5, "({row}, {column}): {found}, not {expected}");
            }
        }
    }

    #[test]
    fn it_depends_on_seed_epoch_and_window_alone() {
        let together = noise(&WINDOWS, 3);
        for (window, expected) in WINDOWS.iter().zip(&together) {
            assert_eq!(noise(&[*window], 3)[0], *expected);
        }
        assert!(together[0] != together[1] && together[1] != together[2]);
        assert_ne!(noise(&WINDOWS[..1], 4)[0], together[0]);
        let other = CoarseNoise { seed: 10, ..coarse(4) };
        assert_ne!(to_vec(&other.field(&WINDOWS[..1], 3, Device::Cpu).unwrap()).unwrap(), together[0]);
    }

    #[test]
    fn its_standard_deviation_at_the_coarse_points_is_sigma() {
        // As many points as pixels: the enlarged field is the coarse one.
        let noise = CoarseNoise { sides: [20, 20], ..coarse(20) };
        let windows: Vec<Window> = (0..50).map(|slice| Window { subject: 0, slice }).collect();
        let values = to_vec(&noise.field(&windows, 1, Device::Cpu).unwrap()).unwrap();
        let n = values.len() as f32;
        let mean = values.iter().sum::<f32>() / n;
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / n).sqrt();
        assert!(mean.abs() < 0.005 && (deviation - 0.2).abs() < 0.005, "{mean} {deviation}");
    }

    #[test]
    fn the_background_stays_and_the_three_slices_get_the_same() {
        let pixels = SIDES[0] * SIDES[1];
        let clean: Vec<f32> = (0..3 * pixels).map(|i| if i % 5 == 0 { 0.0 } else { 0.5 }).collect();
        let shape = [1, 3, SIDES[0] as i64, SIDES[1] as i64];
        let x = tensors::from_slice(&clean, &shape, Device::Cpu).unwrap();
        let noisy = to_vec(&Corruption::Noise(coarse(4)).apply(&x, &WINDOWS[..1], 2).unwrap().input).unwrap();
        let field = &noise(&WINDOWS[..1], 2)[0];
        for (i, (noisy, clean)) in noisy.iter().zip(&clean).enumerate() {
            let expected = if *clean == 0.0 { 0.0 } else { clean + field[i % pixels] };
            assert_eq!(*noisy, expected);
        }
    }
}
