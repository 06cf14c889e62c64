//! `mri-prep check`: what is wrong with scans, before hours of work.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use mri_io::{ScanReport, Severity, check_scan, check_table, find_copies};

use crate::cli::Check;
use crate::run::manifest;

pub(crate) fn check(arguments: &Check) -> Result<ExitCode> {
    let files: Vec<(PathBuf, Option<PathBuf>)> = match manifest::plan(&arguments.source, &[])? {
        Some(plan) => plan.jobs.into_iter().map(|job| (job.scan, job.mask)).collect(),
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
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
