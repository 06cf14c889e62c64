//! How likely each working voxel is brain, by the atlas and by what the classes look like in this scan.

use nalgebra::Vector3;
use ndarray::Array3;
use rayon::prelude::*;

use super::atlas::{Atlas, CLASSES, GREY, INNER_FLUID, PerClass, WHITE};
use super::metric::BINS;
use super::samples::Scale;
use super::warp::Warp;
use super::working::Working;

/// Rounds of expectation maximization.
const ROUNDS: usize = 8;
/// Share of each class that looks like anything: lesions, artefacts.
const OUTLIERS: f32 = 0.05;
/// Voxels that are counted together, always the same ones and merged in order.
const CHUNK: usize = 1 << 15;
/// Agreement of neighbours: log odds for each of the six that is certain.
const COUPLING: f32 = 1.0;
/// Rounds of smoothing by agreement.
const SMOOTHINGS: usize = 10;

/// Probabilities on the working grid.
pub(super) struct Probabilities {
    /// Of the hull of the brain, by the atlas alone.
    pub(super) prior: Array3<f32>,
    /// Of the hull: tissue and the fluid within.
    pub(super) hull: Array3<f32>,
    /// Of grey or white matter.
    pub(super) tissue: Array3<f32>,
}

/// Probability of each intensity bin in each class.
type Likelihood = [PerClass; BINS];

/// Combines the atlas, bent by `warp`, with the intensities of its classes, which are estimated from the scan
/// itself by expectation maximization (Ashburner and Friston, "Unified segmentation", `NeuroImage` 26, 2005; here
/// with histograms in place of normal distributions).
pub(super) fn classify(working: &Working, scale: Scale, warp: &Warp) -> Probabilities {
    let shape = working.shape();
    let atlas = Atlas::get();
    let place = |index: usize| [index / (shape[1] * shape[2]), index / shape[2] % shape[1], index % shape[2]];
    let priors: Vec<PerClass> = (0..working.values.len())
        .into_par_iter()
        .map(|index| {
            let world = working.world(Vector3::from(place(index).map(|n| n as f64)));
            atlas.at(warp.apply(&world).cast())
        })
        .collect();
    let bins: Vec<u8> = working.values.iter().map(|&value| scale.bin(value)).collect();
    let mut likelihood = [[1.0; CLASSES]; BINS];
    for _ in 0..ROUNDS {
        likelihood = estimate(&priors, &bins, &likelihood);
    }

    let share = |of: fn(&PerClass) -> f32| {
        let values = priors.par_iter().zip(&bins).map(|(prior, &bin)| {
            let row = &likelihood[usize::from(bin)];
            let joint: PerClass = std::array::from_fn(|class| prior[class] * row[class]);
            of(&joint) / joint.iter().sum::<f32>().max(f32::MIN_POSITIVE)
        });
        Array3::from_shape_vec(shape, values.collect()).expect("there is a value for each voxel")
    };
    let prior = Array3::from_shape_vec(shape, priors.iter().map(hull).collect());
    Probabilities {
        prior: prior.expect("there is a value for each voxel"),
        hull: agreed(&share(hull)),
        tissue: agreed(&share(tissue)),
    }
}

fn tissue(classes: &PerClass) -> f32 {
    classes[GREY] + classes[WHITE]
}

pub(super) fn hull(classes: &PerClass) -> f32 {
    tissue(classes) + classes[INNER_FLUID]
}

/// What each class looks like, given how likely each voxel belongs to it.
fn estimate(priors: &[PerClass], bins: &[u8], before: &Likelihood) -> Likelihood {
    let parts: Vec<Likelihood> = priors
        .par_chunks(CHUNK)
        .zip(bins.par_chunks(CHUNK))
        .map(|(priors, bins)| {
            let mut part = [[0.0; CLASSES]; BINS];
            for (prior, &bin) in priors.iter().zip(bins) {
                let row = &before[usize::from(bin)];
                let joint: PerClass = std::array::from_fn(|class| prior[class] * row[class]);
                let sum = joint.iter().sum::<f32>().max(f32::MIN_POSITIVE);
                for (count, share) in part[usize::from(bin)].iter_mut().zip(joint) {
                    *count += share / sum;
                }
            }
            part
        })
        .collect();
    let mut counts = [[0.0; CLASSES]; BINS];
    for part in &parts {
        for (count, more) in counts.iter_mut().flatten().zip(part.iter().flatten()) {
            *count += more;
        }
    }
    let all: [f32; BINS] = counts.map(|row| row.iter().sum());
    let total: f32 = all.iter().sum();
    let totals: PerClass = std::array::from_fn(|class| counts.iter().map(|row| row[class]).sum());
    std::array::from_fn(|bin| {
        std::array::from_fn(|class| {
            let at = |offset: isize| counts[bin.saturating_add_signed(offset).min(BINS - 1)][class];
            let smooth = (at(-2) + 4.0 * at(-1) + 6.0 * at(0) + 4.0 * at(1) + at(2)) / 16.0;
            (1.0 - OUTLIERS) * smooth / totals[class].max(1.0) + OUTLIERS * all[bin].max(1.0) / total
        })
    })
}

/// Probabilities that agree with those of the face neighbours: the mean field of a Markov random field.
fn agreed(probability: &Array3<f32>) -> Array3<f32> {
    let [ni, nj, nk]: [usize; 3] = probability.dim().into();
    let odds = probability.mapv(|p| {
        let p = p.clamp(1e-4, 1.0 - 1e-4);
        (p / (1.0 - p)).ln()
    });
    let odds = odds.as_slice().expect("a mapped array is contiguous");
    let mut now = probability.iter().copied().collect::<Vec<f32>>();
    for _ in 0..SMOOTHINGS {
        let mut next = vec![0.0; now.len()];
        next.par_chunks_mut(nj * nk).enumerate().for_each(|(i, plane)| {
            for (jk, value) in plane.iter_mut().enumerate() {
                let (j, k, index) = (jk / nk, jk % nk, i * nj * nk + jk);
                // Beyond the grid it goes on as inside.
                let or_here = |inside: bool, at: usize| if inside { now[at] } else { now[index] };
                let around = or_here(i > 0, index.wrapping_sub(nj * nk))
                    + or_here(i + 1 < ni, index + nj * nk)
                    + or_here(j > 0, index.wrapping_sub(nk))
                    + or_here(j + 1 < nj, index + nk)
                    + or_here(k > 0, index.wrapping_sub(1))
                    + or_here(k + 1 < nk, index + 1);
                *value = 1.0 / (1.0 + (-(odds[index] + COUPLING * (around - 3.0))).exp());
            }
        });
        now = next;
    }
    Array3::from_shape_vec(probability.dim(), now).expect("there is a value for each voxel")
}
