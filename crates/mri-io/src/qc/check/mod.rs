//! What is wrong with scans, before hours of work.

mod labels;
mod look;
mod table;

use std::collections::HashMap;
use std::path::Path;

use crate::finding::{Finding, Severity};
use crate::nifti::{Fault, Header, read_header, read_mask};
use crate::strip::SkullStrip;
use crate::{Error, Volume};
use look::look;
pub use table::check_table;

/// [`ScanFacts::tail_ratio`] where fluid is bright, and where it is dark. Real and rendered T2 had 1.3 to 7.5, PD 1.5 to 2.1,
/// 23 T1 of IXI 0.25 to 0.48, FLAIR 0.3 (with a large tumour 0.9). The upper limit of dark lies in the middle between T1 and T2.
const BRIGHT_FLUID: f32 = 1.2;
const DARK_FLUID: f32 = 0.75;

/// What was found about one scan.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ScanReport {
    /// The scan's path.
    pub file: String,
    /// What can be told about it; none if it cannot be read.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub facts: Option<ScanFacts>,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
}

impl ScanReport {
    /// Adds something that was found elsewhere, for example beside the scan's labels.
    pub fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.findings.sort_by_key(|finding| finding.severity);
    }

    /// The worst of what was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).min()
    }
}

/// What kind of scan it is.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ScanFacts {
    /// Voxels along the file's axes.
    pub shape: [usize; 3],
    /// Distance of voxels along them.
    pub spacing_mm: [f64; 3],
    /// Length of the axes.
    pub field_of_view_mm: [f64; 3],
    /// Where the axes run to, e.g. `RAS`.
    pub orientation: String,
    /// Type of the stored values.
    pub datatype: String,
    /// Smallest and largest finite value.
    pub range: Option<[f32; 2]>,
    /// Whether fluid is bright or dark.
    pub contrast: Contrast,
    /// How much brighter the bright tail of intensities deep in the head is than the dark one: 98th percentile less median,
    /// over median less 2nd percentile. Above 1.2 fluid is bright, below 0.75 dark. None without enough voxels there.
    pub tail_ratio: Option<f32>,
    /// Whether the skull is gone already.
    pub stripped: bool,
    /// Hash of shape and values: copies share it.
    #[cfg_attr(feature = "serde", serde(skip))]
    content: u64,
}

/// What the brain's intensities look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Contrast {
    /// Fluid is brighter than tissue, as in T2 (and often PD).
    BrightFluid,
    /// Fluid is darker than tissue, as in T1 and FLAIR.
    DarkFluid,
    /// It cannot be told.
    Unclear,
}

impl Contrast {
    /// Tells it from the intensities deep in the head, of a scan with or without its skull.
    pub fn of(scan: &Volume<f32>) -> Self {
        Self::from_tail_ratio(look::tail_ratio(scan))
    }

    fn from_tail_ratio(ratio: Option<f32>) -> Self {
        match ratio {
            Some(ratio) if ratio >= BRIGHT_FLUID => Self::BrightFluid,
            Some(ratio) if ratio <= DARK_FLUID => Self::DarkFluid,
            _ => Self::Unclear,
        }
    }
}

/// Reads a scan, and its brain mask if there is one, and tells what they are and what is wrong with them.
///
/// A file that cannot be read is a finding, not an error.
pub fn check_scan(scan: &Path, mask: Option<&Path>) -> ScanReport {
    let mut report = ScanReport { file: scan.display().to_string(), facts: None, findings: Vec::new() };
    match look(scan) {
        Ok((facts, findings)) => {
            report.facts = Some(facts);
            report.findings = findings;
            report.findings.extend(mask.and_then(|mask| look_at_mask(scan, mask)));
        }
        Err(error) => {
            // The name stands at the head of the report already.
            let text = format!("{error:#}");
            let text = text.strip_prefix(&format!("{}: ", report.file)).unwrap_or(&text);
            let advice = match error {
                Error::Nifti { fault: Fault::Series { .. }, .. } => {
                    "write each volume to a file of its own, or leave out the file"
                }
                _ => "mend or leave out the file",
            };
            report.findings.push(Finding::new(Severity::Error, text, advice));
        }
    }
    report.findings.sort_by_key(|finding| finding.severity);
    report
}

/// As [`check_scan`], for a scan that was read already; `file` is what the report calls it.
///
/// Whether a scan on a background of one value has a skull takes a search for its brain. What that found comes along, as
/// [`crate::strip::skull_strip`] gives it with its default settings, so that nobody needs to search again; none for other scans.
pub fn check_volume(file: &Path, header: &Header, scan: &Volume<f32>) -> (ScanReport, Option<SkullStrip>) {
    let (facts, mut findings, brain) = look::look_at(header, scan);
    findings.sort_by_key(|finding| finding.severity);
    (ScanReport { file: file.display().to_string(), facts: Some(facts), findings }, brain)
}

fn look_at_mask(scan: &Path, mask: &Path) -> Option<Finding> {
    let found = match read_mask(mask) {
        Ok(found) => found,
        Err(problem) => {
            return Some(Finding::new(
                Severity::Error,
                problem.to_string(),
                "mend the mask, or leave it out",
            ));
        }
    };
    let (what, advice) = match found.check_on(&read_header(scan).ok()?.grid()).err()? {
        Error::GridMismatch(mismatch) => (mismatch.what(), mismatch.advice()),
        other => (other.to_string(), "mend the mask, or leave it out"),
    };
    Some(Finding::new(Severity::Error, format!("{}: {what}", mask.display()), advice))
}

/// Adds a finding to each of the scans that have the same voxels, whatever their names and headers.
pub fn find_copies(reports: &mut [ScanReport]) {
    let mut same: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, report) in reports.iter().enumerate() {
        if let Some(facts) = &report.facts {
            same.entry(facts.content).or_default().push(index);
        }
    }
    let names: Vec<String> = reports.iter().map(|report| report.file.clone()).collect();
    for report in reports.iter_mut() {
        let Some(group) = report.facts.as_ref().map(|facts| &same[&facts.content]) else { continue };
        let others: Vec<&str> =
            group.iter().map(|&other| names[other].as_str()).filter(|&other| other != report.file).collect();
        if !others.is_empty() {
            report.add(Finding::new(
                Severity::Error,
                format!("holds the same voxels as {}", others.join(", ")),
                "leave out the copies: one scan must not count twice",
            ));
        }
    }
}
