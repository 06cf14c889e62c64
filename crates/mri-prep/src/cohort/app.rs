//! `mri-prep bids`: the command line that all BIDS Apps share.
//!
//! Source: Gorgolewski et al. 2017, "BIDS apps", PLOS Computational Biology 13(3), e1005209.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use cli_support::progress::say;
use cli_support::subjects::bare;
use rayon::prelude::*;

use super::arguments::{Choice, Run, Source};
use super::job::Job;
use super::summary::Results;
use super::{begin, common, conclude, earlier, manifest, page, settings};
use crate::exit;
use crate::files::about;
use crate::outputs;
use crate::stripping::Stripping;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Bids {
    /// The data set.
    #[arg(value_name = "BIDS_DIR")]
    data_set: PathBuf,
    /// Where the derivatives go.
    output_dir: PathBuf,
    /// What to do: the work on participants, each with a page; or, after that, the page of the group.
    analysis_level: Level,
    /// Only these participants, with or without `sub-`.
    #[arg(long, num_args = 1.., value_name = "LABEL")]
    participant_label: Vec<String>,
    /// Contrast of the scans, by its suffix: T2w, T1w, FLAIR.
    #[arg(long, default_value = "T2w", value_name = "SUFFIX")]
    suffix: String,
    /// Suffixes of other contrasts of the same session (T1w FLAIR), to be brought along.
    #[arg(long, num_args = 1.., value_name = "SUFFIX")]
    also: Vec<String>,
    /// Volume that all scans are registered and resampled to. [default: the built-in T2 brain]
    #[arg(long)]
    reference: Option<PathBuf>,
    /// The reference's brain; without it the reference is stripped.
    #[arg(long, value_name = "MASK", requires = "reference")]
    reference_mask: Option<PathBuf>,
    /// TOML file with settings other than the defaults, as for `mri-prep run`.
    #[arg(long, value_name = "FILE.toml")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    stripping: Stripping,
    /// Scans at a time; memory grows with it. [default: number of processors]
    #[arg(long, short, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Do not look whether the data set has a description (`dataset_description.json`).
    #[arg(long)]
    skip_bids_validation: bool,
}

/// The levels of BIDS Apps.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Level {
    Participant,
    Group,
}

const EXAMPLES: &str = "\
Examples:
  mri-prep bids my-study out participant --participant-label 01 02
  mri-prep bids my-study out group

Participants may be done on several machines at a time. Exit code: 0 if all went well, 1 if a scan failed (the others
are done nevertheless), 130 if it was stopped by Ctrl-C.";

/// Prepares participants, or writes the page of the group.
pub(crate) fn run(arguments: &Bids) -> Result<u8> {
    let description = arguments.data_set.join("dataset_description.json");
    ensure!(
        arguments.skip_bids_validation || description.is_file(),
        "{}: no such file, which each BIDS data set has; --skip-bids-validation goes on without",
        about(&description)
    );
    for label in &arguments.participant_label {
        let folder = arguments.data_set.join(format!("sub-{}", bare(label)));
        ensure!(
            folder.is_dir(),
            "{}: no such participant; labels are written as in the folders' names, after `sub-`",
            about(&folder)
        );
    }
    let run = arguments.as_run();
    let plan = manifest::plan(&run.source, &run.also)?.context("a BIDS data set has a plan")?;
    let derivatives = plan.derivatives.as_ref().context("a BIDS data set has derivatives")?;
    manifest::check(&plan.jobs)?;
    derivatives.check()?;
    outputs::folder(&arguments.output_dir)?;
    let common = common(&run, settings(&run)?)?;
    if arguments.analysis_level == Level::Group {
        let results: Results = plan.jobs.par_iter().map(|job| earlier(job, &common)).collect();
        let left = results.iter().filter(|result| result.is_none()).count();
        page::write(&plan.page, &plan.jobs, &results)?;
        say(format!("all scans, outliers first: {}", about(&plan.page)));
        if left > 0 {
            say(format!(
                "warning: {left} of {} scans are not done with these settings: the group takes the same --settings, --reference \
                 and --also as the participants",
                plan.jobs.len()
            ));
        }
        return Ok(if left == plan.jobs.len() { exit::FAILURE } else { exit::SUCCESS });
    }
    let mut results = begin(&plan.jobs, Some(&plan), &common, &run)?;
    let code = conclude(&plan.jobs, &results);
    let mut jobs = &plan.jobs[..];
    while let [first, ..] = jobs {
        let subject = subject(first);
        let count = jobs.iter().take_while(|job| self::subject(job) == subject).count();
        let (own, rest) = jobs.split_at(count);
        let later = results.split_off(count);
        if results.iter().any(Option::is_some) {
            page::write(&derivatives.subject_page(subject), own, &results)?;
        }
        (jobs, results) = (rest, later);
    }
    say(format!("a page for each subject: {}", about(&arguments.output_dir.join("sub-*.html"))));
    Ok(code)
}

/// The subject of a scan, `sub-01`, with which its name begins.
fn subject(job: &Job) -> &str {
    job.name.split('_').next().unwrap_or(&job.name)
}

impl Bids {
    /// The same as arguments of `mri-prep run`.
    fn as_run(&self) -> Run {
        Run {
            scan: None,
            output: None,
            volume: None,
            also: self.also.clone(),
            mask: None,
            source: Source {
                manifest: None,
                bids: Some(self.data_set.clone()),
                derivatives: Some(self.output_dir.clone()),
                suffix: self.suffix.clone(),
                choice: Choice {
                    include: self.participant_label.clone(),
                    exclude: Vec::new(),
                    participants: None,
                    entities: Vec::new(),
                },
            },
            reference: self.reference.clone(),
            reference_mask: self.reference_mask.clone(),
            settings: self.settings.clone(),
            stripping: self.stripping.clone(),
            jobs: self.jobs,
            force: false,
            page: None,
        }
    }
}
