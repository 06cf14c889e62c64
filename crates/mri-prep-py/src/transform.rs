//! The class `Transform`, and its files.

use std::path::PathBuf;

use mri_io::transform_file::Ends;
use mri_io::{AffineTransform, RigidTransform};
use nalgebra::Point3;
use numpy::{PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::error::{invalid, to_python};
use crate::grid::Place;
use crate::matrix;

/// A linear map from the world of the fixed image to the world of the moving one (RAS+, mm).
///
/// Parameters
/// ----------
/// matrix : array of shape (4, 4)
///     Its last row is 0 0 0 1.
///
/// ``second @ first`` goes through ``first``, then through ``second``.
#[pyclass(frozen, module = "mri_prep")]
#[derive(Clone, Copy)]
pub(crate) struct Transform(pub(crate) AffineTransform);

#[pymethods]
impl Transform {
    #[new]
    fn new(matrix: &Bound<'_, PyAny>) -> PyResult<Self> {
        AffineTransform::from_matrix(&matrix::from_python(matrix)?).map(Self).map_err(to_python)
    }

    /// The matrix, shape (4, 4).
    #[getter]
    fn matrix<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix::to_python_array(py, &self.0.matrix())
    }

    /// Angle in degrees, 0 to 180, of the rotation that is nearest to the linear part.
    #[getter]
    fn angle_degrees(&self) -> f64 {
        self.0.angle_degrees()
    }

    /// The least and the largest factor by which a length is stretched.
    #[getter]
    fn stretch(&self) -> (f64, f64) {
        self.0.stretch().into()
    }

    /// The map back.
    fn inverse(&self) -> Self {
        Self(self.0.inverse())
    }

    /// Where points go: world positions in mm, shape (n, 3).
    fn apply<'py>(&self, points: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let array = points.py().import("numpy")?.call_method1("asarray", (points, "float64"))?;
        let array: PyReadonlyArray2<'_, f64> =
            array.extract().map_err(|_| invalid("points have the shape (n, 3)"))?;
        let mut moved = array.as_array().to_owned();
        if moved.ncols() != 3 {
            return Err(invalid(format!("points have the shape (n, 3), not {:?}", moved.dim())));
        }
        for mut row in moved.rows_mut() {
            let to = self.0.apply(Point3::new(row[0], row[1], row[2]));
            (row[0], row[1], row[2]) = (to.x, to.y, to.z);
        }
        Ok(PyArray2::from_owned_array(points.py(), moved))
    }

    fn __matmul__(&self, first: Linear) -> PyResult<Self> {
        self.0.after(&first.0).map(Self).map_err(to_python)
    }

    fn __repr__(&self) -> String {
        let [least, largest] = self.0.stretch();
        format!(
            "Transform(rotation {:.2} degrees, lengths x {least:.3} to {largest:.3})",
            self.0.angle_degrees()
        )
    }
}

/// A transform, or the matrix of one; [`Linear::identity`] where none was handed in.
pub(crate) struct Linear(pub(crate) AffineTransform);

impl Linear {
    pub(crate) fn identity() -> Self {
        Self(RigidTransform::identity().into())
    }
}

impl FromPyObject<'_, '_> for Linear {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match value.cast::<Transform>() {
            Ok(transform) => Ok(Self(transform.get().0)),
            Err(_) => Ok(Self(Transform::new(&value)?.0)),
        }
    }
}

/// Reads a linear transform of ITK, ANTs (.tfm, .txt, .mat), FSL (.mat), FreeSurfer (.lta), or a plain matrix of 4 x 4 numbers.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
/// fixed, moving : image or Grid, optional
///     The two images that a transform of FSL (and some of FreeSurfer) was made for: FLIRT's ``-ref`` and ``-in``.
///
/// Returns
/// -------
/// Transform
///     Fixed world to moving world, whatever the file's own convention.
///
/// Raises
/// ------
/// OSError
///     If the file cannot be read.
/// TransformError
///     If it holds no linear transform, or one that needs the two images.
#[pyfunction]
#[pyo3(signature = (path, *, fixed = None, moving = None))]
pub(crate) fn read_transform(
    path: PathBuf,
    fixed: Option<Place>,
    moving: Option<Place>,
) -> PyResult<Transform> {
    mri_io::transform_file::read_transform(path, ends(fixed, moving)?.as_ref())
        .map(Transform)
        .map_err(to_python)
}

/// Writes a transform: for ITK, ANTs and Slicer if the name ends in .tfm, for FSL in .mat, for FreeSurfer in .lta, else as a plain
/// matrix of 4 x 4 numbers.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
/// transform : Transform or array of shape (4, 4)
/// fixed, moving : image or Grid, optional
///     The two images, which a file of FSL or FreeSurfer needs.
///
/// Raises
/// ------
/// OSError
///     If the file cannot be written.
/// TransformError
///     If the two images are needed, or files of this kind are not written.
#[pyfunction]
#[pyo3(signature = (path, transform, *, fixed = None, moving = None))]
pub(crate) fn write_transform(
    path: PathBuf,
    transform: Linear,
    fixed: Option<Place>,
    moving: Option<Place>,
) -> PyResult<()> {
    mri_io::transform_file::write_transform(path, transform.0, ends(fixed, moving)?.as_ref())
        .map_err(to_python)
}

fn ends(fixed: Option<Place>, moving: Option<Place>) -> PyResult<Option<Ends>> {
    match (fixed, moving) {
        (Some(fixed), Some(moving)) => Ok(Some(Ends { fixed: fixed.0, moving: moving.0 })),
        (None, None) => Ok(None),
        _ => Err(invalid("give both images of a transform, fixed and moving, or neither")),
    }
}
