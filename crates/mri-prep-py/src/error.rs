//! The library's errors as Python's exceptions.

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

/// `create_exception!` expands to unsafe code, which keeps its own contract.
#[allow(unsafe_code, missing_docs)]
mod kinds {
    use pyo3::create_exception;
    use pyo3::exceptions::PyValueError;

    create_exception!(
        mri_prep,
        Error,
        PyValueError,
        "What went wrong in mri_prep; each kind is a subclass. A file that cannot be opened \
                      or written is an OSError, as elsewhere in Python."
    );
    create_exception!(
        mri_prep,
        NiftiError,
        Error,
        "A file is no NIfTI file, or of a kind that is not supported."
    );
    create_exception!(mri_prep, TransformError, Error, "A file holds no transform that can be used.");
    create_exception!(mri_prep, ScaleError, Error, "A file holds no StandardScale.");
    create_exception!(
        mri_prep,
        InvalidError,
        Error,
        "An image, a mask or a setting does not fit the operation."
    );
}

use kinds::{Error, InvalidError, NiftiError, ScaleError, TransformError};

/// Puts the kinds into the module.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("Error", py.get_type::<Error>())?;
    module.add("NiftiError", py.get_type::<NiftiError>())?;
    module.add("TransformError", py.get_type::<TransformError>())?;
    module.add("ScaleError", py.get_type::<ScaleError>())?;
    module.add("InvalidError", py.get_type::<InvalidError>())
}

/// The exception for an error: its message is the library's.
pub(crate) fn to_python(error: mri_io::Error) -> PyErr {
    use mri_io::Error as Kind;
    let text = error.to_string();
    match error.root() {
        // With number, text and file name Python itself chooses the subclass, for example FileNotFoundError.
        Kind::Io { path, cause } if cause.raw_os_error().is_some() => {
            let text = cause.to_string();
            let text = text.split(" (os error").next().unwrap_or(&text).to_owned();
            PyOSError::new_err((cause.raw_os_error(), text, path.clone().into_os_string()))
        }
        Kind::Io { .. } => PyOSError::new_err(text),
        Kind::Nifti { .. } | Kind::Unwritable { .. } => NiftiError::new_err(text),
        Kind::Transform { .. } | Kind::EndsMissing { .. } => TransformError::new_err(text),
        Kind::Scale { .. } => ScaleError::new_err(text),
        _ => InvalidError::new_err(text),
    }
}

/// An exception for a value that nothing can be done with.
pub(crate) fn invalid(what: impl Into<String>) -> PyErr {
    InvalidError::new_err(what.into())
}

/// An exception for a name that is none of those that there are.
pub(crate) fn unknown(what: &str, name: &str, names: &[&str]) -> PyErr {
    PyValueError::new_err(format!("{what} is one of {}, not \"{name}\"", names.join(", ")))
}
