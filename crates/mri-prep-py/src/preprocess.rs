//! All steps for one scan.

use mri_io::bias::BiasSettings;
use mri_io::preprocess::{PreprocessSettings, Reference};
use mri_io::register::RegistrationSettings;
use mri_io::strip::{StripSettings, skull_strip};
use pyo3::prelude::*;

use crate::error::{invalid, to_python};
use crate::image::Image;
use crate::intensity::Method;
use crate::transform::Transform;
use crate::volume::Volume;
use crate::{choice, work};

/// A scan made ready for a model.
#[pyclass(frozen, get_all, module = "mri_prep")]
pub(crate) struct Preprocessed {
    /// The brain on the reference's grid, normalized, ``float32``; exactly 0 outside ``mask``.
    image: Py<PyAny>,
    /// The brain on the reference's grid.
    mask: Py<PyAny>,
    /// The brain on the scan's own grid.
    native_mask: Py<PyAny>,
    /// Plausibility of the skull stripping from 0 to 1; None where a mask was given.
    strip_quality: Option<f64>,
    /// World of the reference to world of the scan (RAS+, mm).
    transform: Transform,
    /// Mutual information (nats) of reference and scan under ``transform``; None without registration.
    metric: Option<f64>,
    /// Reasons to look at the result.
    warnings: Vec<String>,
}

/// Strips, registers and normalizes one scan, as ``mri-prep run`` does.
///
/// Parameters
/// ----------
/// image : image
/// mask : image, optional
///     The brain; nothing is stripped then.
/// reference : image, optional
///     What to register to, and the grid of the result; without it the built-in T2 brain (see ``reference``) on ``shape`` and
///     ``spacing``.
/// reference_mask : image, optional
///     The brain of the reference; without it its skull is stripped.
/// shape : (int, int, int)
///     Grid around the built-in brain.
/// spacing : (float, float, float)
///     Its voxels, mm.
/// register : bool
///     Whether to register; without, the scan lies in the world of the reference already.
/// correct_bias : bool
///     Whether to take out the bias field over the brain first.
/// interpolation : {"nearest", "linear", "cubic", "lanczos"}
/// method : {"min-max", "percentile", "z-score"} or StandardScale
///     As for ``normalize``.
/// percentiles : (float, float)
///     As for ``normalize``.
///
/// Returns
/// -------
/// Preprocessed
///     Its images are of the kind that was handed in.
///
/// Raises
/// ------
/// InvalidError
///     If all voxels have one value, a mask is empty or lies on another grid, or a step fails.
#[pyfunction]
#[pyo3(signature = (image, mask = None, *, reference = None, reference_mask = None, shape = [240, 240, 155], spacing = [1.0; 3],
                    register = true, correct_bias = false, interpolation = "linear",
                    method = Method::Name("min-max".to_owned()), percentiles = [1.0, 99.0]),
       text_signature = "(image, mask=None, *, reference=None, reference_mask=None, shape=(240, 240, 155), \
                         spacing=(1.0, 1.0, 1.0), register=True, correct_bias=False, interpolation='linear', \
                         method='min-max', percentiles=(1.0, 99.0))")]
pub(crate) fn preprocess(
    py: Python<'_>,
    image: Image,
    mask: Option<Image>,
    reference: Option<Image>,
    reference_mask: Option<Image>,
    shape: [usize; 3],
    spacing: [f64; 3],
    register: bool,
    correct_bias: bool,
    interpolation: &str,
    method: Method<'_>,
    percentiles: [f64; 2],
) -> PyResult<Preprocessed> {
    let mut settings = PreprocessSettings::default();
    settings.bias = correct_bias.then(BiasSettings::default);
    settings.registration = register.then(RegistrationSettings::default);
    settings.interpolation = choice::interpolation(interpolation)?;
    settings.normalization = method.normalization(percentiles)?;
    let mask_of = |mask: Option<Image>| mask.map(|mask| mask.mask(py)).transpose();
    let (scan, mask) = (image.values(py)?, mask_of(mask)?);
    let reference = reference.map(|reference| reference.values(py)).transpose()?;
    let reference_mask = mask_of(reference_mask)?;
    let found = work::run(py, move || {
        let reference = match (reference, reference_mask) {
            (Some(volume), Some(mask)) => Reference::new(volume, mask)?,
            (Some(volume), None) => {
                let mask = skull_strip(&volume, &StripSettings::default())?.mask;
                Reference::new(volume, mask)?
            }
            (None, _) => built_in(shape, spacing)?,
        };
        mri_io::preprocess::preprocess(&scan, mask.as_ref(), &reference, &settings)
    })?;
    Ok(Preprocessed {
        image: image.give_elsewhere(py, found.volume)?.unbind(),
        mask: image.give_elsewhere(py, found.mask)?.unbind(),
        native_mask: image.give(py, found.native_mask)?.unbind(),
        strip_quality: found.strip_quality,
        transform: Transform(found.transform.into()),
        metric: found.metric,
        warnings: found.warnings,
    })
}

fn built_in(shape: [usize; 3], spacing: [f64; 3]) -> mri_io::Result<Reference> {
    let reference = Reference::t2()?;
    reference.on_grid(&reference.grid_around(shape, spacing)?)
}

/// The built-in T2 brain, a mean of ten people, and its mask: upright, symmetric about x = 0.
///
/// Parameters
/// ----------
/// shape : (int, int, int), optional
///     Voxels along right, front and top of a grid around the brain.
/// spacing : (float, float, float), optional
///     Their distance (mm). Without both, the brain's own grid of 2 mm.
///
/// Returns
/// -------
/// (Volume, Volume)
///
/// Raises
/// ------
/// InvalidError
///     If the grid does not hold the brain, or one of both is missing.
#[pyfunction]
#[pyo3(signature = (shape = None, spacing = None))]
pub(crate) fn reference(
    py: Python<'_>,
    shape: Option<[usize; 3]>,
    spacing: Option<[f64; 3]>,
) -> PyResult<(Volume, Volume)> {
    let found = match (shape, spacing) {
        (Some(shape), Some(spacing)) => work::briefly(py, || built_in(shape, spacing))?,
        (None, None) => Reference::t2(),
        _ => return Err(invalid("give shape and spacing of a grid, or neither")),
    };
    let found = found.map_err(to_python)?;
    Ok((Volume::of(py, found.volume().clone()), Volume::of(py, found.mask().clone())))
}
