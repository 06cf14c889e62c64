//! A voxel array together with where it lies in the world.

use nalgebra::{Matrix4, Point3};
use ndarray::{Array3, ArrayView3, ArrayViewMut3};

use crate::{Affine, Error, Result};

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
            return Err(Error::invalid(format!("voxel spacing must be positive, not {spacing:?}")));
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

/// A three-dimensional array of voxels with its [`Affine`]. Voxels are indexed `[i, j, k]` along the
/// file's own axes; the array is always contiguous in C order (`k` runs fastest).
#[derive(Clone, Debug, PartialEq)]
pub struct Volume<T = f32> {
    data: Array3<T>,
    affine: Affine,
}

/// Which voxels belong to something: the brain, a lesion.
pub type Mask = Volume<bool>;

impl<T> Volume<T> {
    /// Puts an array at its place in the world. An array in another memory order is copied once.
    ///
    /// # Errors
    /// If an axis has no voxels.
    pub fn new(data: Array3<T>, affine: Affine) -> Result<Self>
    where
        T: Clone,
    {
        if data.is_empty() {
            return Err(Error::invalid(format!(
                "a volume needs voxels along each axis, not {:?}",
                data.shape()
            )));
        }
        let data = if data.is_standard_layout() { data } else { data.as_standard_layout().into_owned() };
        Ok(Self { data, affine })
    }

    /// A volume on `grid` with one value everywhere.
    ///
    /// # Errors
    /// If the grid has no voxels.
    pub fn filled(grid: &Grid, value: T) -> Result<Self>
    where
        T: Clone,
    {
        Self::new(Array3::from_elem(grid.shape, value), grid.affine)
    }

    /// The voxels.
    pub fn data(&self) -> ArrayView3<'_, T> {
        self.data.view()
    }

    /// The voxels, to be changed in place.
    pub fn data_mut(&mut self) -> ArrayViewMut3<'_, T> {
        self.data.view_mut()
    }

    /// The voxels in C order.
    ///
    /// # Panics
    /// Never: the array is contiguous by construction.
    pub fn as_slice(&self) -> &[T] {
        self.data.as_slice().expect("a volume is contiguous")
    }

    /// The voxels in C order, to be changed in place.
    ///
    /// # Panics
    /// Never: the array is contiguous by construction.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.data.as_slice_mut().expect("a volume is contiguous")
    }

    /// The array without its place in the world.
    pub fn into_data(self) -> Array3<T> {
        self.data
    }

    /// Voxel index to world (mm).
    pub fn affine(&self) -> &Affine {
        &self.affine
    }

    /// Number of voxels along each axis.
    pub fn shape(&self) -> [usize; 3] {
        self.data.dim().into()
    }

    /// Shape and affine together.
    pub fn grid(&self) -> Grid {
        Grid { shape: self.shape(), affine: self.affine }
    }

    /// A volume at the same place whose voxels are `f` of this one's.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Volume<U> {
        Volume { data: self.data.map(f), affine: self.affine }
    }
}

impl Volume<f32> {
    /// Number of voxels that are NaN or infinite.
    pub fn not_finite(&self) -> usize {
        self.as_slice().iter().filter(|value| !value.is_finite()).count()
    }

    /// Refuses a scan whose voxels would spoil every later step, or show nothing.
    pub(crate) fn check_values(&self) -> Result<()> {
        let voxels = self.as_slice();
        let broken = self.not_finite();
        if broken > 0 {
            return Err(Error::invalid(format!(
                "{broken} of {} voxels are not finite (NaN or infinite): repair the scan first, for example by setting \
                 them to 0",
                voxels.len()
            )));
        }
        if voxels.iter().all(|value| *value == voxels[0]) {
            return Err(Error::invalid(format!("all voxels have the value {}: there is no head", voxels[0])));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ShapeBuilder;

    #[test]
    fn fortran_arrays_become_c_contiguous_without_changing_values() {
        let fortran = Array3::from_shape_fn((2, 3, 4).f(), |(i, j, k)| 100 * i + 10 * j + k);
        let volume =
            Volume::new(fortran.clone(), Grid::centred([2, 3, 4], [1.0; 3]).unwrap().affine).unwrap();
        assert_eq!(volume.data(), fortran);
        assert_eq!(volume.as_slice()[1], 1);
    }

    #[test]
    fn a_centred_grid_has_its_middle_at_the_origin() {
        let grid = Grid::centred([240, 241, 155], [1.0, 2.0, 0.5]).unwrap();
        assert!(grid.centre().coords.norm() < 1e-12);
        assert!(grid.matches(&grid, 0.0));
    }
}
