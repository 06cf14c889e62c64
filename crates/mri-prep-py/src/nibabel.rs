//! Images of nibabel, which is used where it is, and never needed.

use std::path::PathBuf;

use mri_io::Affine;
use numpy::PyUntypedArray;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

use crate::{matrix, voxels};

/// Classes whose files the library reads as nibabel does.
const OURS: [&str; 4] = ["Nifti1Image", "Nifti1Pair", "Nifti2Image", "Nifti2Pair"];

/// Whether a value is one of its images.
pub(crate) fn is_image(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    Ok(value.hasattr(intern!(py, "dataobj"))?
        && value.hasattr(intern!(py, "affine"))?
        && value.hasattr(intern!(py, "header"))?)
}

/// The NIfTI file that an image still has its voxels in: to be read by the library, which is faster and rounds once.
pub(crate) fn file_of(image: &Bound<'_, PyAny>) -> Option<PathBuf> {
    let py = image.py();
    let class = image.get_type().name().ok()?.to_string();
    let proxy = image.getattr(intern!(py, "dataobj")).ok()?;
    let shape: Vec<usize> = proxy.getattr(intern!(py, "shape")).ok()?.extract().ok()?;
    let is_one = shape.len() >= 3 && shape[3..].iter().all(|&n| n == 1);
    if !OURS.contains(&class.as_str()) || !is_one {
        return None;
    }
    proxy.getattr(intern!(py, "file_like")).ok()?.extract().ok()
}

/// A new image. Its codes are those of the affine, or `NIFTI_XFORM_SCANNER_ANAT`.
pub(crate) fn image<'py>(array: &Bound<'py, PyUntypedArray>, affine: &Affine) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    let matrix = matrix::to_python_array(py, affine.matrix());
    let class = py.import("nibabel")?.getattr("Nifti1Image")?;
    let image = class.call((voxels_of(array)?, &matrix), Some(&wide(array)?))?;
    let code = affine.code().unwrap_or(1);
    image.call_method1("set_sform", (&matrix, code))?;
    image.call_method1("set_qform", (&matrix, code))?;
    Ok(image)
}

/// An image on the grid of another one, of its class, and with its header but for what tells of the voxels' values.
pub(crate) fn image_like<'py>(
    other: &Bound<'py, PyAny>,
    array: &Bound<'py, PyUntypedArray>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    let nifti = py.import("nibabel")?.getattr("Nifti1Image")?;
    let affine = other.getattr("affine")?;
    let array = voxels_of(array)?;
    if !other.is_instance(&nifti)? {
        return nifti.call((&array, affine), Some(&wide(&array)?));
    }
    let header = other.getattr("header")?.call_method0("copy")?;
    header.call_method1("set_data_dtype", (array.getattr("dtype")?,))?;
    header.set_item("cal_min", 0)?;
    header.set_item("cal_max", 0)?;
    other.get_type().call1((array, affine, header))
}

/// nibabel has no truth values.
fn voxels_of<'py>(array: &Bound<'py, PyUntypedArray>) -> PyResult<Bound<'py, PyUntypedArray>> {
    voxels::numbers(array)
}

/// It wants to be told that integers of 64 bits are meant.
fn wide<'py>(array: &Bound<'py, PyUntypedArray>) -> PyResult<Bound<'py, PyDict>> {
    let dtype = voxels::numbers(array)?.getattr("dtype")?;
    [("dtype", dtype)].into_py_dict(array.py())
}
