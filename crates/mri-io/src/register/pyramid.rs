//! Volumes in 8 bits at falling resolution.

use nalgebra::{Matrix4, Point3};
use rayon::prelude::*;

use crate::{Affine, Error, Grid, Mask, Result, Volume};

/// Intensities that count, in thousandths of the sorted values: inside a mask, and in a whole volume,
/// where the background takes most of the places.
const MASKED_WINDOW: [usize; 2] = [5, 995];
const WHOLE_WINDOW: [usize; 2] = [5, 999];

/// About how many voxels the window is estimated from.
const WINDOW_SAMPLE: usize = 300_000;

/// Voxels that are summed together while shrinking.
const TILE: usize = 64;

/// A volume whose intensities were clipped robustly and cut into 256 steps. At 1 mm a head takes 10 to
/// 17 MB, and its neighbours share cache lines.
#[derive(Clone)]
pub(super) struct Level {
    pub(super) data: Vec<u8>,
    pub(super) shape: [usize; 3],
    pub(super) affine: Affine,
}

impl Level {
    /// The finest level: voxels that are not finite count as background.
    pub(super) fn from_volume(volume: &Volume<f32>, mask: Option<&Mask>) -> Result<Self> {
        let [low, high] = window(volume.as_slice(), mask.map(Mask::as_slice))?;
        let scale = 255.0 / (high - low);
        let quantized = |&value: &f32| {
            // `as` sends NaN to 0 and clips at both ends.
            if value.is_infinite() { 0 } else { ((value - low) * scale + 0.5) as u8 }
        };
        let data = volume.as_slice().par_iter().map(quantized).collect();
        Ok(Self { data, shape: volume.shape(), affine: *volume.affine() })
    }

    /// A mask as a level of 0 and 255, so that it can be shrunk like a volume.
    pub(super) fn from_mask(inside: impl Iterator<Item = bool>, grid: &Grid) -> Self {
        let data = inside.map(|inside| if inside { 255 } else { 0 }).collect();
        Self { data, shape: grid.shape, affine: grid.affine }
    }

    /// Smooths and thins each axis that is finer than `spacing` (mm) until it comes nearest to it.
    pub(super) fn shrunk(&self, spacing: f64) -> Self {
        let mut level = self.clone();
        // The slowest axis first: its rows are the longest, and the last pass has fewer voxels left.
        for axis in 0..3 {
            let factor = (spacing / level.affine.spacing()[axis]).round() as usize;
            if factor > 1 && level.shape[axis] > factor {
                level = level.shrunk_along(axis, factor);
            }
        }
        level
    }

    /// Gaussian smoothing of half the new spacing and thinning by `factor` along one axis.
    fn shrunk_along(&self, axis: usize, factor: usize) -> Self {
        let length = self.shape[axis];
        let inner: usize = self.shape[axis + 1..].iter().product();
        let mut shape = self.shape;
        shape[axis] = (length + factor / 2) / factor;
        let offset = 0.5 * (factor as f64 - 1.0);
        let taps: Vec<Vec<(usize, f32)>> =
            (0..shape[axis]).map(|o| taps((o * factor) as f64 + offset, factor, length)).collect();

        // Rows of voxels along the faster axes, in tiles that stay in registers.
        let mut data = vec![0; shape.iter().product()];
        data.par_chunks_mut(inner).enumerate().for_each(|(row, out)| {
            let (outer, along) = (row / shape[axis], row % shape[axis]);
            for (tile, out) in out.chunks_mut(TILE).enumerate() {
                let sums = &mut [0.5_f32; TILE][..out.len()];
                for &(index, weight) in &taps[along] {
                    let first = (outer * length + index) * inner + tile * TILE;
                    let source = &self.data[first..first + out.len()];
                    for (sum, &value) in sums.iter_mut().zip(source) {
                        *sum += weight * f32::from(value);
                    }
                }
                for (out, &sum) in out.iter_mut().zip(&*sums) {
                    *out = sum as u8;
                }
            }
        });

        let mut step = Matrix4::identity();
        step[(axis, axis)] = factor as f64;
        step[(axis, 3)] = offset;
        let affine = Affine::new(self.affine.matrix() * step).expect("a scaled affine stays invertible");
        Self { data, shape, affine }
    }

    /// The value of the voxel nearest to a world position; `None` outside the volume.
    pub(super) fn nearest(&self, world: Point3<f64>) -> Option<u8> {
        let voxel = self.affine.world_to_voxel(world);
        let mut index = 0;
        for axis in 0..3 {
            let position = (voxel[axis] + 0.5).floor();
            if !(position >= 0.0 && position < self.shape[axis] as f64) {
                return None;
            }
            index = index * self.shape[axis] + position as usize;
        }
        Some(self.data[index])
    }

    /// World positions of the voxels that are at least half inside, of a level made from a mask.
    pub(super) fn points(&self) -> impl Iterator<Item = Point3<f64>> {
        let [_, ny, nz] = self.shape;
        self.data.iter().enumerate().filter(|&(_, &value)| value >= 128).map(move |(index, _)| {
            let voxel = [index / (ny * nz), index / nz % ny, index % nz];
            self.affine.voxel_to_world(Point3::from(voxel.map(|v| v as f64)))
        })
    }
}

/// Voxels and weights that make one output voxel at `centre` along an axis of `length` voxels.
fn taps(centre: f64, factor: usize, length: usize) -> Vec<(usize, f32)> {
    let sigma = 0.5 * factor as f64;
    let first = (centre - 3.0 * sigma).ceil().max(0.0) as usize;
    let last = ((centre + 3.0 * sigma).floor() as usize).min(length - 1);
    let weight = |index: usize| (-0.5 * ((index as f64 - centre) / sigma).powi(2)).exp();
    let total: f64 = (first..=last).map(weight).sum();
    (first..=last).map(|index| (index, (weight(index) / total) as f32)).collect()
}

/// The darkest and the brightest intensity that count.
fn window(values: &[f32], mask: Option<&[bool]>) -> Result<[f32; 2]> {
    let counted = mask.map_or(values.len(), |mask| mask.iter().filter(|&&inside| inside).count());
    let step = counted.div_ceil(WINDOW_SAMPLE).max(1);
    let mut sample: Vec<f32> = values
        .iter()
        .enumerate()
        .filter(|&(index, _)| mask.is_none_or(|mask| mask[index]))
        .map(|(_, &value)| value)
        .step_by(step)
        .filter(|value| value.is_finite())
        .collect();
    if sample.is_empty() {
        return Err(Error::NotFinite { count: counted, voxels: counted, masked: mask.is_some() });
    }
    let thousandths = if mask.is_some() { MASKED_WINDOW } else { WHOLE_WINDOW };
    let [low, high] = thousandths.map(|part| {
        let rank = part * (sample.len() - 1) / 1000;
        *sample.select_nth_unstable_by(rank, f32::total_cmp).1
    });
    if (high - low).is_normal() {
        Ok([low, high])
    } else {
        Err(Error::Constant { value: f64::from(low), masked: mask.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn a_ramp_stays_the_same_ramp_in_the_world() {
        let grid = Grid::centred([32, 16, 24], [1.0, 2.0, 1.0]).unwrap();
        let ramp = Array3::from_shape_fn(grid.shape, |(i, _, _)| i as f32);
        let fine = Level::from_volume(&Volume::new(ramp, grid.affine).unwrap(), None).unwrap();
        let coarse = fine.shrunk(4.0);
        assert_eq!(coarse.shape, [8, 8, 6]);
        for i in 1..7 {
            let world = coarse.affine.voxel_to_world(Point3::new(i as f64, 3.0, 3.0));
            let expected = fine.affine.world_to_voxel(world).x * 255.0 / 31.0;
            let value = f64::from(coarse.data[(i * 8 + 3) * 6 + 3]);
            assert!((value - expected).abs() < 1.5, "{value} for {expected}");
        }
    }

    #[test]
    fn a_single_spike_does_not_take_the_window() {
        let mut values: Vec<f32> = (0..10_000).map(|v| v as f32).collect();
        values[17] = 1e9;
        values[18] = f32::NAN;
        let [low, high] = window(&values, None).unwrap();
        assert!(low < 60.0 && (9900.0..10_000.0).contains(&high));
    }
}
