//! Blobs that look as lesions might: of any place and size, irregular, with a soft border, brighter or darker than tissue. To
//! learn from anomalies that are pasted into healthy scans is usual in the field (Tan et al. 2022, "Detecting outliers with
//! foreign patch interpolation"); this form of them is ours.

use std::f32::consts::TAU;
use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use crate::Result;
use crate::cohort::Window;
use crate::random::{self, Purpose};
use crate::settings::BlobSettings;
use crate::tensors;

/// Radii, uniform in their logarithm, as a share of a slice's shorter side: 2 to 29 mm where that is 160 mm.
const RADIUS: Range<f32> = 0.0125..0.18;
/// How many times longer than wide.
const LENGTH: Range<f32> = 1.0..2.5;
/// How much of what lies there a blob changes: some tissue shows through swelling.
const OPACITY: Range<f32> = 0.5..1.0;
/// The share of blobs that replace what lies there. The others are added to it, so that its structure stays, as in oedema.
const REPLACING: f64 = 0.5;
/// Pixels over which the border rises.
const BORDER: Range<f32> = 1.0..3.0;
/// How far the border strays, as a share of the radius, and the wavelengths of its course in radii.
const STRAY: f32 = 0.3;
const WAVELENGTH: Range<f32> = 0.7..2.5;
/// How much brighter than the median of the slice's head, or than what lies there, a bright blob is, how much darker a dark one,
/// and the share of the bright ones. In T2 most lesions are bright.
const BRIGHTER: Range<f32> = 0.05..0.6;
const DARKER: Range<f32> = 0.05..0.2;
const BRIGHT: f64 = 0.8;
/// Largest deviation of the intensity within a blob, and the wavelengths of its texture in pixels.
const TEXTURE: f32 = 0.1;
const GRAIN: Range<f32> = 3.0..12.0;

/// At most so much more than other pixels those of a blob count.
const MOST: f32 = 20.0;

/// Blobs for slices of a fixed size.
pub(crate) struct Blobs {
    pub(super) settings: BlobSettings,
    pub(super) seed: u64,
    pub(super) sides: [usize; 2],
}

/// What is pasted into one slice.
struct Layer {
    /// How much of a pixel's intensity stays, 0 to 1.
    kept: Vec<f32>,
    /// What is added to that.
    added: Vec<f32>,
    /// How much a pixel counts in the loss.
    weight: Vec<f32>,
    sides: [usize; 2],
}

impl Blobs {
    /// For `slices` (batch, 1, H, W), those of the windows, how much of a pixel's intensity stays, 0 to 1, what is added to that,
    /// and how much the pixel counts in the loss, all of the same shape.
    pub(super) fn pasted(&self, slices: &Tensor, windows: &[Window], epoch: usize) -> Result<[Tensor; 3]> {
        let values = tensors::to_vec(slices)?;
        let mut all: [Vec<f32>; 3] = Default::default();
        for (window, slice) in windows.iter().zip(values.chunks_exact(self.sides[0] * self.sides[1])) {
            let Layer { kept, added, weight, .. } = self.layer(slice, *window, epoch);
            for (all, one) in all.iter_mut().zip([kept, added, weight]) {
                all.extend(one);
            }
        }
        let like = |values: &[f32]| tensors::from_slice(values, &slices.size(), slices.device());
        Ok([like(&all[0])?, like(&all[1])?, like(&all[2])?])
    }

    fn layer(&self, slice: &[f32], window: Window, epoch: usize) -> Layer {
        let mut layer = Layer::empty(self.sides);
        let head: Vec<usize> = (0..slice.len()).filter(|&pixel| slice[pixel] != 0.0).collect();
        if head.is_empty() {
            return layer;
        }
        let tissue = median(head.iter().map(|&pixel| slice[pixel]).collect());
        let mut rng = random::stream(self.seed, Purpose::TrainingBlob, epoch as u64, window.number());
        // Some slices stay whole, some have many.
        let number = -self.settings.number * (1.0 - rng.random::<f64>()).ln();
        for _ in 0..number.round() as usize {
            let pixel = head[rng.random_range(0..head.len())];
            let centre = [pixel / self.sides[1], pixel % self.sides[1]].map(|place| place as f32);
            layer.paste(
                &Blob::draw(&mut rng, centre, tissue, self.sides),
                slice,
                self.settings.weight as f32,
            );
        }
        layer
    }
}

impl Layer {
    fn empty(sides: [usize; 2]) -> Self {
        let pixels = sides[0] * sides[1];
        Self { kept: vec![1.0; pixels], added: vec![0.0; pixels], weight: vec![1.0; pixels], sides }
    }

    /// Lays a blob over what is there already.
    fn paste(&mut self, blob: &Blob, slice: &[f32], weight: f32) {
        let reach = blob.reach();
        let [rows, columns] = [0, 1].map(|axis| {
            let first = (blob.centre[axis] - reach).ceil().max(0.0) as usize;
            let end = ((blob.centre[axis] + reach).floor() as usize + 1).min(self.sides[axis]);
            first..end
        });
        let width = self.sides[1];
        let places = rows.flat_map(|row| columns.clone().map(move |column| [row, column]));
        let filled: Vec<(usize, f32, f32)> = places
            .map(|place| (place[0] * width + place[1], blob.at(place.map(|at| at as f32))))
            .filter(|&(pixel, (share, _))| share > 0.0 && slice[pixel] != 0.0)
            .map(|(pixel, (share, value))| (pixel, share, value))
            .collect();
        let area: f32 = filled.iter().map(|(_, share, _)| share).sum();
        let weight = (weight / area.max(1.0)).min(MOST);
        for (pixel, share, value) in filled {
            if blob.replaces {
                self.kept[pixel] *= 1.0 - share;
                self.added[pixel] *= 1.0 - share;
            }
            self.added[pixel] += share * value;
            self.weight[pixel] += share * weight;
        }
    }
}

/// The upper one of an even number.
fn median(mut values: Vec<f32>) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// An irregular ellipse. Lengths are in pixels.
struct Blob {
    centre: [f32; 2],
    /// Across, and how many times longer it is along its axis.
    radius: f32,
    length: f32,
    /// Direction of the axis.
    axis: [f32; 2],
    border: f32,
    course: Waves,
    opacity: f32,
    /// Whether the value replaces what lies there, or is added to it.
    replaces: bool,
    value: f32,
    texture: Waves,
    strength: f32,
}

impl Blob {
    /// One in a head whose median is `tissue`.
    fn draw(rng: &mut ChaCha8Rng, centre: [f32; 2], tissue: f32, sides: [usize; 2]) -> Self {
        let shorter = sides[0].min(sides[1]) as f32;
        let radius = rng.random_range(RADIUS.start.ln()..RADIUS.end.ln()).exp() * shorter;
        let contrast =
            if rng.random_bool(BRIGHT) { rng.random_range(BRIGHTER) } else { -rng.random_range(DARKER) };
        let replaces = rng.random_bool(REPLACING);
        let angle: f32 = rng.random_range(0.0..TAU);
        Self {
            centre,
            radius,
            length: rng.random_range(LENGTH),
            axis: [angle.cos(), angle.sin()],
            border: rng.random_range(BORDER),
            course: Waves::draw(rng, WAVELENGTH.start * radius..WAVELENGTH.end * radius),
            opacity: rng.random_range(OPACITY),
            replaces,
            value: if replaces { tissue + contrast } else { contrast },
            texture: Waves::draw(rng, GRAIN),
            strength: rng.random_range(0.0..TEXTURE),
        }
    }

    /// Beyond this distance from the centre it fills nothing.
    fn reach(&self) -> f32 {
        self.length * ((1.0 + STRAY) * self.radius + 0.5 * self.border)
    }

    /// What of a pixel it fills, 0 to 1, and its value there.
    fn at(&self, pixel: [f32; 2]) -> (f32, f32) {
        let offset = [pixel[0] - self.centre[0], pixel[1] - self.centre[1]];
        let along = offset[0] * self.axis[0] + offset[1] * self.axis[1];
        let aside = offset[1] * self.axis[0] - offset[0] * self.axis[1];
        let distance = aside.hypot(along / self.length) + STRAY * self.radius * self.course.at(offset);
        let filled = ((self.radius - distance) / self.border + 0.5).clamp(0.0, 1.0);
        (self.opacity * filled, self.value + self.strength * self.texture.at(offset))
    }
}

/// Some waves in random directions, together within -1 and 1.
struct Waves([[f32; 3]; 4]);

impl Waves {
    fn draw(rng: &mut ChaCha8Rng, wavelengths: Range<f32>) -> Self {
        Self(std::array::from_fn(|_| {
            let number = TAU / rng.random_range(wavelengths.clone());
            let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
            [number * cos, number * sin, rng.random_range(0.0..TAU)]
        }))
    }

    fn at(&self, place: [f32; 2]) -> f32 {
        let waves =
            self.0.iter().map(|[row, column, phase]| (row * place[0] + column * place[1] + phase).sin());
        waves.sum::<f32>() / self.0.len() as f32
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::super::Corruption;
    use super::*;
    use crate::tensors::to_vec;

    const SIDES: [usize; 2] = [80, 96];
    const PIXELS: usize = SIDES[0] * SIDES[1];

    fn blobs(number: f64, seed: u64) -> Blobs {
        Blobs { settings: BlobSettings { number, ..BlobSettings::default() }, seed, sides: SIDES }
    }

    /// Heads of 0.3 in a background of 0.
    fn heads(count: usize) -> Tensor {
        let slice = |pixel: usize| if pixel.is_multiple_of(5) { 0.0 } else { 0.3 };
        let values: Vec<f32> = (0..count * PIXELS).map(slice).collect();
        tensors::from_slice(&values, &[count as i64, 1, 80, 96], Device::Cpu).unwrap()
    }

    fn windows(count: usize) -> Vec<Window> {
        (0..count).map(|slice| Window { subject: 1, slice }).collect()
    }

    #[test]
    fn blobs_are_a_function_of_seed_epoch_and_window_alone() {
        let windows = windows(5);
        let levels = |seed, windows: &[Window], epoch| {
            to_vec(&blobs(3.0, seed).pasted(&heads(windows.len()), windows, epoch).unwrap()[1]).unwrap()
        };
        let together = levels(9, &windows, 2);
        for (window, expected) in windows.iter().zip(together.chunks_exact(PIXELS)) {
            assert_eq!(levels(9, &[*window], 2), expected);
        }
        assert_ne!(levels(10, &windows, 2), together);
        assert_ne!(levels(9, &windows, 3), together);
    }

    #[test]
    fn as_many_slices_stay_whole_as_the_number_of_blobs_lets_expect() {
        // An exponential number rounds to 0 below 1/2.
        let [_, added, _] = blobs(2.0, 9).pasted(&heads(400), &windows(400), 1).unwrap();
        let added = to_vec(&added).unwrap();
        let whole = added.chunks_exact(PIXELS).filter(|slice| slice.iter().all(|&added| added == 0.0));
        let expected = 400.0 * (1.0 - (-0.25f64).exp());
        assert!((whole.count() as f64 - expected).abs() < 4.0 * expected.sqrt());
    }

    #[test]
    fn a_blob_shows_its_intensity_within_and_nothing_outside() {
        let mut rng = random::stream(1, Purpose::TrainingBlob, 0, 0);
        for _ in 0..50 {
            let blob = Blob::draw(&mut rng, [40.0, 48.0], 0.3, SIDES);
            let mut layer = Layer::empty(SIDES);
            layer.paste(&blob, &vec![0.3; PIXELS], 100.0);
            let at = |pixel: usize| [pixel / SIDES[1], pixel % SIDES[1]].map(|at| at as f32);
            let area: f32 = (0..PIXELS).map(|pixel| blob.at(at(pixel)).0).sum();
            for pixel in 0..PIXELS {
                let (share, value) = blob.at(at(pixel));
                let kept = if blob.replaces { 1.0 - share } else { 1.0 };
                assert!((layer.kept[pixel] - kept).abs() < 1e-6);
                assert!((layer.added[pixel] - share * value).abs() < 1e-6);
                let distance = (at(pixel)[0] - 40.0).hypot(at(pixel)[1] - 48.0);
                assert!(distance > (1.0 - STRAY) * blob.radius - blob.border || share == blob.opacity);
                assert!(share == 0.0 || distance < blob.reach());
                let weight = 1.0 + share * (100.0 / area).min(20.0);
                assert!((layer.weight[pixel] - weight).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn what_is_laid_over_covers_or_adds() {
        let mut rng = random::stream(1, Purpose::TrainingBlob, 0, 0);
        let mut blob = |replaces, value| Blob {
            replaces,
            value,
            opacity: 0.5,
            radius: 10.0,
            strength: 0.0,
            ..Blob::draw(&mut rng, [40.0, 48.0], 0.3, SIDES)
        };
        let mut layer = Layer::empty(SIDES);
        for blob in [blob(false, 0.2), blob(true, 0.6), blob(false, -0.1)] {
            layer.paste(&blob, &vec![0.3; PIXELS], 100.0);
        }
        let centre = 40 * SIDES[1] + 48;
        let shown = layer.kept[centre] * 0.3 + layer.added[centre];
        // 0.3, then 0.3 + 0.1, then half of it and half of 0.6, then 0.05 less.
        assert!((shown - 0.45).abs() < 1e-6, "{shown}");
    }

    #[test]
    fn bright_blobs_are_four_in_five_and_all_stand_out_of_the_tissue() {
        let mut rng = random::stream(1, Purpose::TrainingBlob, 0, 0);
        let blobs: Vec<Blob> = (0..1000).map(|_| Blob::draw(&mut rng, [40.0, 48.0], 0.3, SIDES)).collect();
        let replacing = blobs.iter().filter(|blob| blob.replaces).count();
        assert!((440..560).contains(&replacing), "{replacing}");
        let contrast = |blob: &Blob| if blob.replaces { blob.value - 0.3 } else { blob.value };
        let levels: Vec<f32> = blobs.iter().map(contrast).collect();
        assert!(levels.iter().all(|contrast| (0.0499..=0.6001).contains(&contrast.abs())));
        let bright = levels.iter().filter(|contrast| **contrast > 0.0).count();
        assert!((760..840).contains(&bright), "{bright}");
    }

    #[test]
    fn the_background_stays_and_the_three_slices_are_spoilt_alike() {
        let x = heads(1).repeat([1, 3, 1, 1]);
        let clean = to_vec(&x).unwrap();
        let window = windows(1);
        let corruption = Corruption::Blobs(blobs(6.0, 9));
        let spoilt = to_vec(&corruption.apply(&x, &window, 4).unwrap().input).unwrap();
        let [kept, added, _] =
            blobs(6.0, 9).pasted(&heads(1), &window, 4).unwrap().map(|t| to_vec(&t).unwrap());
        assert!(kept.iter().any(|&kept| kept < 0.5));
        for (i, (spoilt, clean)) in spoilt.iter().zip(&clean).enumerate() {
            let shown = (kept[i % PIXELS] * clean + added[i % PIXELS]).clamp(0.0, 1.0);
            assert!((spoilt - if *clean == 0.0 { 0.0 } else { shown }).abs() < 1e-6);
        }
    }
}
