//! The program `mri-prep` inside Python's process.

use pyo3::prelude::*;

/// Runs the program ``mri-prep`` with the arguments of this process, and returns its exit code.
#[pyfunction(name = "_main")]
pub(crate) fn main(py: Python<'_>) -> PyResult<u8> {
    // Python only notes Ctrl-C, to be asked for between its own instructions; the program hears it itself.
    let signal = py.import("signal")?;
    signal.call_method1("signal", (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?))?;
    let arguments: Vec<String> = py.import("sys")?.getattr("argv")?.extract()?;
    Ok(py.detach(|| mri_prep::run(arguments)))
}
