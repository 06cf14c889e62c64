//! Matrices of four rows and columns: what NumPy has, and what the library has.

use mri_io::Affine;
use nalgebra::Matrix4;
use numpy::{PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::error::{invalid, to_python};

/// From anything that NumPy makes an array of numbers of.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Matrix4<f64>> {
    let array = value.py().import("numpy")?.call_method1("asarray", (value, "float64"))?;
    let array: PyReadonlyArray2<'_, f64> =
        array.extract().map_err(|_| invalid("a matrix here has 4 rows and 4 columns"))?;
    let rows = array.as_array();
    if rows.dim() != (4, 4) {
        return Err(invalid(format!("a matrix here has 4 rows and 4 columns, not {:?}", rows.dim())));
    }
    Ok(Matrix4::from_fn(|row, column| rows[(row, column)]))
}

/// As a new array of 64-bit floats.
pub(crate) fn to_python_array<'py>(py: Python<'py>, matrix: &Matrix4<f64>) -> Bound<'py, PyArray2<f64>> {
    let rows = ndarray::Array2::from_shape_fn((4, 4), |(row, column)| matrix[(row, column)]);
    PyArray2::from_owned_array(py, rows)
}

/// Voxel index to world (RAS+, mm).
pub(crate) fn affine(value: &Bound<'_, PyAny>) -> PyResult<Affine> {
    Affine::new(from_python(value)?).map_err(to_python)
}
