//! The shape prior: how likely each class of tissue is at each place of a mean head.
//!
//! `atlas.bin.gz` is made by `make_atlas.py` beside this file from label maps 01 to 06 of SynthSeg's training
//! set (Billot et al., Medical Image Analysis 86, 2023; Apache-2.0). No scan went into it.

use std::io::Read;
use std::sync::OnceLock;

use nalgebra::Vector3;

/// Number of classes of tissue that the atlas tells apart. Numbers 1 to 3 are bone, soft tissue (scalp, muscle,
/// marrow, eyes, mucosa) and the fluid outside the hull of the brain.
pub(super) const CLASSES: usize = 7;
pub(super) const AIR: usize = 0;
/// Fluid of ventricles and sulci.
pub(super) const INNER_FLUID: usize = 4;
pub(super) const GREY: usize = 5;
pub(super) const WHITE: usize = 6;
/// One number for each class.
pub(super) type PerClass = [f32; CLASSES];

/// Voxels along right, front and top. The file holds the left half; the right one is its mirror image.
const SHAPE: [usize; 3] = [48, 58, 50];
/// Voxel size (mm).
const SPACING: f32 = 4.0;
/// Position (mm) of the first voxel; x = 0 is the plane of symmetry.
const ORIGIN: [f32; 3] = [-94.0, -122.0, -96.0];
/// The largest probability in the file.
const FULL: f32 = 15.0;

/// Class probabilities of a mean head, RAS+ mm, with the middle of the brain near the origin.
pub(super) struct Atlas {
    voxels: Vec<PerClass>,
}

impl Atlas {
    /// The built-in atlas.
    pub(super) fn get() -> &'static Self {
        static ATLAS: OnceLock<Atlas> = OnceLock::new();
        ATLAS.get_or_init(Self::unpack)
    }

    fn unpack() -> Self {
        let mut packed = Vec::new();
        flate2::read::GzDecoder::new(&include_bytes!("atlas.bin.gz")[..])
            .read_to_end(&mut packed)
            .expect("the built-in atlas is a whole gzip file");
        let [ni, nj, nk] = SHAPE;
        let half = ni / 2 * nj * nk;
        let probability = |channel: usize, voxel: usize| {
            let index = channel * half + voxel;
            f32::from(packed[index / 2] >> (4 * (index % 2)) & 15) / FULL
        };
        let mut voxels = vec![[0.0; CLASSES]; ni * nj * nk];
        for i in 0..ni {
            let mirrored = i.min(ni - 1 - i);
            for jk in 0..nj * nk {
                let voxel = &mut voxels[i * nj * nk + jk];
                for (channel, value) in voxel[1..].iter_mut().enumerate() {
                    *value = probability(channel, mirrored * nj * nk + jk);
                }
                let sum: f32 = voxel.iter().sum();
                // Rounding may leave a sum above one.
                if sum > 1.0 {
                    for value in voxel.iter_mut() {
                        *value /= sum;
                    }
                }
                voxel[AIR] = (1.0 - sum).max(0.0);
            }
        }
        Self { voxels }
    }

    /// Probability of each class at a point (mm); beyond the atlas that of its outermost voxels.
    pub(super) fn at(&self, point: Vector3<f32>) -> PerClass {
        let (corner, fraction) = cell(point);
        let mut sum = [0.0; CLASSES];
        for (offset, weight) in corners(fraction) {
            for (sum, value) in sum.iter_mut().zip(self.voxels[corner + offset]) {
                *sum += weight * value;
            }
        }
        sum
    }

    /// Derivative (1/mm) of the probabilities' sum with these weights.
    pub(super) fn gradient(&self, point: Vector3<f32>, weights: &PerClass) -> Vector3<f32> {
        let (corner, fraction) = cell(point);
        let values = OFFSETS.map(|offset| {
            self.voxels[corner + offset]
                .iter()
                .zip(weights)
                .map(|(value, weight)| value * weight)
                .sum::<f32>()
        });
        let mix = |low: f32, high: f32, t: f32| low + t * (high - low);
        let [x, y, z] = fraction;
        let v = values;
        let along_x = mix(mix(v[4] - v[0], v[6] - v[2], y), mix(v[5] - v[1], v[7] - v[3], y), z);
        let along_y = mix(mix(v[2] - v[0], v[6] - v[4], x), mix(v[3] - v[1], v[7] - v[5], x), z);
        let along_z = mix(mix(v[1] - v[0], v[5] - v[4], x), mix(v[3] - v[2], v[7] - v[6], x), y);
        Vector3::new(along_x, along_y, along_z) / SPACING
    }
}

const OFFSETS: [usize; 8] = {
    let (i, j) = (SHAPE[1] * SHAPE[2], SHAPE[2]);
    [0, 1, j, j + 1, i, i + 1, i + j, i + j + 1]
};

/// Index of the first corner of the cell around a point, and the place in the cell.
fn cell(point: Vector3<f32>) -> (usize, [f32; 3]) {
    let place = [0, 1, 2].map(|axis| {
        let last = SHAPE[axis] as f32 - 1.001;
        ((point[axis] - ORIGIN[axis]) / SPACING).clamp(0.0, last)
    });
    let [i, j, k] = place.map(|value| value as usize);
    ((i * SHAPE[1] + j) * SHAPE[2] + k, place.map(f32::fract))
}

fn corners([x, y, z]: [f32; 3]) -> impl Iterator<Item = (usize, f32)> {
    OFFSETS.into_iter().enumerate().map(move |(corner, offset)| {
        let side = |bit: usize, t: f32| if corner >> bit & 1 == 1 { t } else { 1.0 - t };
        (offset, side(2, x) * side(1, y) * side(0, z))
    })
}
