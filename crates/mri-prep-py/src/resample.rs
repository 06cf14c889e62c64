//! Other grids.

use mri_io::resample::{resample_labels, resample_mask, to_canonical};
use pyo3::prelude::*;

use crate::error::{invalid, to_python};
use crate::grid::Place;
use crate::image::Image;
use crate::transform::Linear;
use crate::voxels::{each_type, is_bool, turned, unexpected};
use crate::{choice, work};

/// Brings an image to another grid.
///
/// Where the grid is coarser, the image is smoothed first so that nothing aliases. Truth values stay such: inside is where at least
/// half of the neighbourhood is.
///
/// Parameters
/// ----------
/// image : image
/// like : image or Grid, optional
///     The grid to resample to.
/// spacing : (float, float, float), optional
///     Instead: distance of the voxels (mm), same axes and field of view.
/// transform : Transform or array of shape (4, 4), optional
///     World of the grid to world of the image, as ``register`` finds it with the grid's image as the fixed one.
/// interpolation : {"nearest", "linear", "cubic", "lanczos"}
/// fill : float
///     The value beyond the image.
/// labels : bool
///     The label of the nearest voxel, in the image's own type; 0 beyond the image.
///
/// Returns
/// -------
/// image
///     Of the kind that was handed in; ``float32`` unless labels or truth values.
///
/// Raises
/// ------
/// InvalidError
///     If neither or both of ``like`` and ``spacing`` are given, or the grid has no voxels.
#[pyfunction]
#[pyo3(signature = (image, *, like = None, spacing = None, transform = None, interpolation = "linear", fill = 0.0, labels = false))]
pub(crate) fn resample<'py>(
    py: Python<'py>,
    image: Image,
    like: Option<Place>,
    spacing: Option<[f64; 3]>,
    transform: Option<Linear>,
    interpolation: &str,
    fill: f32,
    labels: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let interpolation = choice::interpolation(interpolation)?;
    let transform = transform.unwrap_or_else(Linear::identity).0;
    let grid = match (like, spacing) {
        (Some(Place(grid)), None) => grid,
        (None, Some(spacing)) => image.grid().with_spacing(spacing).map_err(to_python)?,
        _ => return Err(invalid("give the grid to resample to: like or spacing, one of them")),
    };
    if labels {
        let (array, affine) = (image.array(py)?, image.grid().affine);
        return each_type!(array, view => {
            let moved = work::briefly(py, || {
                let labels = mri_io::Volume::new(turned(view, |&label| label), affine)?;
                resample_labels(&labels, &grid, transform)
            })?;
            image.give_elsewhere(py, moved.map_err(to_python)?)
        }, else Err(unexpected(&array)));
    }
    if image.is_loaded() && is_bool(&image.array(py)?)? {
        let mask = image.mask(py)?;
        let moved = work::run(py, move || resample_mask(&mask, &grid, transform))?;
        return image.give_elsewhere(py, moved);
    }
    let values = image.values(py)?;
    let moved =
        work::run(py, move || mri_io::resample::resample(&values, &grid, transform, interpolation, fill))?;
    image.give_elsewhere(py, moved)
}

/// The same image with axes that run to the right, to the front and to the top (RAS), as nearly as they can without interpolation.
///
/// Parameters
/// ----------
/// image : image
///
/// Returns
/// -------
/// image
///     Of the kind that was handed in, voxels in their own type.
#[pyfunction]
pub(crate) fn canonical(py: Python<'_>, image: Image) -> PyResult<Bound<'_, PyAny>> {
    let (array, affine) = (image.array(py)?, image.grid().affine);
    if is_bool(&array)? {
        return image.give_elsewhere(py, to_canonical(&image.mask(py)?));
    }
    each_type!(array, view => {
        let turned = work::briefly(py, || mri_io::Volume::new(turned(view, |&value| value), affine).map(|volume| to_canonical(&volume)))?;
        image.give_elsewhere(py, turned.map_err(to_python)?)
    }, else Err(unexpected(&array)))
}
