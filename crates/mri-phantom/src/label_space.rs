//! The space of a label map: where its voxels lie, where its brain is, and distances within it.

use mri_io::Volume;
use nalgebra::{Matrix3, Point3};
use ndarray::{Array3, ArrayView3, s};

use crate::anatomy::BRAIN_CENTRE;
use crate::sdf::{Vec3, floor};
use mri_io::morphology::distance_to;

/// Radius (mm) of the closing that turns brain tissue into the brain's hull: it fills the sulci.
pub(crate) const CLOSING: f32 = 7.0;
/// Voxels along each side of the blocks in which air is noted.
const BLOCK: usize = 8;

/// Atlas point (mm) to voxel of a map whose brain is put where the atlas has its own.
pub(crate) struct Placement {
    pub(crate) linear: Matrix3<f32>,
    pub(crate) origin: Vec3,
}

impl Placement {
    /// `brain` tells the brain's voxels, of which there must be some.
    pub(crate) fn centred(labels: &Volume<u16>, brain: &Array3<bool>) -> Self {
        let to_voxel = labels.affine().inverse();
        let linear = to_voxel.fixed_view::<3, 3>(0, 0).into_owned();
        let shift = labels.affine().voxel_to_world(centroid(brain)).coords - BRAIN_CENTRE.cast::<f64>();
        let origin = to_voxel.transform_point(&Point3::from(shift)).coords;
        Self { linear: linear.cast(), origin: origin.cast() }
    }

    #[inline]
    pub(crate) fn to_voxel(&self, point: Vec3) -> Vec3 {
        self.origin + self.linear * point
    }

    pub(crate) fn to_point(&self, voxel: Vec3) -> Vec3 {
        self.linear.try_inverse().unwrap_or_else(Matrix3::identity) * (voxel - self.origin)
    }
}

/// Mean voxel index of the true voxels.
fn centroid(mask: &Array3<bool>) -> Point3<f64> {
    let (mut sum, mut count) = (nalgebra::Vector3::zeros(), 0.0);
    for ((i, j, k), _) in mask.indexed_iter().filter(|(_, inside)| **inside) {
        sum += nalgebra::Vector3::new(i as f64, j as f64, k as f64);
        count += 1.0;
    }
    Point3::from(sum / count)
}

/// A box of voxels around the brain: from `low` up to, not including, `high`.
#[derive(Clone, Copy)]
pub(crate) struct BrainBox {
    low: [usize; 3],
    high: [usize; 3],
}

impl BrainBox {
    /// The box with room for the closing, or `None` if there is no brain. `spacing` in mm.
    pub(crate) fn around(brain: &Array3<bool>, spacing: [f64; 3]) -> Option<Self> {
        let shape: [usize; 3] = brain.dim().into();
        let (mut low, mut high) = (shape, [0; 3]);
        for ((i, j, k), _) in brain.indexed_iter().filter(|(_, inside)| **inside) {
            for (axis, index) in [i, j, k].into_iter().enumerate() {
                low[axis] = low[axis].min(index);
                high[axis] = high[axis].max(index + 1);
            }
        }
        if low == shape {
            return None;
        }
        for axis in 0..3 {
            let margin = (f64::from(CLOSING + 3.0) / spacing[axis]).ceil() as usize;
            low[axis] = low[axis].saturating_sub(margin);
            high[axis] = (high[axis] + margin).min(shape[axis]);
        }
        Some(Self { low, high })
    }

    /// First voxel.
    pub(crate) fn start(&self) -> Vec3 {
        Vec3::from(self.low.map(|index| index as f32))
    }

    /// What `test` says of each voxel of the box.
    pub(crate) fn mask<T>(&self, volume: &ArrayView3<T>, test: impl Fn(&T) -> bool) -> Array3<bool> {
        let [i, j, k] = [0, 1, 2].map(|axis| self.low[axis]..self.high[axis]);
        volume.slice(s![i, j, k]).map(test)
    }
}

/// Signed distance (mm) to the closing of the brain, negative inside.
pub(crate) fn hull_distance(brain: &Array3<bool>, spacing: [f64; 3]) -> Array3<f32> {
    let grown = distance_to(brain, spacing).mapv(|distance| distance > CLOSING);
    distance_to(&grown, spacing).mapv_into(|depth| CLOSING - depth)
}

/// Blocks of voxels that hold more than air.
pub(crate) struct Occupied(Array3<bool>);

impl Occupied {
    /// `structures` is 0 in air.
    pub(crate) fn new(structures: &Array3<u8>) -> Self {
        let shape: [usize; 3] = structures.dim().into();
        let mut blocks = Array3::from_elem(shape.map(|n| n.div_ceil(BLOCK)), false);
        for ((i, j, k), _) in structures.indexed_iter().filter(|&(_, &structure)| structure != 0) {
            blocks[[i / BLOCK, j / BLOCK, k / BLOCK]] = true;
        }
        Self(blocks)
    }

    /// Whether there is nothing but air within `reach` voxels of a place.
    pub(crate) fn none_within(&self, place: Vec3, reach: Vec3) -> bool {
        if (place + reach).min() < 0.0 {
            return true;
        }
        let shape: [usize; 3] = self.0.dim().into();
        let [i, j, k] = [0, 1, 2].map(|axis| {
            let block = |at: f32| (at.max(0.0) as usize / BLOCK).min(shape[axis]);
            block(place[axis] - reach[axis])..(block(place[axis] + reach[axis]) + 1).min(shape[axis])
        });
        !self.0.slice(s![i, j, k]).iter().any(|&occupied| occupied)
    }
}

/// The eight voxels around a place in an array.
pub(crate) struct Corners {
    /// Index of each in the array's memory, and its linear weight; 0 for those outside the array.
    pub(crate) voxels: [(usize, f32); 8],
}

impl Corners {
    /// `place` in voxels of an array of this shape in standard order.
    #[inline]
    pub(crate) fn around(place: Vec3, shape: (usize, usize, usize)) -> Self {
        let counts = [shape.0, shape.1, shape.2];
        let strides = [shape.1 * shape.2, shape.2, 1];
        let (mut offsets, mut weights) = ([[0; 2]; 3], [[0.0; 2]; 3]);
        for axis in 0..3 {
            let whole = floor(place[axis]);
            let t = place[axis] - whole as f32;
            for (side, weight) in [1.0 - t, t].into_iter().enumerate() {
                let at = whole + side as i32;
                if at >= 0 && (at as usize) < counts[axis] {
                    offsets[axis][side] = at as usize * strides[axis];
                    weights[axis][side] = weight;
                }
            }
        }
        let voxels = std::array::from_fn(|corner| {
            let [i, j, k] = [corner >> 2 & 1, corner >> 1 & 1, corner & 1];
            let index = offsets[0][i] + offsets[1][j] + offsets[2][k];
            (index, weights[0][i] * weights[1][j] * weights[2][k])
        });
        Self { voxels }
    }
}

/// Linear interpolation of `volume`, in standard order, at a place in voxels; outside it `beyond`.
#[inline]
pub(crate) fn linear(volume: &Array3<f32>, place: Vec3, beyond: f32) -> f32 {
    let Some(values) = volume.as_slice() else { return beyond };
    let (mut sum, mut weights) = (0.0, 0.0);
    for (index, weight) in Corners::around(place, volume.dim()).voxels {
        sum += weight * values[index];
        weights += weight;
    }
    sum + (1.0 - weights) * beyond
}
