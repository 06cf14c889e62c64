//! The average of a cohort.

use mri_io::strip::{StripSettings, skull_strip};
use mri_io::template::{TemplateSettings, build_template};
use mri_io::{Mask, Volume};
use pyo3::prelude::*;

use crate::error::{invalid, to_python};
use crate::image::Image;
use crate::transform::Transform;
use crate::work;

/// An average brain, and where each scan lies in it.
#[pyclass(frozen, get_all, module = "mri_prep")]
pub(crate) struct Template {
    /// The mean of the normalized brains, ``float32``; exactly 0 outside the mask. Axes run right, front, top.
    image: Py<PyAny>,
    /// Where at least half of the brains are.
    mask: Py<PyAny>,
    /// For each scan: world of the template to world of the scan (RAS+, mm).
    transforms: Vec<Transform>,
    /// For each scan: reasons to doubt its skull stripping or registration.
    warnings: Vec<Vec<String>>,
}

/// Averages the brains of a cohort: a reference where no atlas is at hand.
///
/// Parameters
/// ----------
/// scans : sequence of images
///     Best files' names: a few of them are in memory at a time, and each is read several times.
/// masks : sequence of images, optional
///     Their brains, in the same order; without them the skulls are stripped, and the masks stay in memory.
/// spacing : float
///     Voxel spacing of the template (mm, 0.25 to 8).
/// iterations : int
///     How often all scans are registered to the template and averaged.
/// affine : bool
///     Fit scale and shear too: brains of all sizes then make one of their mean size, which is sharper.
///
/// Returns
/// -------
/// Template
///     Its images are of the kind of the first scan.
///
/// Raises
/// ------
/// InvalidError
///     If there is no scan, masks are missing, a setting is out of its range, or a step fails.
#[pyfunction]
#[pyo3(signature = (scans, masks = None, *, spacing = 1.0, iterations = 3, affine = false))]
pub(crate) fn template(
    py: Python<'_>,
    scans: Vec<Image>,
    masks: Option<Vec<Image>>,
    spacing: f64,
    iterations: usize,
    affine: bool,
) -> PyResult<Template> {
    let mut settings = TemplateSettings::default();
    settings.spacing = spacing;
    settings.iterations = iterations;
    settings.affine = affine;
    settings.check().map_err(to_python)?;
    if masks.as_ref().is_some_and(|masks| masks.len() != scans.len()) {
        return Err(invalid("give one mask for each scan, or none"));
    }
    let Some(first) = scans.first() else { return Err(invalid("a template needs at least one scan")) };
    let kind = first.kind(py);
    let (brains, doubts): (Vec<Brain>, Vec<Vec<String>>) = match masks {
        Some(masks) => masks.into_iter().map(|mask| (Brain::Given(mask), Vec::new())).unzip(),
        None => {
            stripped(py, &scans)?.into_iter().map(|(mask, warnings)| (Brain::Found(mask), warnings)).unzip()
        }
    };
    let names: Vec<String> = (0..scans.len()).map(|number| format!("scan {number}")).collect();
    let template = work::answer(py, move || {
        let load = |number: usize| -> Result<(Volume, Mask), Failure> {
            Python::attach(|py| Ok((scans[number].values(py)?, brains[number].mask(py)?)))
        };
        build_template(&names, load, &settings)
    })?
    .map_err(|Failure(error)| error)?;
    let warnings = doubts.into_iter().zip(template.warnings).map(|(doubts, more)| [doubts, more].concat());
    Ok(Template {
        image: kind.make(py, template.volume)?.unbind(),
        mask: kind.make(py, template.mask)?.unbind(),
        transforms: template.transforms.into_iter().map(Transform).collect(),
        warnings: warnings.collect(),
    })
}

/// The brains of scans, one after the other, with their warnings.
fn stripped(py: Python<'_>, scans: &[Image]) -> PyResult<Vec<(Mask, Vec<String>)>> {
    let brain = |scan: &Image| {
        let scan = scan.values(py)?;
        work::run(py, move || {
            let found = skull_strip(&scan, &StripSettings::default())?;
            Ok((found.mask, found.warnings))
        })
    };
    scans.iter().map(brain).collect()
}

enum Brain {
    Given(Image),
    Found(Mask),
}

impl Brain {
    fn mask(&self, py: Python<'_>) -> PyResult<Mask> {
        match self {
            Self::Given(image) => image.mask(py),
            Self::Found(mask) => Ok(mask.clone()),
        }
    }
}

/// An exception, from either side.
struct Failure(PyErr);

impl From<mri_io::Error> for Failure {
    fn from(error: mri_io::Error) -> Self {
        Self(to_python(error))
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self(error)
    }
}
