//! `mri-prep check`: what is wrong with scans, before hours of work.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{ArgGroup, Args};
use mri_io::qc::{ScanReport, Severity, check_scan, check_table, find_copies};

use crate::cohort::{Job, Source, manifest};
use crate::exit;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("check-input").required(true).args(["files", "manifest", "bids"])), after_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// Scans to look at.
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: Source,
    /// Write all that was found as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  mri-prep check *.nii.gz
  mri-prep check --manifest scans.csv
  mri-prep check --bids my-study --json > report.json

Exit code: 0 if all scans are ready, 1 if one must be mended or left out.";

pub(crate) fn run(arguments: &Check) -> Result<u8> {
    let files: Vec<(PathBuf, Option<PathBuf>)> = match manifest::plan(&arguments.source, &[])? {
        Some(plan) => plan.jobs.into_iter().flat_map(of_job).collect(),
        None => arguments.files.iter().map(|file| (file.clone(), None)).collect(),
    };
    let mut reports: Vec<ScanReport> =
        files.iter().map(|(scan, mask)| check_scan(scan, mask.as_deref())).collect();
    find_copies(&mut reports);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&reports)?)?;
    } else {
        write!(out, "{}", check_table(&reports))?;
    }
    let bad = reports.iter().any(|report| report.worst() == Some(Severity::Error));
    Ok(if bad { exit::FAILURE } else { exit::SUCCESS })
}

/// The scan with its mask, and the contrasts that go along with it.
fn of_job(job: Job) -> impl Iterator<Item = (PathBuf, Option<PathBuf>)> {
    let contrasts = job.also.into_iter().map(|contrast| (contrast.scan, None));
    std::iter::once((job.scan, job.mask)).chain(contrasts)
}
