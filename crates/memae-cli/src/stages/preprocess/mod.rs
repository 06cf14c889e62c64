//! `memae preprocess`: every scan onto the reference grid, stripped and normalized; then the cohorts packed for training.

mod headers;
mod lesions;
mod pack;
mod reference;
mod subject;
mod summary;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use cli_support::files;
use cli_support::progress::{Task, say};
use cli_support::workers;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Reference};
use crate::data::cohorts::{self, Member};
use crate::data::roles::Use;
use crate::run::layout::Layout;
use crate::run::stage::{Kind, Stage};
use crate::run::threads;

pub(crate) use subject::{Prepared, known_brain};

/// The preprocessed subjects of a run.
pub(crate) struct Cohort {
    /// Training, validation and test subjects, in this order.
    pub(crate) members: Vec<Member>,
    /// Where the preprocessed files lie.
    pub(crate) cache: PathBuf,
    /// Fingerprint of the contents of all inputs and of the settings.
    pub(crate) key: String,
}

impl Cohort {
    /// Preprocessed files of all subjects with this use.
    pub(crate) fn prepared(&self, used_for: Use) -> Vec<Prepared> {
        let members = self.members.iter().filter(|member| member.used_for == used_for);
        members.map(|member| Prepared::new(&self.cache, member)).collect()
    }

    /// What the lesions on the reference grid depend on beside [`Self::key`].
    pub(crate) fn truth(&self) -> impl Serialize {
        let labels = self.members.iter().filter_map(|member| member.subject.lesion_labels.as_ref());
        (lesions::RULE, labels.collect::<Vec<_>>())
    }
}

/// Refuses a reference that cannot be read or does not fit the configured grid, without drawing one.
pub(crate) fn check_reference(config: &Config) -> Result<()> {
    reference::of_anatomy(config).map(drop)
}

/// Does the stage, or finds that it is done.
pub(crate) fn run(config: &Config) -> Result<()> {
    let layout = Layout::new(config);
    let Plan { stage, members, cache } = Plan::new(config)?;
    if stage.is_done() {
        say(format!("preprocess: up to date, {} subjects in {}", members.len(), cache.display()));
        return Ok(());
    }

    headers::check(&members)?;
    for remark in cohorts::remarks(config)? {
        say(format!("preprocess: left out: {remark}"));
    }
    let reference = reference::make(config, &layout)?;
    let task = Task::new("preprocess", members.len());
    let records = workers::map(&members, threads::available(config), |member| {
        let record = subject::preprocess(member, &Prepared::new(&cache, member), &reference, config)?;
        task.step(&member.subject.name);
        Ok(record)
    })?;
    drop(task);

    let split = Split::new(config, &members, &records)?;
    let cohort = Cohort { members, cache, key: split.key.clone() };
    let mut outputs = vec![layout.reference(), layout.reference_mask(), layout.split()];
    for used_for in [Use::Train, Use::Validation] {
        let path = layout.packed(used_for.id());
        pack::pack(&cohort.prepared(used_for), &path, config.reference.shape)?;
        outputs.push(path);
    }
    files::write_json(&layout.split(), &split)?;
    outputs.extend(summary::write(&layout.preprocess(), &records)?);
    stage.finish(&outputs)
}

/// The preprocessed cohort, for the stages that need it.
///
/// # Errors
/// If the stage is not finished.
pub(crate) fn finished(config: &Config) -> Result<Cohort> {
    let Plan { stage, members, cache } = Plan::new(config)?;
    ensure!(
        stage.is_done(),
        "the scans are not preprocessed with these settings yet: run `memae preprocess`, or `memae run` for all stages"
    );
    let split: Split = files::read_json(&Layout::new(config).split())?;
    Ok(Cohort { members, cache, key: split.key })
}

/// The files that went in, with their SHA-256; none before the stage has run.
pub(crate) fn inputs(config: &Config) -> Result<BTreeMap<PathBuf, String>> {
    let Ok(split) = files::read_json::<Split>(&Layout::new(config).split()) else {
        return Ok(BTreeMap::new());
    };
    let files = split.subjects.into_iter().flat_map(|entry| entry.files);
    let mut inputs: BTreeMap<_, _> = files.map(|file| (file.path, file.sha256)).collect();
    for path in config.reference.file.iter().chain(&config.reference.mask) {
        inputs.insert(path.clone(), files::sha256(path)?);
    }
    Ok(inputs)
}

/// What there is to do.
struct Plan {
    stage: Stage,
    members: Vec<Member>,
    cache: PathBuf,
}

impl Plan {
    fn new(config: &Config) -> Result<Self> {
        let members = cohorts::members(config)?;
        let stamps = members
            .iter()
            .map(|member| Ok((member, member.subject.files().map(files::stamp).collect::<Result<Vec<_>>>()?)))
            .collect::<Result<Vec<_>>>()?;
        let reference = (&config.reference, config.builtin_reference(), reference::stamp(config)?);
        let settings = (&config.preprocess, reference);
        let stage = Stage::new(
            Kind::Preprocess,
            Layout::new(config).preprocess(),
            &(&settings, &stamps, lesions::RULE),
        )?;
        let (healthy, lesions, root) = cohorts::sources(config)?;
        // Another choice among the same files uses what is there.
        let sources = (healthy.without_choice(), lesions.without_choice(), root);
        let shared = files::fingerprint(&(Kind::Preprocess.revision(), &settings, &sources))?;
        let cache = config.run.cache.join(format!("preprocessed-{}", &shared[..12]));
        Ok(Self { stage, members, cache })
    }
}

/// `split.json`: which subject is used for what, and what its files are.
#[derive(Serialize, Deserialize)]
struct Split {
    /// Fingerprint of the subjects' contents, their uses, and the settings: the same wherever and whenever the same data is
    /// preprocessed alike.
    key: String,
    seed: u64,
    subjects: Vec<SplitEntry>,
}

#[derive(Serialize, Deserialize)]
struct SplitEntry {
    subject: String,
    used_for: Use,
    files: Vec<subject::InputFile>,
}

impl Split {
    fn new(config: &Config, members: &[Member], records: &[subject::Record]) -> Result<Self> {
        let entry = |(member, record): (&Member, &subject::Record)| SplitEntry {
            subject: member.subject.name.clone(),
            used_for: member.used_for,
            files: record.inputs.clone(),
        };
        let subjects: Vec<_> = members.iter().zip(records).map(entry).collect();
        let contents = |entry: &SplitEntry| {
            let files: Vec<_> = entry.files.iter().map(|file| file.sha256.clone()).collect();
            (entry.subject.clone(), entry.used_for, files)
        };
        let contents: Vec<_> = subjects.iter().map(contents).collect();
        let Reference { shape, spacing, .. } = config.reference;
        let settings = (&config.preprocess, shape, spacing, reference::contents(config)?);
        let key = files::fingerprint(&(Kind::Preprocess.revision(), settings, contents))?;
        Ok(Self { key, seed: config.data.seed(), subjects })
    }
}
