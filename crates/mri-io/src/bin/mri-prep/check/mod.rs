//! What is wrong with scans, before hours of work.

mod look;
mod table;

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use mri_io::{read_header, read_mask};
use serde::Serialize;

use crate::cli::Check;
use crate::run::manifest;
use look::look;

/// What was found about one scan.
#[derive(Debug, Serialize)]
struct Report {
    file: String,
    /// What can be told about it; none if it cannot be read.
    #[serde(flatten)]
    facts: Option<Facts>,
    findings: Vec<Finding>,
}

/// What kind of scan it is.
#[derive(Debug, Serialize)]
struct Facts {
    shape: [usize; 3],
    spacing_mm: [f64; 3],
    field_of_view_mm: [f64; 3],
    orientation: String,
    datatype: String,
    /// Smallest and largest finite value.
    range: Option<[f32; 2]>,
    contrast: Contrast,
    stripped: bool,
    /// Hash of shape and values.
    #[serde(skip)]
    content: u64,
}

/// What the brain's intensities look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Contrast {
    /// Fluid is brighter than tissue, as in T2 (and often PD).
    BrightFluid,
    /// Fluid is darker than tissue, as in T1 and FLAIR.
    DarkFluid,
    /// It cannot be told.
    Unclear,
}

/// One thing that was found.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    severity: Severity,
    what: String,
    /// What to do about it, if anything.
    advice: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Severity {
    /// Must be mended: the work would fail or its result be wrong.
    Error,
    /// May spoil the result.
    Warning,
    /// Good to know.
    Note,
}

impl Finding {
    fn new(severity: Severity, what: impl Into<String>, advice: &'static str) -> Self {
        Self { severity, what: what.into(), advice: Some(advice) }
    }

    fn note(what: impl Into<String>) -> Self {
        Self { severity: Severity::Note, what: what.into(), advice: None }
    }
}

pub(crate) fn check(arguments: &Check) -> Result<ExitCode> {
    let files: Vec<(PathBuf, Option<PathBuf>)> = match manifest::plan(&arguments.source)? {
        Some(plan) => plan.jobs.into_iter().map(|job| (job.scan, job.mask)).collect(),
        None => arguments.files.iter().map(|file| (file.clone(), None)).collect(),
    };
    let mut reports: Vec<Report> = files.iter().map(|(scan, mask)| report(scan, mask.as_deref())).collect();
    find_duplicates(&mut reports);
    for report in &mut reports {
        report.findings.sort_by_key(|finding| finding.severity);
    }
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&reports)?)?;
    } else {
        write!(out, "{}", table::render(&reports))?;
    }
    let bad = |report: &Report| report.findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if reports.iter().any(bad) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn report(scan: &Path, mask: Option<&Path>) -> Report {
    let mut report = Report { file: scan.display().to_string(), facts: None, findings: Vec::new() };
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
            report.findings.push(Finding::new(Severity::Error, text, "mend or leave out the file"));
        }
    }
    report
}

fn look_at_mask(scan: &Path, mask: &Path) -> Option<Finding> {
    let error = |what: String, advice: &'static str| Some(Finding::new(Severity::Error, what, advice));
    let found = match read_mask(mask) {
        Ok(found) => found,
        Err(problem) => return error(problem.to_string(), "mend the mask, or leave it out of the manifest"),
    };
    let name = mask.display();
    if found.count() == 0 {
        return error(format!("its mask {name} is empty"), "leave the mask out of the manifest");
    }
    if read_header(scan).is_ok_and(|header| !header.grid().matches(&found.grid(), 1e-2)) {
        return error(
            format!("its mask {name} lies on another grid"),
            "resample the mask: mri-prep resample MASK OUT --like SCAN --labels",
        );
    }
    None
}

/// Scans with the same voxels, whatever their names and headers.
fn find_duplicates(reports: &mut [Report]) {
    let mut same: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, report) in reports.iter().enumerate() {
        if let Some(facts) = &report.facts {
            same.entry(facts.content).or_default().push(index);
        }
    }
    let names: Vec<String> = reports.iter().map(|report| report.file.clone()).collect();
    for (index, report) in reports.iter_mut().enumerate() {
        let Some(group) = report.facts.as_ref().map(|facts| &same[&facts.content]) else { continue };
        let others: Vec<&str> =
            group.iter().filter(|&&other| other != index).map(|&other| names[other].as_str()).collect();
        if !others.is_empty() {
            report.findings.push(Finding::new(
                Severity::Error,
                format!("holds the same voxels as {}", others.join(", ")),
                "leave out the copies: one scan must not count twice",
            ));
        }
    }
}
