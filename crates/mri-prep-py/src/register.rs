//! Registration.

use mri_io::register::{Degrees, RegistrationSettings, Scan};
use pyo3::prelude::*;

use crate::error::invalid;
use crate::image::Image;
use crate::transform::Transform;
use crate::work;

/// What a registration found.
#[pyclass(frozen, get_all, module = "mri_prep")]
pub(crate) struct Registration {
    /// World of the fixed image to world of the moving image (RAS+, mm).
    transform: Transform,
    /// Mutual information at the end, in nats; comparable only between registrations of the same pair.
    metric: f64,
    /// Reasons to doubt the result; none for a registration that went well.
    warnings: Vec<String>,
}

#[pymethods]
impl Registration {
    fn __repr__(&self) -> String {
        let degrees = self.transform.0.angle_degrees();
        format!(
            "Registration(rotation {degrees:.1} degrees, metric {:.3}, {} warnings)",
            self.metric,
            self.warnings.len()
        )
    }
}

/// Finds the map that brings the moving image onto the fixed one, in one or across two contrasts.
///
/// Parameters
/// ----------
/// fixed, moving : image
///     Positions in the world, orientation and spacing of both are free.
/// dof : {6, 7, 9, 12}
///     Degrees of freedom: 6 for one person; for two persons, or a person and an atlas, also 7 (one scale), 9 (a scale along each
///     axis) or 12 (scales and shear).
/// fixed_mask, moving_mask : image, optional
///     Compare only inside; on the grids of their images.
/// samples : int
///     Points that are compared at full resolution, at least 1000.
/// bins : int
///     Histogram bins of each image, 8 to 128.
/// max_rotation_degrees : float
///     Largest rotation searched, 0 to 90.
///
/// Returns
/// -------
/// Registration
///     Look at its ``warnings``.
///
/// Raises
/// ------
/// InvalidError
///     If an image has an axis of a single voxel, is constant or has no finite voxel inside its mask, if a mask is empty or lies on
///     another grid, or if a setting is out of its range.
#[pyfunction]
#[pyo3(signature = (fixed, moving, *, dof = 6, fixed_mask = None, moving_mask = None, samples = 150_000, bins = 32,
                    max_rotation_degrees = 60.0))]
pub(crate) fn register(
    py: Python<'_>,
    fixed: Image,
    moving: Image,
    dof: usize,
    fixed_mask: Option<Image>,
    moving_mask: Option<Image>,
    samples: usize,
    bins: usize,
    max_rotation_degrees: f64,
) -> PyResult<Registration> {
    let degrees = Degrees::with_count(dof)
        .ok_or_else(|| invalid("a registration has 6, 7, 9 or 12 degrees of freedom"))?;
    let mut settings = RegistrationSettings::default();
    settings.samples = samples;
    settings.bins = bins;
    settings.max_rotation_degrees = max_rotation_degrees;
    let (fixed, moving) = (fixed.values(py)?, moving.values(py)?);
    let mask = |image: Option<Image>| image.map(|image| image.mask(py)).transpose();
    let (fixed_mask, moving_mask) = (mask(fixed_mask)?, mask(moving_mask)?);
    let found = work::run(py, move || {
        let fixed = Scan { volume: &fixed, mask: fixed_mask.as_ref() };
        let moving = Scan { volume: &moving, mask: moving_mask.as_ref() };
        mri_io::register::register(degrees, fixed, moving, &settings)
    })?;
    Ok(Registration { transform: Transform(found.transform), metric: found.metric, warnings: found.warnings })
}
