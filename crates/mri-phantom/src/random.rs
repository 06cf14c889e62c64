//! Randomness as a function of (seed, subject, purpose, place), never of the order of evaluation.

use std::f64::consts::TAU;

use nalgebra::Vector3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for. Each purpose has its own stream, so that a change of one
/// leaves the others as they were.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Shape = 1,
    Signal,
    Pose,
    Bias,
    Noise,
    Tumour,
    Tile,
    Warp,
    Age,
    Texture,
    Scanner,
}

/// A `ChaCha8` stream that belongs to one subject and purpose.
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    pub(crate) fn new(seed: u64, subject: u64, purpose: Purpose) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(subject);
        rng.set_word_pos((purpose as u128) << 40);
        Self(rng)
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `low..high`.
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        let unit = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        low + (high - low) * unit
    }

    /// Normal, redrawn until it lies within 2.5 standard deviations, so that no subject is a monster.
    pub(crate) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        loop {
            let radius = (-2.0 * (1.0 - self.uniform(0.0, 1.0)).ln()).sqrt();
            let value = radius * self.uniform(0.0, TAU).cos();
            if value.abs() <= 2.5 {
                return mean + deviation * value;
            }
        }
    }

    /// Uniform on the unit sphere.
    pub(crate) fn direction(&mut self) -> Vector3<f32> {
        let z = self.uniform(-1.0, 1.0);
        let (sin, cos) = self.uniform(0.0, TAU).sin_cos();
        let rho = (1.0 - z * z).sqrt();
        Vector3::new((rho * cos) as f32, (rho * sin) as f32, z as f32)
    }
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood 2014): a counter in, 64 mixed bits out.
pub(crate) fn mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Fast standard normal deviates: quantiles of the normal distribution in a table, interpolated. The
/// tails end at about 3.7 standard deviations.
pub(crate) struct NormalTable(Vec<f32>);

impl NormalTable {
    const CELLS: usize = 4096;

    pub(crate) fn new() -> Self {
        let cells = Self::CELLS as f64;
        let level = |node: usize| (node as f64).clamp(0.5, cells - 0.5) / cells;
        Self((0..=Self::CELLS).map(|node| normal_quantile(level(node)) as f32).collect())
    }

    /// A standard normal deviate from 32 random bits.
    #[inline]
    pub(crate) fn deviate(&self, bits: u32) -> f32 {
        let cell = (bits >> 20) as usize;
        let fraction = (bits & 0xf_ffff) as f32 * (1.0 / 1_048_576.0);
        self.0[cell] + fraction * (self.0[cell + 1] - self.0[cell])
    }
}

/// Inverse of the standard normal distribution function by bisection (used for the table only).
fn normal_quantile(level: f64) -> f64 {
    let (mut low, mut high) = (-6.0_f64, 6.0_f64);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if normal_distribution(middle) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Standard normal distribution function by its Taylor series about 0, exact to 1e-12 within +-6.
fn normal_distribution(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 0.0_f64);
    while term.abs() > 1e-17 && n < 400.0 {
        n += 1.0;
        term *= x * x / (2.0 * n + 1.0);
        sum += term;
    }
    0.5 + sum * (-0.5 * x * x).exp() / TAU.sqrt()
}
