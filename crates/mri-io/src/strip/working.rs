//! The grid on which the brain is searched for.

use nalgebra::{Point3, Vector3};
use ndarray::Array3;
use rayon::prelude::*;

use crate::Volume;
use crate::resample::linear;

/// Voxel size of the working grid (mm).
pub(super) const SPACING: f64 = 2.0;

/// Each working voxel averages at most this many samples along each axis.
const MOST_SAMPLES: usize = 2;

/// A scan averaged onto an isotropic grid along the world's axes. Positions ("working coordinates") are in
/// voxels of this grid. Beyond the field of view the scan's outermost voxels are repeated, so that a
/// cropped head goes on.
pub(super) struct Working {
    /// Intensities, indexed right, front, top.
    pub(super) values: Array3<f32>,
    /// World position (mm) of voxel `[0, 0, 0]`.
    origin: Vector3<f64>,
}

impl Working {
    /// Averages `scan` onto the grid that covers its field of view.
    pub(super) fn of(scan: &Volume<f32>) -> Self {
        let (low, high) = world_box(scan);
        let shape = [0, 1, 2].map(|axis| ((high[axis] - low[axis]) / SPACING).ceil().max(1.0) as usize);
        let origin = low.add_scalar(0.5 * SPACING);
        let samples = samples(scan);
        let mut values = Array3::zeros(shape);
        let planes = values.as_slice_mut().expect("a new array is contiguous");
        planes.par_chunks_mut(shape[1] * shape[2]).enumerate().for_each(|(i, plane)| {
            for (jk, value) in plane.iter_mut().enumerate() {
                let voxel = Vector3::new(i as f64, (jk / shape[2]) as f64, (jk % shape[2]) as f64);
                *value = average(scan, &(origin + SPACING * voxel), samples);
            }
        });
        Self { values, origin }
    }

    /// All intensities in order.
    pub(super) fn sorted(&self) -> Vec<f32> {
        let mut sorted: Vec<f32> = self.values.iter().copied().collect();
        sorted.sort_unstable_by(f32::total_cmp);
        sorted
    }

    /// Working coordinates of a world position (mm).
    pub(super) fn position_of(&self, world: Point3<f64>) -> Vector3<f64> {
        (world.coords - self.origin) / SPACING
    }

    /// World position (mm) of working coordinates.
    pub(super) fn world(&self, position: Vector3<f64>) -> Vector3<f64> {
        self.origin + SPACING * position
    }

    /// Number of voxels along each axis.
    pub(super) fn shape(&self) -> [usize; 3] {
        self.values.dim().into()
    }

    /// Value of an array on this grid at a position, interpolated linearly; the nearest inside value beyond it.
    pub(super) fn interpolate(&self, array: &Array3<f32>, position: &Vector3<f64>) -> f32 {
        trilinear(array.as_slice().expect("working arrays are contiguous"), self.shape(), position)
    }
}

/// Lowest and highest world coordinates (mm) of the outer faces of the corner voxels.
fn world_box(scan: &Volume<f32>) -> (Vector3<f64>, Vector3<f64>) {
    let shape = scan.shape();
    let corners = (0..8).map(|corner| {
        let at = |axis: usize| if corner >> axis & 1 == 1 { shape[axis] as f64 - 0.5 } else { -0.5 };
        scan.affine().voxel_to_world(Point3::new(at(0), at(1), at(2))).coords
    });
    corners
        .fold((Vector3::repeat(f64::INFINITY), Vector3::repeat(f64::NEG_INFINITY)), |(low, high), corner| {
            (low.inf(&corner), high.sup(&corner))
        })
}

/// Samples along each world axis that a working voxel averages: one where the scan is as coarse as the working
/// grid, since more of them would only blur the thin dark band around the brain.
fn samples(scan: &Volume<f32>) -> [usize; 3] {
    let spacing = scan.affine().spacing();
    let mut samples = [1; 3];
    for (axis, (world, _)) in scan.affine().axis_codes().into_iter().enumerate() {
        samples[world] = ((SPACING / spacing[axis]).round() as usize).clamp(1, MOST_SAMPLES);
    }
    samples
}

/// Mean of `samples` evenly spread values of the scan in the working voxel around `centre` (mm).
fn average(scan: &Volume<f32>, centre: &Vector3<f64>, samples: [usize; 3]) -> f32 {
    let offset = |n: usize, axis: usize| ((n as f64 + 0.5) / samples[axis] as f64 - 0.5) * SPACING;
    let mut sum = 0.0;
    for x in 0..samples[0] {
        for y in 0..samples[1] {
            for z in 0..samples[2] {
                let shift = Vector3::new(offset(x, 0), offset(y, 1), offset(z, 2));
                let voxel = scan.affine().world_to_voxel(Point3::from(centre + shift));
                sum += trilinear(scan.as_slice(), scan.shape(), &voxel.coords);
            }
        }
    }
    sum / samples.iter().product::<usize>() as f32
}

/// Linear interpolation of a C-ordered array at a fractional index; beyond its ends the outermost values.
fn trilinear(array: &[f32], shape: [usize; 3], position: &Vector3<f64>) -> f32 {
    let inside = [0, 1, 2].map(|axis| position[axis].clamp(0.0, shape[axis] as f64 - 1.0));
    linear(array, shape, inside.into())
}
