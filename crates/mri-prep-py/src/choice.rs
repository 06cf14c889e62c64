//! Settings that are one of a few names.

use mri_io::resample::Interpolation;
use mri_io::strip::Skull;
use pyo3::prelude::*;

use crate::error::unknown;

/// The value with this name.
fn choose<T: Copy>(what: &str, name: &str, values: &[(&str, T)]) -> PyResult<T> {
    let found = values.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
    found.ok_or_else(|| unknown(what, name, &values.iter().map(|(own, _)| *own).collect::<Vec<_>>()))
}

pub(crate) fn skull(name: &str) -> PyResult<Skull> {
    choose("skull", name, &[("guess", Skull::Guess), ("remove", Skull::Remove), ("keep", Skull::Keep)])
}

pub(crate) fn interpolation(name: &str) -> PyResult<Interpolation> {
    let values = [
        ("nearest", Interpolation::Nearest),
        ("linear", Interpolation::Linear),
        ("cubic", Interpolation::Cubic),
        ("lanczos", Interpolation::Lanczos),
    ];
    choose("interpolation", name, &values)
}
