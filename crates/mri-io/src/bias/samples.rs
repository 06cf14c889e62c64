//! The coarse grid that the field is estimated on.

use super::lattice::Basis;
use crate::morphology::bounds;
use crate::{Error, Mask, Result, Volume};

/// Every so many voxels of the mask's bounding box along each axis. Single voxels, not means over several:
/// these would mix tissues, and the histogram is sharpened to tell them apart.
pub(super) struct Samples {
    /// Natural logarithm of each sample's intensity, in C order; 0 where the weight is 0.
    pub(super) logarithms: Vec<f64>,
    /// 1 for samples inside the mask that are positive and finite, 0 for others.
    pub(super) weights: Vec<f64>,
    /// Along each axis.
    lines: [Line; 3],
}

/// Samples along one axis.
struct Line {
    /// Their voxels.
    voxels: Vec<usize>,
    /// First voxel of the mask's bounding box, and its extent in voxels.
    first: usize,
    extent: usize,
    /// Voxel spacing (mm).
    spacing: f64,
}

impl Samples {
    /// Samples about `distance` mm apart.
    pub(super) fn of(volume: &Volume<f32>, mask: &Mask, distance: f64) -> Result<Self> {
        let spacing = volume.affine().spacing();
        let bounds = bounds(&mask.data()).ok_or(Error::EmptyMask)?;
        let (low, high) = (bounds.each_ref().map(|range| range.start), bounds.map(|range| range.end - 1));
        let lines: [Line; 3] = std::array::from_fn(|axis| {
            let (first, extent) = (low[axis], high[axis] - low[axis] + 1);
            let step = ((distance / spacing[axis]).round() as usize).clamp(1, extent);
            // As far from the one end as from the other.
            let start = first + (extent - 1) % step / 2;
            Line {
                voxels: (start..=high[axis]).step_by(step).collect(),
                first,
                extent,
                spacing: spacing[axis],
            }
        });
        let (data, mask) = (volume.data(), mask.data());
        let sample = |i, j, k| {
            let value = data[[i, j, k]];
            let counts = mask[[i, j, k]] && value > 0.0 && value.is_finite();
            if counts { (f64::from(value).ln(), 1.0) } else { (0.0, 0.0) }
        };
        let [along_i, along_j, along_k] = lines.each_ref().map(|line| &line.voxels);
        let (logarithms, weights): (Vec<f64>, Vec<f64>) = along_i
            .iter()
            .flat_map(|&i| along_j.iter().flat_map(move |&j| along_k.iter().map(move |&k| (i, j, k))))
            .map(|(i, j, k)| sample(i, j, k))
            .unzip();
        if weights.iter().all(|&weight| weight == 0.0) {
            return Err(Error::NothingToCorrect);
        }
        Ok(Self { logarithms, weights, lines })
    }

    /// Splines at the samples, their knots at most `knots` mm apart.
    pub(super) fn bases(&self, knots: f64) -> [Basis; 3] {
        self.lines.each_ref().map(|line| line.basis(line.voxels.iter().copied(), knots))
    }

    /// The same splines at all voxels of a volume of this shape.
    pub(super) fn bases_at_voxels(&self, shape: [usize; 3], knots: f64) -> [Basis; 3] {
        [0, 1, 2].map(|axis| self.lines[axis].basis(0..shape[axis], knots))
    }

    /// Coefficient of variation over the samples of the field whose logarithm is given.
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

impl Line {
    /// Splines over the bounding box, at voxels.
    fn basis(&self, voxels: impl Iterator<Item = usize>, knots: f64) -> Basis {
        let extent = self.extent as f64;
        let spans = (extent * self.spacing / knots).ceil().max(1.0);
        let middle = |voxel: usize| voxel as f64 + 0.5 - self.first as f64;
        Basis::new(voxels.map(|voxel| middle(voxel) * spans / extent), spans as usize)
    }
}
