//! Intensities: bias field, normalization, the standard scale of a cohort.

use std::path::PathBuf;

use mri_io::bias::{BiasSettings, correct_bias};
use mri_io::intensity::Normalization;
use mri_io::strip::{StripSettings, skull_strip};
use pyo3::prelude::*;

use crate::error::{to_python, unknown};
use crate::image::Image;
use crate::work;

/// A scan without its bias field, and the field.
#[pyclass(frozen, get_all, module = "mri_prep")]
pub(crate) struct BiasCorrection {
    /// The scan divided by the field, ``float32``.
    image: Py<PyAny>,
    /// The field, ``float32``: positive, its mean over the mask is 1.
    field: Py<PyAny>,
}

/// Finds and removes the smooth field that a scanner's coils multiply a scan with (N4).
///
/// Parameters
/// ----------
/// image : image
/// mask : image, optional
///     Where to look, best the brain; without one where the image is brighter than its mean.
/// spacing : float
///     Distance (mm, 1 to 16) between the voxels that are worked on.
/// knots : float
///     Distance (mm, at least 10) between the knots of the field on the first level; each further level halves it.
/// levels : int
///     1 to 6.
/// iterations : int
///     Most steps at each level.
///
/// Returns
/// -------
/// BiasCorrection
///
/// Raises
/// ------
/// InvalidError
///     If the mask lies on another grid or is empty, no voxel worked on is positive and finite, or a setting is out of its range.
#[pyfunction]
#[pyo3(signature = (image, *, mask = None, spacing = 4.0, knots = 200.0, levels = 3, iterations = 50))]
pub(crate) fn bias(
    py: Python<'_>,
    image: Image,
    mask: Option<Image>,
    spacing: f64,
    knots: f64,
    levels: usize,
    iterations: usize,
) -> PyResult<BiasCorrection> {
    let mut settings = BiasSettings::default();
    settings.spacing = spacing;
    settings.knots = knots;
    settings.levels = levels;
    settings.iterations = iterations;
    let (scan, mask) = (image.values(py)?, mask.map(|mask| mask.mask(py)).transpose()?);
    let found = work::run(py, move || correct_bias(&scan, mask.as_ref(), &settings))?;
    Ok(BiasCorrection {
        image: image.give(py, found.volume)?.unbind(),
        field: image.give(py, found.field)?.unbind(),
    })
}

/// The standard scale of intensities of a cohort (Nyul and Udupa): the values that the percentiles 1, 10, 20, ... 90 and 99 of a
/// brain become.
///
/// Parameters
/// ----------
/// landmarks : sequence of 11 floats
///     These values, rising. Without them at hand, ``of`` and ``learn`` find them.
#[pyclass(frozen, module = "mri_prep")]
#[derive(Clone, Copy)]
pub(crate) struct StandardScale(mri_io::intensity::StandardScale);

#[pymethods]
impl StandardScale {
    #[new]
    fn new(landmarks: [f64; 11]) -> PyResult<Self> {
        mri_io::intensity::StandardScale::new(landmarks).map(Self).map_err(to_python)
    }

    /// The landmarks of one image over its brain, in its own units: the scale that matches other images to it.
    #[staticmethod]
    fn of(py: Python<'_>, image: Image, mask: Image) -> PyResult<Self> {
        let (image, mask) = (image.values(py)?, mask.mask(py)?);
        work::run(py, move || mri_io::intensity::StandardScale::of(&image, &mask)).map(Self)
    }

    /// The scale of a cohort, from the scale ``of`` each of its images: 0 to 1.
    #[staticmethod]
    fn learn(scales: Vec<PyRef<'_, Self>>) -> PyResult<Self> {
        mri_io::intensity::StandardScale::learn(scales.iter().map(|scale| scale.0))
            .map(Self)
            .map_err(to_python)
    }

    /// Reads a scale that ``write`` or ``mri-prep scale`` wrote.
    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        mri_io::intensity::StandardScale::read(path).map(Self).map_err(to_python)
    }

    /// Writes the scale as a small JSON file.
    fn write(&self, path: PathBuf) -> PyResult<()> {
        self.0.write(path).map_err(to_python)
    }

    /// The eleven values.
    #[getter]
    fn landmarks(&self) -> Vec<f64> {
        self.0.landmarks().to_vec()
    }

    fn __repr__(&self) -> String {
        format!("StandardScale({:?})", self.0.landmarks())
    }
}

/// A name, or a scale to bring the intensities to.
#[derive(FromPyObject)]
pub(crate) enum Method<'py> {
    Scale(PyRef<'py, StandardScale>),
    Name(String),
}

impl Method<'_> {
    pub(crate) fn normalization(&self, percentiles: [f64; 2]) -> PyResult<Normalization> {
        let name = match self {
            Self::Scale(scale) => return Ok(Normalization::Nyul(scale.0)),
            Self::Name(name) => name.as_str(),
        };
        match name {
            "min-max" => Ok(Normalization::MinMax),
            "percentile" => Ok(Normalization::Percentile { low: percentiles[0], high: percentiles[1] }),
            "z-score" => Ok(Normalization::ZScore),
            _ => Err(unknown("method", name, &["min-max", "percentile", "z-score", "or a StandardScale"])),
        }
    }
}

/// Brings the intensities of the brain to a common scale; everything else becomes 0.
///
/// Parameters
/// ----------
/// image : image
/// mask : image, optional
///     The brain, on the same grid; without it the skull is stripped.
/// method : {"min-max", "percentile", "z-score"} or StandardScale
///     0 to 1; 0 to 1 between two percentiles, clipped; mean 0 and standard deviation 1; or the landmarks of a scale.
/// percentiles : (float, float)
///     For "percentile": these (0 to 100) become 0 and 1.
///
/// Returns
/// -------
/// image
///     ``float32``, of the kind that was handed in.
///
/// Raises
/// ------
/// InvalidError
///     If the grids differ, the mask is empty, or a voxel inside is not finite or all have one value.
#[pyfunction]
#[pyo3(signature = (image, mask = None, *, method = Method::Name("min-max".to_owned()), percentiles = [1.0, 99.0]),
       text_signature = "(image, mask=None, *, method='min-max', percentiles=(1.0, 99.0))")]
pub(crate) fn normalize<'py>(
    py: Python<'py>,
    image: Image,
    mask: Option<Image>,
    method: Method<'py>,
    percentiles: [f64; 2],
) -> PyResult<Bound<'py, PyAny>> {
    let method = method.normalization(percentiles)?;
    let (mut volume, mask) = (image.values(py)?, mask.map(|mask| mask.mask(py)).transpose()?);
    let (volume, warnings) = work::run(py, move || {
        let (mask, warnings) = if let Some(mask) = mask {
            (mask, Vec::new())
        } else {
            let found = skull_strip(&volume, &StripSettings::default())?;
            (found.mask, found.warnings)
        };
        mri_io::intensity::normalize(&mut volume, &mask, &method)?;
        Ok((volume, warnings))
    })?;
    work::warn(py, &warnings)?;
    image.give(py, volume)
}
