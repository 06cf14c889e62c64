//! Shape and position of a voxel array.

use nalgebra::{Matrix4, Point3};

use super::Affine;
use crate::{Error, Result};

/// Shape and position of a voxel array, without its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Number of voxels along each axis.
    pub shape: [usize; 3],
    /// Voxel index to world (mm).
    pub affine: Affine,
}

impl Grid {
    /// Two files of one grid may differ by this much (mm) at a corner, for [`Grid::matches`]: other tools write affines with
    /// few decimals, which over 500 voxels makes hundredths of a millimetre. It is a fraction of the finest voxel.
    pub const TOLERANCE: f64 = 0.1;

    /// Axis-aligned RAS+ grid with its middle at the world's origin. `spacing` in mm.
    ///
    /// # Errors
    /// If a spacing is not a positive finite number.
    pub fn centred(shape: [usize; 3], spacing: [f64; 3]) -> Result<Self> {
        let origin = [0, 1, 2].map(|axis| -0.5 * (shape[axis] as f64 - 1.0) * spacing[axis]);
        Ok(Self { shape, affine: Affine::from_spacing(spacing, origin)? })
    }

    /// The grid of another voxel spacing (mm), with the same axes and the same field of view to within half a voxel: the
    /// middles of both coincide.
    ///
    /// # Errors
    /// If a spacing is not a positive finite number.
    pub fn with_spacing(&self, spacing: [f64; 3]) -> Result<Self> {
        if spacing.iter().any(|&s| !(s.is_finite() && s > 0.0)) {
            return Err(Error::Spacing(spacing));
        }
        let old = self.affine.spacing();
        let ratio: [f64; 3] = std::array::from_fn(|axis| spacing[axis] / old[axis]);
        let length = |axis: usize| self.shape[axis] as f64;
        let shape: [usize; 3] =
            std::array::from_fn(|axis| ((length(axis) / ratio[axis]).round() as usize).max(1));
        let mut step = Matrix4::from_diagonal(&[ratio[0], ratio[1], ratio[2], 1.0].into());
        for axis in 0..3 {
            step[(axis, 3)] = 0.5 * ((length(axis) - 1.0) - ratio[axis] * (shape[axis] as f64 - 1.0));
        }
        Ok(Self { shape, affine: self.affine.stepped(&step)? })
    }

    /// World position (mm) of the middle of the grid.
    pub fn centre(&self) -> Point3<f64> {
        self.affine.voxel_to_world(Point3::from(self.shape.map(|n| 0.5 * (n as f64 - 1.0))))
    }

    /// Whether both grids have the same shape and affines that agree to `tolerance` (mm) at every corner.
    pub fn matches(&self, other: &Self, tolerance: f64) -> bool {
        self.shape == other.shape && self.distance(other) <= tolerance
    }

    /// Largest distance (mm) between where this and a grid of the same shape put a corner.
    pub(crate) fn distance(&self, other: &Self) -> f64 {
        let apart = (0..8).map(|corner| {
            let index =
                |axis: usize| if corner >> axis & 1 == 1 { self.shape[axis] as f64 - 1.0 } else { 0.0 };
            let voxel = Point3::new(index(0), index(1), index(2));
            (self.affine.voxel_to_world(voxel) - other.affine.voxel_to_world(voxel)).norm()
        });
        apart.fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centred_grid_has_its_middle_at_the_origin() {
        let grid = Grid::centred([240, 241, 155], [1.0, 2.0, 0.5]).unwrap();
        assert!(grid.centre().coords.norm() < 1e-12);
        assert!(grid.matches(&grid, 0.0));
    }
}
