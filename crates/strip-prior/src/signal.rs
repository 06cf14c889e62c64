//! What each structure of a head looks like: like one of the usual contrasts, or like anything.

use mri_phantom::Tissue;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::field::normal;

/// Mean signals of [`Tissue::ALL`] in T2, T1, proton density and FLAIR.
const CONTRASTS: [[f32; 18]; 4] = [
    [0.02, 0.95, 1.0, 0.55, 0.42, 0.48, 0.33, 0.55, 0.43, 0.44, 0.43, 0.05, 0.4, 0.5, 0.35, 0.2, 0.7, 0.98],
    [0.02, 0.2, 0.18, 0.5, 0.75, 0.62, 0.7, 0.5, 0.75, 0.72, 0.7, 0.06, 0.8, 0.95, 0.4, 0.45, 0.4, 0.2],
    [0.02, 0.8, 0.8, 0.9, 0.75, 0.83, 0.77, 0.88, 0.75, 0.76, 0.75, 0.1, 0.6, 0.85, 0.6, 0.65, 0.8, 0.8],
    [0.02, 0.08, 0.06, 0.62, 0.5, 0.56, 0.45, 0.62, 0.5, 0.52, 0.49, 0.05, 0.45, 0.7, 0.35, 0.3, 0.65, 0.07],
];
/// Share of heads with one of the usual contrasts.
const USUAL: f64 = 0.6;
/// Share of those that are T2.
const T2: f64 = 0.4;

/// Signals of one head.
pub(crate) struct Signals {
    /// Of each class of its map.
    pub(crate) of_class: Vec<f32>,
    /// Of the second kind of soft tissue.
    pub(crate) soft: f32,
    /// Of lesions: rim and core.
    pub(crate) lesion: [f32; 2],
}

impl Signals {
    pub(crate) fn draw(labels: &[u16], random: &mut ChaCha8Rng) -> Self {
        let usual = random.random_bool(USUAL);
        let contrast = if random.random_bool(T2) { 0 } else { random.random_range(1..4) };
        let tissues: [f32; 18] = std::array::from_fn(|tissue| {
            if usual {
                CONTRASTS[contrast][tissue] * (0.22 * normal(random)).exp()
            } else if tissue == Tissue::Air as usize
                || tissue == Tissue::Bone as usize && random.random_bool(0.5)
            {
                random.random_range(0.0..0.12)
            } else {
                random.random_range(0.02..1.0)
            }
        });
        let mut signals = Self {
            of_class: labels
                .iter()
                .map(|&label| {
                    let tissue = Tissue::of_label(label).unwrap_or(Tissue::Air);
                    let spread = if tissue == Tissue::Air { 0.0 } else { 0.06 };
                    (tissues[tissue as usize] * (1.0 + spread * normal(random))).max(0.0)
                })
                .collect(),
            soft: random.random_range(0.05..1.0),
            lesion: std::array::from_fn(|_| random.random_range(0.0..1.1)),
        };
        // A whole background of zeros is as usual as noise.
        if random.random_bool(0.4) {
            signals.of_class[0] = 0.0;
        }
        signals
    }
}
