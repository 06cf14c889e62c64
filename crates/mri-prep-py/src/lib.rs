//! The Python module `mri_prep`: `mri-io` for arrays, nibabel images and files, and the program `mri-prep`.
//!
//! Each file binds one part of `mri-io`. What a function takes and gives back is decided in `image`, how it runs beside Python
//! in `work`.

// Documentation of what Python sees is for Python: reStructuredText in NumPy's sections.
#![allow(clippy::doc_markdown)]
// Python hands its arguments over by value.
#![allow(clippy::needless_pass_by_value)]

mod check;
mod choice;
mod error;
mod grid;
mod image;
mod intensity;
mod io;
mod matrix;
mod memory;
mod nibabel;
mod preprocess;
mod program;
mod register;
mod resample;
mod strip;
mod template;
mod transform;
mod volume;
mod voxels;
mod work;

use pyo3::prelude::*;

/// Everything that `mri_prep` shows.
#[pymodule(name = "_native")]
mod native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::check::check;
    #[pymodule_export]
    use super::grid::Grid;
    #[pymodule_export]
    use super::intensity::{BiasCorrection, StandardScale, bias, normalize};
    #[pymodule_export]
    use super::io::{read, write};
    #[pymodule_export]
    use super::preprocess::{Preprocessed, preprocess, reference};
    #[pymodule_export]
    use super::program::main;
    #[pymodule_export]
    use super::register::{Registration, register};
    #[pymodule_export]
    use super::resample::{canonical, resample};
    #[pymodule_export]
    use super::strip::{SkullStrip, strip};
    #[pymodule_export]
    use super::template::{Template, template};
    #[pymodule_export]
    use super::transform::{Transform, read_transform, write_transform};
    #[pymodule_export]
    use super::volume::Volume;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        super::error::add_to(module)
    }
}
