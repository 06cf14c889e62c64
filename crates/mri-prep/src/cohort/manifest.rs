//! Which scans there are, and where their results go.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use cli_support::progress::say;
use mri_io::find::{BidsScan, LeftOut, ListedScan, bids_scans, read_scan_list, why_absent};

use super::arguments::{Selection, Source};
use super::bids::Derivatives;
use super::job::{Job, Outputs};
use crate::files::about;

/// The scans of a cohort, and where what belongs to all of them goes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    /// Where the page of all goes, unless another place is given.
    pub(crate) page: PathBuf,
    /// Of a BIDS data set.
    pub(crate) derivatives: Option<Derivatives>,
}

/// Finds the scans of a manifest or a BIDS data set, there with the contrasts of these suffixes. None for a single scan.
///
/// # Errors
/// If the manifest cannot be understood, or lists nothing.
pub(crate) fn plan(source: &Source, also: &[String]) -> Result<Option<Plan>> {
    let plan = if let Some(path) = &source.manifest {
        Plan { jobs: listed(path)?, page: path.with_extension("html"), derivatives: None }
    } else if let Some(root) = &source.bids {
        let derivatives = Derivatives::new(root, source.derivatives.as_deref(), &source.selection.suffix);
        Plan {
            jobs: in_bids(root, &source.selection, &derivatives, also)?,
            page: derivatives.page(),
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
    for ListedScan { scan, mask, output } in read_scan_list(path)? {
        let output = output.with_context(|| {
            format!("{}: names no `output`, the folder for the results, of {}", about(path), about(&scan))
        })?;
        let name = crate::files::name(&output);
        *uses.entry(name.clone()).or_insert(0) += 1;
        jobs.push(Job {
            name,
            source: about(&scan),
            scan,
            volume: None,
            mask,
            also: Vec::new(),
            outputs: Outputs::in_folder(&output),
        });
    }
    for job in jobs.iter_mut().filter(|job| uses[&job.name] > 1) {
        let output = &job.outputs.folder;
        job.name = about(output.strip_prefix(folder).unwrap_or(output));
    }
    Ok(jobs)
}

/// The selected scans of a BIDS data set.
fn in_bids(
    root: &Path,
    Selection { participant_label, suffix: own }: &Selection,
    derivatives: &Derivatives,
    also: &[String],
) -> Result<Vec<Job>> {
    let found = bids_scans(root, own)?;
    let subjects: Vec<PathBuf> = participant_label.iter().map(|label| subject(label).into()).collect();
    for subject in &subjects {
        ensure!(
            root.join(subject).is_dir(),
            "{}: no participant {}; labels are written as in the folders' names, after `sub-`",
            about(root),
            about(subject)
        );
    }
    let is_wanted =
        |path: &Path| subjects.is_empty() || subjects.iter().any(|subject| path.starts_with(subject));
    for left_out in &found.left_out {
        let (LeftOut::NotMagnitude { path, .. } | LeftOut::NoScan { subject: path, .. }) = left_out;
        if is_wanted(path.strip_prefix(root).unwrap_or(path)) {
            say(format!("warning: {left_out}"));
        }
    }
    let mut scans = found.scans;
    scans.retain(|scan| is_wanted(&scan.place));
    let mut jobs: Vec<Job> = scans.iter().map(|scan| derivatives.job(scan)).collect();
    for suffix in also {
        ensure!(
            suffix != own,
            "--also {own}: these scans are prepared anyway; name other contrasts, such as T1w"
        );
        let contrasts = bids_scans(root, suffix)?.scans;
        ensure!(
            !contrasts.is_empty(),
            "{}: no scan of the suffix {suffix}; suffixes are written as in the files' names, such as T1w or FLAIR",
            about(root)
        );
        for (job, scan) in jobs.iter_mut().zip(&scans) {
            match of_session(scan, &contrasts)? {
                Some(contrast) => job.also.push(derivatives.contrast(contrast, suffix)),
                None => say(format!("warning: {}: the session has no {suffix}", job.name)),
            }
        }
    }
    ensure!(
        !jobs.is_empty(),
        "{}: no scan of the form sub-*/[ses-*/]anat/*_{own}.nii[.gz]: is this the root of a BIDS data set?",
        about(root)
    );
    Ok(jobs)
}

/// The folder of a participant, named with or without `sub-`.
fn subject(label: &str) -> String {
    format!("sub-{}", label.strip_prefix("sub-").unwrap_or(label))
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
