//! What is wrong with a scan's lesion labels.

use std::collections::BTreeSet;
use std::path::Path;

use mri_io::{Finding, Severity};

/// More labels than this name tissues rather than parts of a lesion.
const MANY_LABELS: usize = 8;
/// A lesion (ml) larger than any.
const LARGEST: f64 = 500.0;

pub(super) fn look(scan: &Path, segmentation: &Path) -> Vec<Finding> {
    let labels = match mri_io::read_labels::<u16>(segmentation) {
        Ok(labels) => labels,
        Err(error) => {
            return vec![Finding::new(
                Severity::Error,
                error.to_string(),
                "mend the labels, or leave the subject out",
            )];
        }
    };
    let name = segmentation.display();
    let mut findings = Vec::new();
    let mut find = |severity, what: String, advice| findings.push(Finding::new(severity, what, advice));
    if let Ok(header) = mri_io::read_header(scan)
        && let Err(problem) = labels.map(|_| true).check_on(&header.grid())
    {
        find(
            Severity::Error,
            format!("{name} as the labels of its scan: {problem}"),
            "labels are resampled by mri-prep resample LABELS OUT --like SCAN --labels",
        );
    }
    let lesion = labels.map(|&label| label > 0);
    let values: BTreeSet<u16> = labels.as_slice().iter().copied().filter(|&label| label > 0).collect();
    if values.is_empty() {
        find(
            Severity::Warning,
            format!("{name} labels no voxel: the subject has no lesion to find"),
            "look whether that is true; rates over its lesion are undefined and left out",
        );
    }
    if values.len() > MANY_LABELS {
        find(
            Severity::Warning,
            format!("{name} has {} labels, all of which count as lesion", values.len()),
            "make sure that they are lesions and not tissues",
        );
    }
    let volume = lesion.millilitres();
    if volume > LARGEST {
        find(
            Severity::Warning,
            format!("{name} labels {volume:.0} ml as lesion"),
            "make sure that it is not a mask of the brain",
        );
    }
    findings
}
