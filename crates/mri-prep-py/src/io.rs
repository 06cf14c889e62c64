//! Reading and writing files.

use std::path::PathBuf;

use mri_io::nifti::Series;
use pyo3::prelude::*;

use crate::error::to_python;
use crate::image::Image;
use crate::volume::Volume;
use crate::voxels::{each_type, numbers, turned, unexpected};
use crate::work;

/// Reads a NIfTI file (.nii, .nii.gz, .hdr with .img) or one of FreeSurfer (.mgh, .mgz).
///
/// What is odd about the file, for example two forms that disagree, is told as a ``UserWarning``.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
/// volume : int, optional
///     Of a series take this volume, counted from 0.
/// labels : bool
///     Whole numbers as ``int64``, exactly, instead of ``float32``.
///
/// Returns
/// -------
/// Volume
///     Scaled values in C order, shape (i, j, k).
///
/// Raises
/// ------
/// OSError
///     If the file cannot be read.
/// NiftiError
///     If it is no NIfTI file, of a kind that is not supported, a series without ``volume``, or not of labels.
#[pyfunction]
#[pyo3(signature = (path, *, volume = None, labels = false))]
pub(crate) fn read(py: Python<'_>, path: PathBuf, volume: Option<usize>, labels: bool) -> PyResult<Volume> {
    if labels {
        return Ok(Volume::of(py, work::run(py, move || mri_io::nifti::read_labels::<i64>(path))?));
    }
    let about = path.display().to_string();
    let (header, volume) = work::run(py, move || match volume {
        None => mri_io::nifti::read_with_header(path),
        Some(number) => {
            let mut series = Series::open(path)?;
            let volume = series.take_volume(number)?.values()?;
            Ok((series.header().clone(), volume))
        }
    })?;
    let warnings: Vec<String> = header.findings.iter().map(|finding| format!("{about}: {finding}")).collect();
    work::warn(py, &warnings)?;
    Ok(Volume::of(py, volume))
}

/// Writes an image as NIfTI-1, whole or not at all.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
///     Ends in .nii or .nii.gz.
/// image : image
///     Voxels are written in the type that they have, truth values as ``uint8``. An image of nibabel or a file is written as
///     ``float32`` where its voxels are not loaded.
///
/// Raises
/// ------
/// OSError
///     If the file cannot be written.
/// NiftiError
///     If the name ends otherwise, or an axis has more than 32767 voxels.
#[pyfunction]
pub(crate) fn write(py: Python<'_>, path: PathBuf, image: Image) -> PyResult<()> {
    let (array, affine) = (numbers(&image.array(py)?)?, image.grid().affine);
    each_type!(array, view => {
        let written = work::briefly(py, || {
            mri_io::write(path, &mri_io::Volume::new(turned(view, |&value| value), affine)?)
        })?;
        written.map_err(to_python)
    }, else Err(unexpected(&array)))
}
