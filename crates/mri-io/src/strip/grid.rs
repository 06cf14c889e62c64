//! The grids on which the brain is searched for. They run along the scan's own axes, so that it does not matter how the
//! scan lies in the world, nor in which order its voxels are stored.

use ndarray::{Array3, ArrayView3, Axis, Zip};
use rayon::prelude::*;

use super::network::MULTIPLE;
use crate::resample::{canonical_view, in_canonical_axes};
use crate::{Mask, Volume};

/// Voxel size of the fine grid (mm) for the head of an adult; the coarse one's is twice that.
pub(super) const SPACING: f64 = 2.0;

/// A fine grid around the middle of a scan's field of view, which it covers.
pub(super) struct Grid {
    /// Voxel size (mm).
    pub(super) spacing: f64,
    /// Voxels along each axis, in the order right, front, top.
    pub(super) shape: [usize; 3],
    /// The scan's voxels along each axis and their size (mm), in the same order.
    scan: [(usize, f64); 3],
}

/// Where the scan has something at a place of the grid.
type Taps = Vec<(usize, Vec<f32>)>;

impl Grid {
    pub(super) fn of<T>(scan: &Volume<T>, spacing: f64) -> Self {
        let voxel = scan.affine().spacing();
        let mut sides = [(0, 0.0); 3];
        for (axis, (world, _)) in scan.affine().axis_codes().into_iter().enumerate() {
            sides[world] = (scan.shape()[axis], voxel[axis]);
        }
        let shape = sides.map(|(count, size)| {
            ((count as f64 * size / spacing).ceil() as usize).next_multiple_of(2 * MULTIPLE)
        });
        Self { spacing, shape, scan: sides }
    }

    /// The scan averaged onto the grid; between thick slices interpolated, 0 beyond the field of view.
    pub(super) fn average(&self, scan: &Volume<f32>) -> Array3<f32> {
        let view = canonical_view(scan);
        let first = along(&view, Axis(0), &self.taps(0));
        let second = along(&first.view(), Axis(1), &self.taps(1));
        along(&second.view(), Axis(2), &self.taps(2))
    }

    fn taps(&self, axis: usize) -> Taps {
        let (count, size) = self.scan[axis];
        (0..self.shape[axis])
            .map(|n| {
                let middle = self.to_scan(axis, n as f64);
                let reach = 0.5 * self.spacing / size;
                // What lies at least half beyond the field of view is unknown.
                if middle < -0.5 || middle > count as f64 - 0.5 {
                    return (0, Vec::new());
                }
                if reach <= 0.5 {
                    let inside = middle.clamp(0.0, count as f64 - 1.0);
                    let low = (inside as usize).min(count.saturating_sub(2));
                    let t = (inside - low as f64) as f32;
                    return (low, if count == 1 { vec![1.0] } else { vec![1.0 - t, t] });
                }
                let cell = |edge: f64| edge.clamp(-0.5, count as f64 - 0.5);
                let (low, high) = (cell(middle - reach), cell(middle + reach));
                let first = (low + 0.5).floor() as usize;
                let last = ((high + 0.5).ceil() as usize).min(count);
                let shares = (first..last).map(|m| {
                    let overlap = high.min(m as f64 + 0.5) - low.max(m as f64 - 0.5);
                    (overlap.max(0.0) / (high - low)) as f32
                });
                (first, shares.collect())
            })
            .collect()
    }

    /// Index in the scan, along one of its axes, of a place on the grid.
    fn to_scan(&self, axis: usize, place: f64) -> f64 {
        let (count, size) = self.scan[axis];
        (place - 0.5 * (self.shape[axis] as f64 - 1.0)) * self.spacing / size + 0.5 * (count as f64 - 1.0)
    }

    /// The place on the grid of an index in the scan.
    fn place_of(&self, axis: usize, index: f64) -> f64 {
        let (count, size) = self.scan[axis];
        (index - 0.5 * (count as f64 - 1.0)) * size / self.spacing + 0.5 * (self.shape[axis] as f64 - 1.0)
    }

    /// Where a depth on a box of the grid that begins at `begin`, interpolated linearly, is above `threshold`, on the
    /// scan's own voxels. What lies beyond the box is outside.
    pub(super) fn above(
        &self,
        scan: &Volume<f32>,
        depth: &Array3<f32>,
        begin: [usize; 3],
        threshold: f32,
    ) -> crate::Result<Mask> {
        let shape: [usize; 3] = depth.dim().into();
        // For each voxel of the scan along each axis the lower neighbour on the grid, and how far the voxel lies from it.
        let places: [Vec<Option<(usize, f32)>>; 3] = std::array::from_fn(|axis| {
            (0..self.scan[axis].0)
                .map(|index| {
                    let place = self.place_of(axis, index as f64) - begin[axis] as f64;
                    let inside = (-0.5..shape[axis] as f64 - 0.5).contains(&place);
                    inside.then(|| {
                        let place = place.clamp(0.0, shape[axis] as f64 - 1.0);
                        let low = (place as usize).min(shape[axis] - 2);
                        (low, (place - low as f64) as f32)
                    })
                })
                .collect()
        });
        let mut inside = Array3::from_elem(scan.shape(), false);
        let mut view = in_canonical_axes(inside.view_mut(), scan.affine());
        view.axis_iter_mut(Axis(0)).into_par_iter().zip(&places[0]).for_each(|(mut plane, x)| {
            let Some((x, tx)) = *x else { return };
            for (mut row, y) in plane.axis_iter_mut(Axis(0)).zip(&places[1]) {
                let Some((y, ty)) = *y else { continue };
                let at = |z: usize| {
                    let mix = |low: f32, high: f32, t: f32| low + t * (high - low);
                    mix(
                        mix(depth[[x, y, z]], depth[[x, y + 1, z]], ty),
                        mix(depth[[x + 1, y, z]], depth[[x + 1, y + 1, z]], ty),
                        tx,
                    )
                };
                for (voxel, z) in row.iter_mut().zip(&places[2]) {
                    if let Some((z, tz)) = *z {
                        *voxel = at(z) + tz * (at(z + 1) - at(z)) > threshold;
                    }
                }
            }
        });
        Mask::new(inside, *scan.affine())
    }
}

/// Weighted sums along an axis.
fn along(values: &ArrayView3<f32>, axis: Axis, taps: &Taps) -> Array3<f32> {
    let mut shape: [usize; 3] = values.dim().into();
    shape[axis.0] = taps.len();
    let mut out = Array3::zeros(shape);
    Zip::from(out.lanes_mut(axis)).and(values.lanes(axis)).par_for_each(|mut to, from| {
        for (value, (first, weights)) in to.iter_mut().zip(taps) {
            *value = weights.iter().enumerate().map(|(tap, weight)| weight * from[first + tap]).sum();
        }
    });
    out
}

/// Means of blocks of 2 x 2 x 2 voxels.
pub(super) fn halved(fine: &Array3<f32>) -> Array3<f32> {
    let shape: [usize; 3] = fine.dim().into();
    Array3::from_shape_fn(shape.map(|n| n / 2), |(x, y, z)| {
        let block = fine.slice(ndarray::s![2 * x..2 * x + 2, 2 * y..2 * y + 2, 2 * z..2 * z + 2]);
        block.iter().sum::<f32>() / 8.0
    })
}

/// The opposite, interpolated linearly; at the ends the outermost values.
pub(super) fn doubled(coarse: &Array3<f32>) -> Array3<f32> {
    let mut field = coarse.clone();
    for axis in 0..3 {
        let count = coarse.len_of(Axis(axis));
        let taps: Taps = (0..2 * count)
            .map(|n| {
                let place = (0.5 * n as f32 - 0.25).clamp(0.0, count as f32 - 1.0);
                let low = (place as usize).min(count - 2);
                let t = place - low as f32;
                (low, vec![1.0 - t, t])
            })
            .collect();
        field = along(&field.view(), Axis(axis), &taps);
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Affine;
    use crate::resample::tests::stored_in_all_orders;

    /// Finer, coarser and as fine as the grid, so that each way of averaging is used.
    #[test]
    fn all_that_is_seen_of_a_scan_and_made_of_a_depth_is_the_same_in_all_orders() {
        let shape = [31, 18, 9];
        let values = Array3::from_shape_fn(shape, |(i, j, k)| ((i * 7 + j * 13 + k * 29) % 17) as f32 / 3.0);
        let affine = Affine::from_spacing([0.9, 2.0, 4.7], [-10.0, 3.0, 5.0]).unwrap();
        let scan = Volume::new(values, affine).unwrap();
        let grid = Grid::of(&scan, SPACING);
        let seen = grid.average(&scan);
        let mask = grid.above(&scan, &seen, [0; 3], 2.5).unwrap();
        assert!(mask.count() > 100 && mask.count() < mask.as_slice().len() - 100);
        for (stored, own) in stored_in_all_orders(&scan).iter().zip(stored_in_all_orders(&mask)) {
            let order = stored.affine().orientation();
            let found = Grid::of(stored, SPACING);
            assert_eq!(found.shape, grid.shape, "{order}");
            assert!(found.average(stored) == seen, "{order}");
            assert!(found.above(stored, &seen, [0; 3], 2.5).unwrap() == own, "{order}");
        }
    }
}
