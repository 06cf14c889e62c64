//! A voxel array together with where it lies in the world.

mod affine;
mod affine_transform;
pub(crate) mod forms;
mod grid;
pub(crate) mod mask;
mod mismatch;
mod rigid_transform;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use ndarray::{Array3, ArrayView3, ArrayViewMut3};

use crate::{Error, Result};
pub use affine::Affine;
pub use affine_transform::AffineTransform;
pub use grid::Grid;
pub use mismatch::GridMismatch;
pub use rigid_transform::RigidTransform;

/// A three-dimensional array of voxels with its [`Affine`]. Voxels are indexed `[i, j, k]` along the
/// file's own axes; the array is always contiguous in C order (`k` runs fastest).
#[derive(Clone)]
pub struct Volume<T = f32> {
    voxels: Voxels<T>,
    shape: [usize; 3],
    affine: Affine,
}

/// Where the voxels lie, in C order.
#[derive(Clone)]
enum Voxels<T> {
    Own(Vec<T>),
    Shared(SharedVoxels<T>),
}

/// Memory that somebody else owns, for [`Volume::from_shared`].
pub type SharedVoxels<T> = Arc<dyn AsRef<[T]> + Send + Sync>;

/// Which voxels belong to something: the brain, a lesion.
pub type Mask = Volume<bool>;

impl<T: Clone> Volume<T> {
    /// Puts an array at its place in the world. An array in another memory order is copied once.
    ///
    /// # Errors
    /// If an axis has no voxels.
    pub fn new(data: Array3<T>, affine: Affine) -> Result<Self> {
        let shape = some_voxels(data.dim().into())?;
        let data = if data.is_standard_layout() { data } else { data.as_standard_layout().into_owned() };
        // An array that begins within its memory is cut to what it shows.
        let (mut voxels, offset) = data.into_raw_vec_and_offset();
        voxels.truncate(offset.unwrap_or(0) + shape.iter().product::<usize>());
        voxels.drain(..offset.unwrap_or(0));
        Ok(Self { voxels: Voxels::Own(voxels), shape, affine })
    }

    /// A volume on memory of another owner, in C order, without a copy. It is copied once what is in it is to be changed.
    ///
    /// # Errors
    /// If an axis has no voxels, or there are more or fewer voxels than the shape says.
    pub fn from_shared(voxels: SharedVoxels<T>, shape: [usize; 3], affine: Affine) -> Result<Self> {
        let count = (*voxels).as_ref().len();
        if count == some_voxels(shape)?.iter().product::<usize>() {
            return Ok(Self { voxels: Voxels::Shared(voxels), shape, affine });
        }
        let reason = format!("{count} voxels do not make a volume of the shape {shape:?}");
        Err(Error::Setting { name: "shape", reason })
    }

    /// A volume on `grid` with one value everywhere.
    ///
    /// # Errors
    /// If the grid has no voxels, or more than fit into memory.
    pub fn filled(grid: &Grid, value: T) -> Result<Self> {
        let count = grid.shape.iter().try_fold(1_usize, |count, &n| count.checked_mul(n));
        // The memory is asked for and given back, because `from_elem`, which gets zeros from the system for nothing, aborts.
        if count.is_none_or(|count| Vec::<T>::new().try_reserve_exact(count).is_err()) {
            return Err(Error::TooManyVoxels { shape: grid.shape });
        }
        Self::new(Array3::from_elem(grid.shape, value), grid.affine)
    }

    /// The voxels, to be changed in place.
    ///
    /// # Panics
    /// Never: there is a voxel for each index.
    pub fn data_mut(&mut self) -> ArrayViewMut3<'_, T> {
        let shape = self.shape;
        ArrayViewMut3::from_shape(shape, self.as_mut_slice()).expect("a voxel for each index")
    }

    /// The voxels in C order, to be changed in place.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        if let Voxels::Shared(shared) = &self.voxels {
            self.voxels = Voxels::Own((**shared).as_ref().to_vec());
        }
        match &mut self.voxels {
            Voxels::Own(voxels) => voxels,
            Voxels::Shared(_) => unreachable!("it was copied just now"),
        }
    }

    /// The array without its place in the world.
    ///
    /// # Panics
    /// Never: there is a voxel for each index.
    pub fn into_data(self) -> Array3<T> {
        let voxels = match self.voxels {
            Voxels::Own(voxels) => voxels,
            Voxels::Shared(shared) => (*shared).as_ref().to_vec(),
        };
        Array3::from_shape_vec(self.shape, voxels).expect("a voxel for each index")
    }
}

impl<T> Volume<T> {
    /// The voxels.
    ///
    /// # Panics
    /// Never: there is a voxel for each index.
    pub fn data(&self) -> ArrayView3<'_, T> {
        ArrayView3::from_shape(self.shape, self.as_slice()).expect("a voxel for each index")
    }

    /// The voxels in C order.
    pub fn as_slice(&self) -> &[T] {
        match &self.voxels {
            Voxels::Own(voxels) => voxels,
            Voxels::Shared(shared) => (**shared).as_ref(),
        }
    }

    /// Voxel index to world (mm).
    pub fn affine(&self) -> &Affine {
        &self.affine
    }

    /// Number of voxels along each axis.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Shape and affine together.
    pub fn grid(&self) -> Grid {
        Grid { shape: self.shape, affine: self.affine }
    }

    /// A volume at the same place whose voxels are `f` of this one's.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Volume<U> {
        let voxels = self.as_slice().iter().map(f).collect();
        Volume { voxels: Voxels::Own(voxels), shape: self.shape, affine: self.affine }
    }
}

impl<T: PartialEq> PartialEq for Volume<T> {
    fn eq(&self, other: &Self) -> bool {
        self.grid() == other.grid() && self.as_slice() == other.as_slice()
    }
}

impl<T: fmt::Debug> fmt::Debug for Volume<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Volume").field(&self.data()).field(&self.affine).finish()
    }
}

fn some_voxels(shape: [usize; 3]) -> Result<[usize; 3]> {
    if shape.contains(&0) {
        return Err(Error::TooFewVoxels { shape, step: "a volume", least: 1 });
    }
    Ok(shape)
}

impl Volume<f32> {
    /// Number of voxels that are NaN or infinite.
    pub fn not_finite(&self) -> usize {
        self.as_slice().iter().filter(|value| !value.is_finite()).count()
    }

    /// Gives voxels that are NaN or infinite the value 0, as some tools mark what they did not see. Returns what to say about
    /// it; `None` where all are finite.
    pub fn zero_not_finite(&mut self) -> Option<String> {
        let count = self.not_finite();
        let voxels = self.as_slice().len();
        (count > 0).then(|| {
            for value in self.as_mut_slice().iter_mut().filter(|value| !value.is_finite()) {
                *value = 0.0;
            }
            format!("{count} of {voxels} voxels are not finite (NaN or infinite) and count as 0")
        })
    }

    /// The scan by [`Self::zero_not_finite`], and what to say about it.
    ///
    /// # Errors
    /// [`Error::NotFinite`] and [`Error::Constant`] for a scan that shows nothing.
    pub(crate) fn as_scan(&self) -> Result<(Cow<'_, Self>, Option<String>)> {
        let (count, voxels) = (self.not_finite(), self.as_slice().len());
        if count == voxels {
            return Err(Error::NotFinite { count, voxels, masked: false });
        }
        let mut scan = Cow::Borrowed(self);
        let warning = if count > 0 { scan.to_mut().zero_not_finite() } else { None };
        scan.check_varies()?;
        Ok((scan, warning))
    }

    /// Refuses a volume of one value.
    pub(crate) fn check_varies(&self) -> Result<()> {
        let voxels = self.as_slice();
        if voxels.iter().all(|value| *value == voxels[0]) {
            return Err(Error::Constant { value: f64::from(voxels[0]), masked: false });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ShapeBuilder, s};

    #[test]
    fn fortran_arrays_become_c_contiguous_without_changing_values() {
        let fortran = Array3::from_shape_fn((2, 3, 4).f(), |(i, j, k)| 100 * i + 10 * j + k);
        let volume =
            Volume::new(fortran.clone(), Grid::centred([2, 3, 4], [1.0; 3]).unwrap().affine).unwrap();
        assert_eq!(volume.data(), fortran);
        assert_eq!(volume.as_slice()[1], 1);
    }

    #[test]
    fn a_part_of_an_array_keeps_nothing_of_the_rest() {
        let part =
            Array3::from_shape_fn((4, 2, 3), |(i, j, k)| 100 * i + 10 * j + k).slice_move(s![1..3, .., ..]);
        let volume = Volume::new(part.clone(), Grid::centred([2, 2, 3], [1.0; 3]).unwrap().affine).unwrap();
        assert_eq!(volume.data(), part);
        assert_eq!(volume.as_slice().len(), 12);
    }

    #[test]
    fn shared_voxels_are_used_where_they_lie_until_they_are_changed() {
        let memory: Arc<Vec<f32>> = Arc::new((0_u8..24).map(f32::from).collect());
        let affine = Grid::centred([2, 3, 4], [1.0; 3]).unwrap().affine;
        let shared = |shape| Volume::from_shared(memory.clone(), shape, affine);
        let mut volume = shared([2, 3, 4]).unwrap();
        assert!(std::ptr::eq(volume.as_slice(), memory.as_slice()));
        assert_eq!(volume.data()[(1, 2, 3)], 23.0);
        let before = volume.clone();
        volume.as_mut_slice()[0] = -1.0;
        assert_eq!((memory[0], before.as_slice()[0], volume.data()[(0, 0, 0)]), (0.0, 0.0, -1.0));
        assert!(volume != before);
        assert!(shared([2, 3, 5]).unwrap_err().to_string().contains("24 voxels"));
        assert!(shared([0, 3, 5]).is_err());
    }
}
