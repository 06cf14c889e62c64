//! Random numbers as a pure function of what they are for: never of order, threads or device.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for; each use has streams of its own.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Initialization = 1,
    Shuffle = 2,
    /// Of the variational code.
    Noise = 3,
    /// Of the input of denoising autoencoders.
    Corruption = 4,
    /// Places and sizes of blobs pasted into validation scans, to see what a model copies.
    Blob = 5,
    /// How a training scan is varied.
    Variation = 6,
    /// Blobs in the input of denoising autoencoders.
    TrainingBlob = 7,
}

/// The stream for (seed, purpose, a, b).
pub(crate) fn stream(seed: u64, purpose: Purpose, a: u64, b: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, word) in key.chunks_exact_mut(8).zip([seed, purpose as u64, a, b]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// `n` numbers uniform in [-bound, bound).
pub(crate) fn uniform(rng: &mut ChaCha8Rng, n: usize, bound: f64) -> Vec<f32> {
    (0..n).map(|_| ((2.0 * rng.random::<f64>() - 1.0) * bound) as f32).collect()
}

/// `n` standard normal numbers (Box and Muller).
pub(crate) fn normal(rng: &mut ChaCha8Rng, n: usize) -> Vec<f32> {
    (0..n)
        .map(|_| {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            (radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
        })
        .collect()
}

/// A number for a name (FNV-1a), to give each parameter its own stream.
pub(crate) fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
