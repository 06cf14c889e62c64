//! `memae preprocess`: every scan onto the reference grid, stripped and normalized; then the cohorts packed for training.

mod pack;
mod reference;
mod subject;
mod summary;

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::cohorts::{self, Member, Use};
use crate::config::Config;
use crate::layout::Layout;
use crate::progress::{Task, say};
use crate::stage::Stage;
use crate::{files, workers};

pub(crate) use subject::Prepared;

/// The preprocessed subjects of a run.
pub(crate) struct Cohort {
    /// Training, validation and test subjects, in this order.
    pub(crate) members: Vec<Member>,
    /// Where the preprocessed files lie.
    pub(crate) cache: PathBuf,
    /// Fingerprint of inputs and settings.
    pub(crate) key: String,
}

impl Cohort {
    /// Preprocessed files of all subjects with this use.
    pub(crate) fn prepared(&self, used_for: Use) -> Vec<Prepared> {
        let members = self.members.iter().filter(|member| member.used_for == used_for);
        members.map(|member| Prepared::new(&self.cache, member)).collect()
    }
}

/// Does the stage, or finds that it is done.
pub(crate) fn run(config: &Config) -> Result<Cohort> {
    let layout = Layout::new(config);
    let plan = Plan::new(config)?;
    let members = &plan.cohort.members;
    if plan.stage.is_done() {
        say(format!("preprocess: up to date, {} subjects in {}", members.len(), plan.cohort.cache.display()));
        return Ok(plan.cohort);
    }

    let reference = reference::make(config, &layout)?;
    let task = Task::new("preprocess", members.len());
    let records = workers::map(members, workers::available(config), |member| {
        let prepared = Prepared::new(&plan.cohort.cache, member);
        let record = subject::preprocess(member, &prepared, &reference, config)?;
        task.step(&member.subject.name);
        Ok(record)
    })?;
    drop(task);

    let mut outputs = vec![layout.reference(), layout.reference_mask(), layout.split()];
    for used_for in [Use::Train, Use::Validation] {
        let path = layout.packed(used_for.id());
        pack::pack(&plan.cohort.prepared(used_for), &path, config.reference.shape)?;
        outputs.push(path);
    }
    files::write_json(&layout.split(), &Split::new(config, members, &records))?;
    outputs.extend(summary::write(&layout.preprocess(), &records)?);
    plan.stage.finish(&outputs)?;
    Ok(plan.cohort)
}

/// The finished stage, for the stages that need it.
///
/// # Errors
/// If it is not finished.
pub(crate) fn finished(config: &Config) -> Result<Cohort> {
    let plan = Plan::new(config)?;
    anyhow::ensure!(
        plan.stage.is_done(),
        "the scans are not preprocessed with these settings yet: run `memae preprocess`, or `memae run` for all stages"
    );
    Ok(plan.cohort)
}

struct Plan {
    stage: Stage,
    cohort: Cohort,
}

impl Plan {
    fn new(config: &Config) -> Result<Self> {
        let members = cohorts::members(config)?;
        let stamps = members
            .iter()
            .map(|member| Ok((member, member.subject.files().map(files::stamp).collect::<Result<Vec<_>>>()?)))
            .collect::<Result<Vec<_>>>()?;
        let settings = (&config.preprocess, &config.reference, reference::stamp(config)?);
        let stage = Stage::new("preprocess", Layout::new(config).preprocess(), &(&settings, &stamps))?;
        let sources = cohorts::sources(config)?;
        let shared = files::fingerprint(&(env!("CARGO_PKG_VERSION"), &settings, &sources))?;
        let cache = config.run.cache.join(format!("preprocessed-{}", &shared[..12]));
        let key = stage.key().to_owned();
        Ok(Self { stage, cohort: Cohort { members, cache, key } })
    }
}

/// `split.json`: which subject is used for what, and what its files are.
#[derive(Serialize)]
struct Split<'a> {
    seed: u64,
    subjects: Vec<SplitEntry<'a>>,
}

#[derive(Serialize)]
struct SplitEntry<'a> {
    subject: &'a str,
    used_for: Use,
    files: &'a [subject::InputFile],
}

impl<'a> Split<'a> {
    fn new(config: &Config, members: &'a [Member], records: &'a [subject::Record]) -> Self {
        let entry = |(member, record): (&'a Member, &'a subject::Record)| SplitEntry {
            subject: &member.subject.name,
            used_for: member.used_for,
            files: &record.inputs,
        };
        Self { seed: config.data.seed(), subjects: members.iter().zip(records).map(entry).collect() }
    }
}
