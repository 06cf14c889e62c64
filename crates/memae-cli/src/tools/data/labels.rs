//! What is wrong with a scan's lesion labels.

use std::collections::BTreeSet;
use std::path::Path;

use mri_io::qc::{Finding, Severity};
use mri_io::strip::StripSettings;
use mri_io::{Mask, Volume};

use crate::data::lesions::{self, Amount};
use crate::data::manifest::Subject;
use crate::stages::preprocess::known_brain;

/// More labels than this name tissues rather than parts of a lesion.
const MANY_LABELS: usize = 8;
/// A lesion (ml) larger than any.
const LARGEST: f64 = 500.0;

/// What is wrong with the labels in `segmentation` of a subject. `stripped`: what the manifest says of the scan.
pub(super) fn look(
    subject: &Subject,
    segmentation: &Path,
    stripped: bool,
    strip: &StripSettings,
) -> Vec<Finding> {
    let scan = subject.scan.as_path();
    let labels = match lesions::read(segmentation, subject.lesion_labels.as_deref()) {
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
    if let Ok(header) = mri_io::nifti::read_header(scan)
        && let Err(problem) = labels.map(|_| true).check_on(&header.grid())
    {
        find(
            Severity::Error,
            format!("{name} as the labels of its scan: {problem}"),
            "labels are resampled by mri-prep resample LABELS OUT --like SCAN --labels",
        );
    }
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
    let all = Amount::of(&labels);
    let volume = all.ml;
    if volume > LARGEST {
        find(
            Severity::Warning,
            format!("{name} labels {volume:.0} ml as lesion"),
            "make sure that it is not a mask of the brain",
        );
    }
    // A scan that cannot be read or stripped is told as that, not here.
    if let Ok(brain) = brain(subject, stripped, strip)
        && brain.shape() == labels.shape()
    {
        let outside = Amount::outside(&labels, &brain);
        if outside.count > 0 {
            find(
                Severity::Warning,
                format!("{name}: {outside} out of {all} outside the brain mask"),
                "look whether mask and labels belong to this scan; nothing is found outside the brain",
            );
        }
    }
    findings
}

/// The brain that preprocessing would take.
fn brain(subject: &Subject, stripped: bool, strip: &StripSettings) -> anyhow::Result<Mask> {
    let scan: Volume<f32> = mri_io::read(&subject.scan)?;
    match known_brain(subject, stripped, &scan)? {
        Some(brain) => Ok(brain),
        None => Ok(mri_io::strip::skull_strip(&scan, strip)?.mask),
    }
}
