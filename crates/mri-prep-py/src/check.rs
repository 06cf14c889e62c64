//! What is wrong with scans.

use std::path::PathBuf;

use mri_io::qc::{ScanReport, check_scan, find_copies};
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::error::invalid;
use crate::work;

/// Tells what scans are and what is wrong with them, before hours of work.
///
/// Parameters
/// ----------
/// scans : sequence of str or os.PathLike
///     Their files.
/// masks : sequence of str, os.PathLike or None, optional
///     Their brain masks, in the same order.
///
/// Returns
/// -------
/// list of dict
///     For each scan what ``mri-prep check --json`` writes: ``file``, ``findings`` (worst first; each with ``severity``, ``what``,
///     ``advice``) and, if it can be read, ``shape``, ``spacing_mm``, ``field_of_view_mm``, ``orientation``, ``datatype``,
///     ``range``, ``contrast``, ``tail_ratio`` and ``stripped``. A file that cannot be read is a finding, not an exception.
#[pyfunction]
#[pyo3(signature = (scans, masks = None))]
pub(crate) fn check(
    py: Python<'_>,
    scans: Vec<PathBuf>,
    masks: Option<Vec<Option<PathBuf>>>,
) -> PyResult<Bound<'_, PyAny>> {
    let masks = masks.unwrap_or_else(|| vec![None; scans.len()]);
    if masks.len() != scans.len() {
        return Err(invalid("give one mask (or None) for each scan, or none"));
    }
    let reports = work::run(py, move || {
        let both = scans.par_iter().zip(&masks);
        let mut reports: Vec<ScanReport> =
            both.map(|(scan, mask)| check_scan(scan, mask.as_deref())).collect();
        find_copies(&mut reports);
        Ok(reports)
    })?;
    let text = serde_json::to_string(&reports).map_err(|error| invalid(error.to_string()))?;
    py.import("json")?.call_method1("loads", (text,))
}
