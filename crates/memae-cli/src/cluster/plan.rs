//! What is missing of a run, as tasks.

use anyhow::Result;

use crate::run::context::Run;
use crate::run::part::Shard;
use crate::stages::scoring::Method;
use crate::stages::{evaluate, preprocess, report, synth, train};

/// Tasks that do not wait for each other.
pub(super) struct Array {
    pub(super) stage: &'static str,
    pub(super) tasks: Vec<Task>,
    /// Whether its tasks run networks.
    pub(super) networks: bool,
}

/// One command.
pub(super) struct Task {
    /// Name of its record.
    pub(super) name: String,
    /// What follows `memae`, but for the configuration.
    pub(super) arguments: Vec<String>,
}

impl Task {
    fn new(name: impl Into<String>, arguments: &[&str]) -> Self {
        Self { name: name.into(), arguments: arguments.iter().map(ToString::to_string).collect() }
    }
}

/// What there is to do, each array after the one before; nothing if the report is there. The last task does alone what needs
/// everything: it compares the methods, packs the models and writes the report.
pub(super) fn missing(run: &Run) -> Result<Vec<Array>> {
    if report::is_done(run)? {
        return Ok(Vec::new());
    }
    let mut arrays = Vec::new();
    let mut add = |stage, networks, tasks: Vec<Task>| {
        if !tasks.is_empty() {
            arrays.push(Array { stage, tasks, networks });
        }
    };
    let shards = run.config.cluster.shards;
    let heads_missing = !synth::is_done(run)?;
    if heads_missing {
        add("synth", false, vec![Task::new("synth", &["synth"])]);
    }
    let cohort_is_there = !heads_missing && preprocess::finished(run).is_ok();
    if !cohort_is_there {
        let missing =
            if heads_missing { Shard::all(shards).collect() } else { preprocess::missing(run, shards)? };
        let task = |shard: Shard| {
            Task::new(format!("preprocess-{}", shard.name()), &["preprocess", "--shard", &shard.to_string()])
        };
        add("scans", false, missing.into_iter().map(task).collect());
        add("preprocess", false, vec![Task::new("preprocess", &["preprocess"])]);
    }
    let mut untrained = Vec::new();
    for &model in &run.config.run.models {
        if !(cohort_is_there && train::stage(run, model)?.is_done()) {
            untrained.push(Task::new(format!("train-{model}"), &["train", "--model", model.id()]));
        }
    }
    add("train", true, untrained);
    let (mut scores, mut measures) = (Vec::new(), Vec::new());
    for method in Method::all(&run.config) {
        if cohort_is_there && evaluate::is_measured(run, method)? {
            continue;
        }
        let id = method.id();
        scores.extend(Shard::all(shards).map(|shard| {
            let arguments = ["evaluate", "--method", id, "--shard", &shard.to_string()];
            Task::new(format!("evaluate-{id}-{}", shard.name()), &arguments)
        }));
        measures.push(Task::new(format!("evaluate-{id}"), &["evaluate", "--method", id]));
    }
    add("scores", true, scores);
    add("evaluate", true, measures);
    add("report", true, vec![Task::new("run", &["run"])]);
    Ok(arrays)
}
