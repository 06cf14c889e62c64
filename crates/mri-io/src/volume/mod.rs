//! A voxel array together with where it lies in the world.

mod affine;
mod affine_transform;
pub(crate) mod forms;
mod grid;
pub(crate) mod mask;
mod mismatch;
mod rigid_transform;

use ndarray::{Array3, ArrayView3, ArrayViewMut3};

use crate::{Error, Result};
pub use affine::Affine;
pub use affine_transform::AffineTransform;
pub use grid::Grid;
pub use mismatch::GridMismatch;
pub use rigid_transform::RigidTransform;

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
            return Err(Error::TooFewVoxels { shape: data.dim().into(), step: "a volume", least: 1 });
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
            return Err(Error::NotFinite { count: broken, voxels: voxels.len(), masked: false });
        }
        if voxels.iter().all(|value| *value == voxels[0]) {
            return Err(Error::Constant { value: f64::from(voxels[0]), masked: false });
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
}
