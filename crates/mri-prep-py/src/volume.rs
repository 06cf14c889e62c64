//! The class `Volume`.

use mri_io::Affine;
use numpy::{PyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::{matrix, nibabel, voxels};

/// A three-dimensional array with its place in the world.
///
/// Parameters
/// ----------
/// data : array of shape (i, j, k)
///     Voxels along the file's own axes, of a NumPy array or anything with ``__dlpack__``. Not copied.
/// affine : array of shape (4, 4)
///     Voxel index to world (RAS+, mm).
///
/// ``numpy.asarray(volume)`` and ``from_dlpack(volume)`` give its voxels without a copy.
#[pyclass(frozen, module = "mri_prep")]
pub(crate) struct Volume {
    pub(crate) array: Py<PyUntypedArray>,
    /// With how the file says it that this was read from.
    pub(crate) affine: Affine,
}

impl Volume {
    /// A volume of the library, without a copy.
    pub(crate) fn of<T: numpy::Element + Clone>(py: Python<'_>, volume: mri_io::Volume<T>) -> Self {
        let affine = *volume.affine();
        Self { array: voxels::to_numpy(py, volume).unbind(), affine }
    }
}

#[pymethods]
impl Volume {
    #[new]
    fn new(data: &Bound<'_, PyAny>, affine: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self { array: voxels::array(data)?.unbind(), affine: matrix::affine(affine)? })
    }

    /// The voxels, shape (i, j, k). The array itself, no copy.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyUntypedArray> {
        self.array.bind(py).clone()
    }

    /// Voxel index to world (RAS+, mm), shape (4, 4); a copy.
    #[getter]
    fn affine<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix::to_python_array(py, self.affine.matrix())
    }

    /// Number of voxels along each axis.
    #[getter]
    fn shape(&self, py: Python<'_>) -> (usize, usize, usize) {
        let shape = self.array.bind(py).shape();
        (shape[0], shape[1], shape[2])
    }

    /// Distance (mm) between neighbouring voxels along each axis.
    #[getter]
    fn spacing(&self) -> (f64, f64, f64) {
        self.affine.spacing().into()
    }

    /// Where the axes run to, for example ``"RAS"``: to the right, to the front, to the top.
    #[getter]
    fn orientation(&self) -> String {
        self.affine.orientation()
    }

    /// The same as a nibabel image (which needs nibabel). Truth values become ``uint8``, nothing else is copied.
    fn to_nibabel<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        nibabel::image(self.array.bind(py), &self.affine)
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __array__<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.array.bind(args.py()).call_method("__array__", args, kwargs)
    }

    #[pyo3(signature = (**kwargs))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.array.bind(py).call_method("__dlpack__", (), kwargs)
    }

    fn __dlpack_device__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.array.bind(py).call_method0("__dlpack_device__")
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (i, j, k) = self.shape(py);
        let [x, y, z] = self.affine.spacing();
        let dtype = self.array.bind(py).getattr("dtype")?;
        Ok(format!("Volume({i} x {j} x {k} {dtype}, {x:.3} x {y:.3} x {z:.3} mm, {})", self.orientation()))
    }
}
