//! The coarse grid that the field is estimated on.

use rayon::prelude::*;

use super::lattice::Basis;
use crate::{Error, Mask, Result, Volume};

/// Averages of the volume inside the mask over boxes of voxels, which fill the mask's bounding box.
pub(super) struct Boxes {
    /// Natural logarithm of each box's mean intensity, in C order; 0 where the weight is 0.
    pub(super) logarithms: Vec<f64>,
    /// For each box the share of its voxels that count.
    pub(super) weights: Vec<f64>,
    /// Number of boxes along each axis.
    shape: [usize; 3],
    /// Voxels of a box along each axis.
    sides: [usize; 3],
    /// The mask's bounding box: its first voxel and its extent in voxels.
    first: [usize; 3],
    extent: [usize; 3],
    /// Voxel spacing (mm).
    spacing: [f64; 3],
}

impl Boxes {
    /// Boxes of about `side` mm.
    pub(super) fn of(volume: &Volume<f32>, mask: &Mask, side: f64) -> Result<Self> {
        let usable = |value: f32| value > 0.0 && value.is_finite();
        let [_, nj, nk] = volume.shape();
        let (mut low, mut high) = ([usize::MAX; 3], [0; 3]);
        for (row, (values, mask)) in volume.as_slice().chunks(nk).zip(mask.as_slice().chunks(nk)).enumerate()
        {
            let counts = |k: &usize| mask[*k] && usable(values[*k]);
            let (Some(start), Some(end)) = ((0..nk).find(counts), (0..nk).rev().find(counts)) else {
                continue;
            };
            for (axis, [start, end]) in [[row / nj; 2], [row % nj; 2], [start, end]].into_iter().enumerate() {
                low[axis] = low[axis].min(start);
                high[axis] = high[axis].max(end);
            }
        }
        if low[0] == usize::MAX {
            return Err(Error::invalid("bias correction found no positive and finite voxel inside the mask"));
        }
        let spacing = volume.affine().spacing();
        let extent: [usize; 3] = std::array::from_fn(|axis| high[axis] - low[axis] + 1);
        let sides = spacing.map(|spacing| ((side / spacing).round() as usize).max(1));
        let shape: [usize; 3] = std::array::from_fn(|axis| extent[axis].div_ceil(sides[axis]));
        let (logarithms, weights) = (0..shape.iter().product())
            .into_par_iter()
            .with_min_len(64)
            .map(|index: usize| {
                let block = [index / (shape[1] * shape[2]), index / shape[2] % shape[1], index % shape[2]];
                let range = |axis: usize| {
                    let start = low[axis] + block[axis] * sides[axis];
                    start..(start + sides[axis]).min(high[axis] + 1)
                };
                let (mut sum, mut count) = (0.0, 0_usize);
                for i in range(0) {
                    for j in range(1) {
                        let row = (i * nj + j) * nk;
                        for voxel in range(2).map(|k| row + k) {
                            let value = volume.as_slice()[voxel];
                            if mask.as_slice()[voxel] && usable(value) {
                                sum += f64::from(value);
                                count += 1;
                            }
                        }
                    }
                }
                let weight = count as f64 / sides.iter().product::<usize>() as f64;
                (if count > 0 { (sum / count as f64).ln() } else { 0.0 }, weight)
            })
            .unzip();
        Ok(Self { logarithms, weights, shape, sides, first: low, extent, spacing })
    }

    /// Splines at the middles of the boxes, their knots at most `knots` mm apart.
    pub(super) fn bases(&self, knots: f64) -> [Basis; 3] {
        [0, 1, 2].map(|axis| {
            let middles = (0..self.shape[axis]).map(|n| (n as f64 + 0.5) * self.sides[axis] as f64);
            self.basis(axis, middles, knots)
        })
    }

    /// The same splines at the voxels of a volume of this shape.
    pub(super) fn bases_at_voxels(&self, shape: [usize; 3], knots: f64) -> [Basis; 3] {
        [0, 1, 2].map(|axis| {
            let middles = (0..shape[axis]).map(|n| n as f64 + 0.5 - self.first[axis] as f64);
            self.basis(axis, middles, knots)
        })
    }

    /// Splines along an axis at positions in voxels from the start of the bounding box.
    fn basis(&self, axis: usize, positions: impl Iterator<Item = f64>, knots: f64) -> Basis {
        let extent = self.extent[axis] as f64;
        let spans = (extent * self.spacing[axis] / knots).ceil().max(1.0);
        Basis::new(positions.map(|position| position * spans / extent), spans as usize)
    }

    /// Coefficient of variation over the boxes of the field whose logarithm is given.
    pub(super) fn variation(&self, logarithms: &[f64]) -> f64 {
        let (mut total, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (log, weight) in logarithms.iter().zip(&self.weights) {
            let value = log.exp_m1();
            total += weight;
            sum += weight * value;
            squares += weight * value * value;
        }
        let mean = sum / total;
        (squares / total - mean * mean).max(0.0).sqrt() / (1.0 + mean)
    }
}
