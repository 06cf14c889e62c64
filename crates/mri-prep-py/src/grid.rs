//! The class `Grid`, and what stands for one.

use numpy::PyArray2;
use pyo3::prelude::*;

use crate::image::Image;
use crate::matrix;

/// Shape and place of an image, without its voxels.
///
/// Parameters
/// ----------
/// shape : (int, int, int)
///     Number of voxels along each axis.
/// affine : array of shape (4, 4)
///     Voxel index to world (RAS+, mm).
#[pyclass(frozen, module = "mri_prep")]
pub(crate) struct Grid(mri_io::Grid);

#[pymethods]
impl Grid {
    #[new]
    fn new(shape: [usize; 3], affine: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(mri_io::Grid { shape, affine: matrix::affine(affine)? }))
    }

    /// Number of voxels along each axis.
    #[getter]
    fn shape(&self) -> (usize, usize, usize) {
        self.0.shape.into()
    }

    /// Voxel index to world (RAS+, mm), shape (4, 4).
    #[getter]
    fn affine<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix::to_python_array(py, self.0.affine.matrix())
    }

    fn __repr__(&self) -> String {
        let ([i, j, k], [x, y, z]) = (self.0.shape, self.0.affine.spacing());
        format!("Grid({i} x {j} x {k}, {x:.3} x {y:.3} x {z:.3} mm, {})", self.0.affine.orientation())
    }
}

/// A grid, or an image for its grid.
pub(crate) struct Place(pub(crate) mri_io::Grid);

impl FromPyObject<'_, '_> for Place {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match value.cast::<Grid>() {
            Ok(grid) => Ok(Self(grid.get().0)),
            Err(_) => Ok(Self(value.extract::<Image>()?.grid())),
        }
    }
}
