//! Which scans there are, and where their results go.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use cli_support::progress::say;
use mri_io::find::{BidsScan, ListedScan, bids_scans, read_scan_list, why_absent};

use super::arguments::Source;
use super::bids::Derivatives;
use super::choose::chosen;
use super::job::{Contrast, Job, Outputs};
use crate::files::about;

/// The scans of a cohort, and where what belongs to all of them goes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    /// Where the page of all goes, unless another place is given.
    pub(crate) page: PathBuf,
    /// Of a BIDS data set.
    pub(crate) derivatives: Option<Derivatives>,
    /// The file that keeps another run on the same cohort away, and what messages call the cohort.
    pub(crate) lock: (PathBuf, PathBuf),
}

/// Finds the scans of a manifest or a BIDS data set, there with the contrasts of these suffixes. None for a single scan.
///
/// # Errors
/// If the manifest cannot be understood, or lists nothing.
pub(crate) fn plan(source: &Source, also: &[String]) -> Result<Option<Plan>> {
    let plan = if let Some(path) = &source.manifest {
        let lock = path.with_file_name(format!(".{}.lock", crate::files::name(path)));
        Plan {
            jobs: listed(path)?,
            page: path.with_extension("html"),
            derivatives: None,
            lock: (lock, path.clone()),
        }
    } else if let Some(root) = &source.bids {
        let derivatives = Derivatives::new(root, source.derivatives.as_deref(), &source.suffix);
        Plan {
            jobs: in_bids(root, source, &derivatives, also)?,
            page: derivatives.page(),
            lock: derivatives.lock(),
            derivatives: Some(derivatives),
        }
    } else {
        return Ok(None);
    };
    Ok(Some(plan))
}

/// The scans of a list, each with a folder for its results.
fn listed(path: &Path) -> Result<Vec<Job>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut jobs = Vec::new();
    let mut uses = HashMap::new();
    for ListedScan { scan, mask, skull, output, also } in read_scan_list(path)? {
        let output = output.with_context(|| {
            format!("{}: names no `output`, the folder for the results, of {}", about(path), about(&scan))
        })?;
        let also = Contrast::all_in_folder(&scan, &also, &output)?;
        let name = crate::files::name(&output);
        *uses.entry(name.clone()).or_insert(0) += 1;
        jobs.push(Job {
            name,
            source: about(&scan),
            scan,
            volume: None,
            mask,
            skull,
            also,
            outputs: Outputs::in_folder(&output),
        });
    }
    for job in jobs.iter_mut().filter(|job| uses[&job.name] > 1) {
        let output = &job.outputs.folder;
        job.name = about(output.strip_prefix(folder).unwrap_or(output));
    }
    Ok(jobs)
}

/// The chosen scans of a BIDS data set.
fn in_bids(root: &Path, source: &Source, derivatives: &Derivatives, also: &[String]) -> Result<Vec<Job>> {
    let Source { suffix, choice, .. } = source;
    let scans = chosen(root, suffix, choice)?;
    let mut jobs: Vec<Job> = scans.iter().map(|scan| derivatives.job(scan)).collect();
    for other in also {
        ensure!(other != suffix, "--also {other}: these scans are prepared anyway; name other contrasts");
        let contrasts = bids_scans(root, other)?.scans;
        ensure!(
            !contrasts.is_empty(),
            "{}: no scan of the suffix {other}; suffixes are written as in the files' names, such as T1w or FLAIR",
            about(root)
        );
        for (job, scan) in jobs.iter_mut().zip(&scans) {
            match of_session(scan, &contrasts)? {
                Some(contrast) => job.also.push(derivatives.contrast(contrast, other)),
                None => say(format!("warning: {}: the session has no {other}", job.name)),
            }
        }
    }
    Ok(jobs)
}

/// The contrast that belongs to a scan: of its name, or the only one of its session.
fn of_session<'a>(scan: &BidsScan, contrasts: &'a [BidsScan]) -> Result<Option<&'a BidsScan>> {
    let near: Vec<&BidsScan> = contrasts.iter().filter(|contrast| contrast.place == scan.place).collect();
    if let Some(same) = near.iter().find(|contrast| contrast.id == scan.id) {
        return Ok(Some(*same));
    }
    if let [one, other, ..] = near[..] {
        bail!(
            "{} and {}: which of them belongs to {}? Give them its entities, or leave the suffix out",
            about(&one.path),
            about(&other.path),
            about(&scan.path)
        );
    }
    Ok(near.first().copied())
}

/// What can be known before hours of work.
///
/// # Errors
/// If a file is not there, or two scans would write to the same place.
pub(super) fn check(jobs: &[Job]) -> Result<()> {
    let mut outputs = HashMap::new();
    for job in jobs {
        // A file that was not fetched fails when its turn comes, and does not stop the others.
        if let Some(missing) = inputs(job).find(|path| !path.exists() && why_absent(path).is_none()) {
            bail!("{}: no such file", about(missing));
        }
        if outputs.insert(&job.outputs.brain, job).is_some() {
            bail!("{}: two scans would write their results here", about(&job.outputs.folder));
        }
    }
    Ok(())
}

fn inputs(job: &Job) -> impl Iterator<Item = &PathBuf> {
    std::iter::once(&job.scan).chain(&job.mask).chain(job.also.iter().map(|contrast| &contrast.scan))
}
