//! `memae data check`: all scans and labels of a run's cohorts, before hours of work.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use cli_support::progress::{self, Task};
use cli_support::workers;
use mri_io::qc::{Contrast, Finding, ScanReport, Severity, check_scan, check_table, find_copies};

use super::{drift, labels};
use crate::config::Config;
use crate::data::cohorts::Sources;
use crate::data::heads::Heads;
use crate::data::manifest::Subject;
use crate::data::roles::Group;
use crate::run::threads;

/// A scan to be looked at.
struct Listed {
    group: Group,
    /// What the manifest says of the skull.
    stripped: bool,
    /// Whether the manifest says that it is no T2.
    other_contrast: bool,
    subject: Subject,
}

/// Reads every scan, mask and segmentation, and prints what was found with what to do about it.
///
/// # Errors
/// If something must be mended before a run.
pub(crate) fn check(config: &Config) -> Result<()> {
    let (scans, mut problems, remarks) = listed(config)?;
    problems.extend(in_both(&scans, config.data.is_synthetic()));

    let task = Task::new("check", scans.len());
    let mut reports = workers::map(&scans, threads::available(config), |scan| {
        let report = look(scan, config);
        task.step("");
        Ok(report)
    })?;
    drop(task);
    find_copies(&mut reports);

    let groups: Vec<Group> = scans.iter().map(|scan| scan.group).collect();
    let mut text = if reports.is_empty() { String::new() } else { check_table(&reports) };
    text += &drift::compare(&groups, &reports);
    text += &remarks.iter().map(|remark| format!("left out: {remark}\n")).collect::<String>();
    progress::result(&text)?;
    let bad = reports.iter().filter(|report| report.worst() == Some(Severity::Error)).count();
    if bad > 0 {
        problems.push(format!("{bad} scans must be mended or left out"));
    }
    if problems.is_empty() { Ok(()) } else { bail!("{}", problems.join("\n")) }
}

/// All scans of both cohorts, what is missing of them, and what else there is to say.
fn listed(config: &Config) -> Result<(Vec<Listed>, Vec<String>, Vec<String>)> {
    let Sources { healthy, lesions, root } = Sources::new(config, Heads::plan(config)?.as_ref())?;
    let (mut scans, mut problems, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    for (group, manifest, files) in
        [(Group::Healthy, &healthy, &healthy.healthy), (Group::Lesions, &lesions, &lesions.lesions)]
    {
        let Some(files) = files else {
            problems.push(format!("{} has no {} subjects", manifest.title, group.id()));
            continue;
        };
        match manifest.find(files, &root) {
            Ok(found) => {
                problems.extend(found.problems);
                remarks.extend(found.remarks);
                let (stripped, other_contrast) = (manifest.skull_stripped, files.is_other_contrast());
                scans.extend(found.subjects.into_iter().map(|subject| Listed {
                    group,
                    stripped,
                    other_contrast,
                    subject,
                }));
            }
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    Ok((scans, problems, remarks))
}

/// Scans, or names of people, that are in both cohorts. Synthetic heads are numbered alike, and are different all the same.
fn in_both(scans: &[Listed], synthetic: bool) -> Vec<String> {
    let of = |group: Group| scans.iter().filter(move |scan| scan.group == group).map(|scan| &scan.subject);
    let files: BTreeSet<_> = of(Group::Healthy).map(|subject| &subject.scan).collect();
    let names: BTreeSet<_> = of(Group::Healthy).map(|subject| &subject.name).collect();
    let mut problems = Vec::new();
    for subject in of(Group::Lesions) {
        if files.contains(&subject.scan) {
            problems.push(format!(
                "{} is in both cohorts: it cannot be healthy and sick",
                subject.scan.display()
            ));
        } else if !synthetic && names.contains(&subject.name) {
            problems.push(format!(
                "subject {} is in both cohorts: nobody may be trained on and tested on; if these are two people, rename one",
                subject.name
            ));
        }
    }
    problems
}

fn look(scan: &Listed, config: &Config) -> ScanReport {
    let mut report = check_scan(&scan.subject.scan, scan.subject.mask.as_deref());
    let Some(facts) = report.facts.clone() else { return report };
    if facts.contrast == Contrast::DarkFluid && !scan.other_contrast {
        report.add(Finding::new(
            Severity::Warning,
            "has dark fluid, as T1 and FLAIR have: it does not look like T2",
            "make sure that the right file was taken",
        ));
    }
    if scan.stripped && !facts.stripped {
        report.add(Finding::new(
            Severity::Error,
            "does not look like a brain without its skull, which the manifest says it is",
            "look at the scan: if it has a skull, set skull_stripped = false in the manifest",
        ));
    }
    if scan.group == Group::Lesions && scan.subject.segmentation.is_none() {
        report.add(Finding::new(
            Severity::Warning,
            "has no lesion labels: all of its voxels count as healthy",
            "name their files with `segmentation` in the manifest",
        ));
    }
    if let Some(path) = &scan.subject.segmentation {
        for finding in labels::look(&scan.subject, path, scan.stripped, &config.preprocess.strip) {
            report.add(finding);
        }
    }
    report
}
