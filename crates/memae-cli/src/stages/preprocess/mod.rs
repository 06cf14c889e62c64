//! `memae preprocess`: every scan onto the reference grid, stripped and normalized; then the cohorts packed for training.

mod headers;
mod lesions;
mod pack;
mod reference;
mod subject;
mod summary;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use cli_support::files;
use cli_support::progress::{Task, say};
use cli_support::workers;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Reference};
use crate::data::cohorts::{Member, Subjects};
use crate::data::roles::Use;
use crate::run::cohort::{Cohort, Prepared};
use crate::run::context::Run;
use crate::run::part::Shard;
use crate::run::stage::{Kind, Stage};
use crate::run::threads;

pub(crate) use subject::known_brain;

/// What the lesions on the reference grid depend on beside the cohort's key.
pub(crate) fn truth(cohort: &Cohort) -> impl Serialize {
    (lesions::RULE, &cohort.lesion_labels)
}

/// Refuses a reference that cannot be read or does not fit the configured grid, without drawing one.
pub(crate) fn check_reference(config: &Config) -> Result<()> {
    reference::of_anatomy(config).map(drop)
}

/// Does the stage, or finds that it is done.
pub(crate) fn run(run: &Run) -> Result<()> {
    let Run { config, layout, .. } = run;
    let Plan { stage, members, cache } = Plan::new(run)?;
    if stage.is_done() {
        finished(run)?;
        say(format!("preprocess: up to date, {} subjects in {}", members.len(), cache.display()));
        return Ok(());
    }

    headers::check(members)?;
    for remark in &run.subjects()?.remarks {
        say(format!("preprocess: left out: {remark}"));
    }
    let reference = reference::make(config, layout)?;
    let records = prepare(members, &cache, &reference, config)?;
    let split = Split::new(config, members, &records)?;
    let cohort = run.cohort(|| Ok(Cohort::new(members, &cache, split.key.clone())))?;
    let mut outputs = vec![layout.reference(), layout.reference_mask(), layout.split()];
    for used_for in [Use::Train, Use::Validation] {
        let path = layout.packed(used_for);
        pack::pack(cohort.prepared(used_for), &path, config.reference.shape)?;
        outputs.push(path);
    }
    files::write_json(&layout.split(), &split)?;
    outputs.push(summary::write(layout.preprocess(), &records)?);
    stage.finish(&outputs)
}

/// Preprocesses a shard of the scans: what [`run`] then finds done.
pub(crate) fn part(run: &Run, shard: Shard) -> Result<()> {
    let Plan { stage, members, cache } = Plan::new(run)?;
    if stage.is_done() {
        say(format!("preprocess {shard}: up to date in {}", cache.display()));
        return Ok(());
    }
    let members = shard.of(members);
    headers::check(&members)?;
    let reference = reference::make(&run.config, &run.layout)?;
    let records = prepare(&members, &cache, &reference, &run.config)?;
    say(format!("preprocess {shard}: {} subjects in {}", records.len(), cache.display()));
    Ok(())
}

/// Those of `count` shards of which a scan was not preprocessed yet.
pub(crate) fn missing(run: &Run, count: usize) -> Result<Vec<Shard>> {
    let Plan { members, cache, .. } = Plan::new(run)?;
    let is_missing = |member: &Member| !subject::is_done(member, &Prepared::new(&cache, member));
    let is_missing: Vec<bool> = members.iter().map(is_missing).collect();
    Ok(Shard::all(count).filter(|shard| shard.of(&is_missing).contains(&true)).collect())
}

/// Preprocesses scans, or finds what an earlier run did.
fn prepare(
    members: &[Member],
    cache: &Path,
    reference: &mri_io::preprocess::Reference,
    config: &Config,
) -> Result<Vec<subject::Record>> {
    let task = Task::new("preprocess", members.len());
    workers::map(members, threads::available(config), |member| {
        let record = subject::preprocess(member, &Prepared::new(cache, member), reference, config)?;
        task.step(&member.subject.name);
        Ok(record)
    })
}

/// The preprocessed cohort, for the stages that need it.
///
/// # Errors
/// If the stage is not finished.
pub(crate) fn finished(run: &Run) -> Result<&Cohort> {
    run.cohort(|| {
        let Plan { stage, members, cache } = Plan::new(run)?;
        ensure!(
            stage.is_done(),
            "the scans are not preprocessed with these settings yet: run `memae preprocess`, or `memae run` for all stages"
        );
        let split: Split = files::read_json(&run.layout.split())?;
        Ok(Cohort::new(members, &cache, split.key))
    })
}

/// The files that went in, with their SHA-256; none before the stage has run.
pub(crate) fn inputs(Run { config, layout, .. }: &Run) -> Result<BTreeMap<PathBuf, String>> {
    let Ok(split) = files::read_json::<Split>(&layout.split()) else {
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
struct Plan<'a> {
    stage: Stage,
    members: &'a [Member],
    cache: PathBuf,
}

impl<'a> Plan<'a> {
    fn new(run: &'a Run) -> Result<Self> {
        let (config, Subjects { sources, members, .. }) = (&run.config, run.subjects()?);
        let stamps = members
            .iter()
            .map(|member| Ok((member, member.subject.files().map(files::stamp).collect::<Result<Vec<_>>>()?)))
            .collect::<Result<Vec<_>>>()?;
        let reference = (&config.reference, config.builtin_reference(), reference::stamp(config)?);
        let settings = (&config.preprocess, reference);
        let inputs = (&settings, &stamps, lesions::RULE);
        let stage = Stage::new(Kind::Preprocess, run.layout.preprocess(), &inputs)?;
        // Another choice among the same files uses what is there.
        let sources =
            (sources.healthy.without_choice(), sources.lesions.without_choice(), &sources.root.folder);
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
