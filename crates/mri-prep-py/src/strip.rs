//! Skull stripping.

use mri_io::strip::{StripSettings, skull_strip};
use ndarray::Zip;
use pyo3::prelude::*;

use crate::image::Image;
use crate::{choice, work};

/// The brain in a scan, and how far to trust it.
#[pyclass(frozen, module = "mri_prep")]
pub(crate) struct SkullStrip {
    scan: Image,
    found: mri_io::Mask,
    /// The brain on the scan's own grid: truth values (``uint8`` for nibabel), shape (i, j, k).
    #[pyo3(get)]
    mask: Py<PyAny>,
    /// Plausibility from 0 (certainly wrong) to 1 (nothing suspicious).
    #[pyo3(get)]
    quality: f64,
    /// What is suspicious about the result, for a human to check; empty if nothing is.
    #[pyo3(get)]
    warnings: Vec<String>,
    /// Volume of the brain in millilitres.
    #[pyo3(get)]
    millilitres: f64,
}

#[pymethods]
impl SkullStrip {
    /// The scan with everything but the brain set to 0, as ``float32``.
    fn brain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut brain = self.scan.values(py)?;
        work::briefly(py, || {
            Zip::from(brain.data_mut()).and(self.found.data()).par_for_each(|value, &inside| {
                if !inside {
                    *value = 0.0;
                }
            });
        })?;
        self.scan.give(py, brain)
    }

    fn __repr__(&self) -> String {
        let (millilitres, quality) = (self.millilitres, self.quality);
        format!("SkullStrip({millilitres:.0} ml, quality {quality:.2}, {} warnings)", self.warnings.len())
    }
}

/// Finds the brain in a scan of a head of any contrast, whatever its orientation, spacing and slice thickness.
///
/// Parameters
/// ----------
/// image : image
///     A ``Volume``, an image of nibabel, a pair ``(array, affine)`` or a file's name; shape (i, j, k).
/// skull : {"guess", "remove", "keep"}
///     Whether the scan has a skull: find out, remove it, or the scan is stripped already.
/// rim : float
///     Distance (mm, -5 to 5) by which the surface of the brain is moved outwards from the inner side of the dura.
///
/// Returns
/// -------
/// SkullStrip
///     Its ``mask`` is an image of the kind that was handed in.
///
/// Raises
/// ------
/// InvalidError
///     If all voxels have one value, an axis has fewer than three voxels, nothing looks like a brain, or the scan is
///     said to be stripped and has no background of one value.
#[pyfunction]
#[pyo3(signature = (image, *, skull = "guess", rim = 0.0))]
pub(crate) fn strip(py: Python<'_>, image: Image, skull: &str, rim: f64) -> PyResult<SkullStrip> {
    let mut settings = StripSettings::default();
    settings.skull = choice::skull(skull)?;
    settings.rim = rim;
    let scan = image.values(py)?;
    let found = work::run(py, move || skull_strip(&scan, &settings))?;
    Ok(SkullStrip {
        mask: image.give(py, found.mask.clone())?.unbind(),
        millilitres: found.mask.millilitres(),
        found: found.mask,
        quality: found.quality,
        warnings: found.warnings,
        scan: image,
    })
}
