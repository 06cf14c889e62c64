//! What functions take as images, and give back in the same kind.

use std::path::PathBuf;

use mri_io::{Affine, Grid, Mask, Volume as Voxels};
use numpy::{Element, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::to_python;
use crate::volume::Volume;
use crate::{matrix, nibabel, voxels, work};

/// An image as it was handed in.
pub(crate) struct Image {
    source: Source,
    shape: [usize; 3],
    /// With how the file says it, where there is one.
    affine: Affine,
    kind: Kind,
}

/// Where the voxels are.
enum Source {
    Array(Py<PyUntypedArray>),
    File(PathBuf),
}

/// What results come back as.
pub(crate) enum Kind {
    Volume,
    Pair,
    Nibabel(Py<PyAny>),
}

impl FromPyObject<'_, '_> for Image {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let value = &*value;
        if let Ok(volume) = value.cast::<Volume>() {
            let volume = volume.get();
            return Ok(Self::of_array(volume.array.bind(value.py()).clone(), &volume.affine, Kind::Volume));
        }
        if nibabel::is_image(value)? {
            return Self::of_nibabel(value);
        }
        if let Ok(pair) = value.cast::<PyTuple>()
            && pair.len() == 2
        {
            let array = voxels::array(&pair.get_item(0)?)?;
            return Ok(Self::of_array(array, &matrix::affine(&pair.get_item(1)?)?, Kind::Pair));
        }
        if let Ok(path) = value.extract::<PathBuf>() {
            return Self::of_file(value.py(), path);
        }
        Err(PyTypeError::new_err(format!(
            "an image is a mri_prep.Volume, an image of nibabel, a pair (array, affine) or a file's name, not {}",
            value.get_type().name()?
        )))
    }
}

impl Image {
    fn of_array(array: Bound<'_, PyUntypedArray>, affine: &Affine, kind: Kind) -> Self {
        let shape = std::array::from_fn(|axis| array.shape()[axis]);
        Self { source: Source::Array(array.unbind()), shape, affine: *affine, kind }
    }

    fn of_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let header = py.detach(|| mri_io::nifti::read_header(&path)).map_err(to_python)?;
        Ok(Self {
            source: Source::File(path),
            shape: header.shape,
            affine: header.affine,
            kind: Kind::Volume,
        })
    }

    fn of_nibabel(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (py, kind) = (value.py(), Kind::Nibabel(value.clone().unbind()));
        let affine = value.getattr("affine")?;
        let affine = if affine.is_none() {
            mri_io::Affine::from_spacing([1.0; 3], [0.0; 3]).map_err(to_python)?
        } else {
            matrix::affine(&affine)?
        };
        if let Some(path) = nibabel::file_of(value)
            && let Ok(header) = py.detach(|| mri_io::nifti::read_header(&path))
        {
            // An image may have been moved since it was loaded.
            let (own, file) = (Grid { shape: header.shape, affine }, header.grid());
            let affine = if own.matches(&file, 1e-4) { header.affine } else { affine };
            return Ok(Self { source: Source::File(path), shape: header.shape, affine, kind });
        }
        let array = py.import("numpy")?.call_method1("asanyarray", (value.getattr("dataobj")?,))?;
        Ok(Self::of_array(voxels::array(&array)?, &affine, kind))
    }

    /// Shape and place, without reading the voxels.
    pub(crate) fn grid(&self) -> Grid {
        Grid { shape: self.shape, affine: self.affine }
    }

    /// Whether the voxels are in memory, in a type of their own.
    pub(crate) fn is_loaded(&self) -> bool {
        matches!(self.source, Source::Array(_))
    }

    /// The values that the library computes with.
    pub(crate) fn values(&self, py: Python<'_>) -> PyResult<Voxels<f32>> {
        match &self.source {
            Source::Array(array) => voxels::values(array.bind(py), &self.affine),
            Source::File(path) => {
                let volume = work::briefly(py, || mri_io::read(path))?.map_err(to_python)?;
                Voxels::new(volume.into_data(), self.affine).map_err(to_python)
            }
        }
    }

    /// The voxels that are inside.
    pub(crate) fn mask(&self, py: Python<'_>) -> PyResult<Mask> {
        match &self.source {
            Source::Array(array) => voxels::mask(array.bind(py), &self.affine),
            Source::File(path) => {
                let mask = work::briefly(py, || mri_io::nifti::read_mask(path))?.map_err(to_python)?;
                Mask::new(mask.into_data(), self.affine).map_err(to_python)
            }
        }
    }

    /// The voxels in their own type; those of a file as 32-bit floats.
    pub(crate) fn array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyUntypedArray>> {
        match &self.source {
            Source::Array(array) => Ok(array.bind(py).clone()),
            Source::File(_) => Ok(voxels::to_numpy(py, self.values(py)?)),
        }
    }

    /// What results come back as.
    pub(crate) fn kind(&self, py: Python<'_>) -> Kind {
        match &self.kind {
            Kind::Volume => Kind::Volume,
            Kind::Pair => Kind::Pair,
            Kind::Nibabel(image) => Kind::Nibabel(image.clone_ref(py)),
        }
    }

    /// A result on the image's own grid, as the kind of image that this is.
    pub(crate) fn give<'py, T: Element + Clone>(
        &self,
        py: Python<'py>,
        volume: Voxels<T>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match &self.kind {
            Kind::Nibabel(image) => nibabel::image_like(image.bind(py), &voxels::to_numpy(py, volume)),
            kind => kind.make(py, volume),
        }
    }

    /// A result on another grid, as the kind of image that this is.
    pub(crate) fn give_elsewhere<'py, T: Element + Clone>(
        &self,
        py: Python<'py>,
        volume: Voxels<T>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.kind.make(py, volume)
    }
}

impl Kind {
    /// A result with a grid of its own.
    pub(crate) fn make<'py, T: Element + Clone>(
        &self,
        py: Python<'py>,
        volume: Voxels<T>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let affine = *volume.affine();
        match self {
            Self::Volume => Ok(Bound::new(py, Volume::of(py, volume))?.into_any()),
            Self::Pair => {
                let pair = (voxels::to_numpy(py, volume), matrix::to_python_array(py, affine.matrix()));
                Ok(pair.into_pyobject(py)?.into_any())
            }
            Self::Nibabel(_) => nibabel::image(&voxels::to_numpy(py, volume), &affine),
        }
    }
}
