//! `memae run --on slurm`: the stages as arrays of tasks, each waiting for the one before. What is missing is decided from
//! the run's own files, never from what the scheduler remembers.

mod plan;
mod slurm;
mod status;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use cli_support::files;
use cli_support::progress::say;
use serde::{Deserialize, Serialize};

use crate::run::context::Run;
use crate::run::layout::Layout;

pub(crate) use status::status;

/// Where a run's tasks can be done.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scheduler {
    /// Slurm 20.11 or newer, through sbatch, squeue and scancel.
    Slurm,
}

/// An array of tasks that was submitted, in `cluster/jobs.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Job {
    id: u64,
    /// Names of the tasks, as their records have them, by their index in the array.
    tasks: Vec<String>,
}

/// Refuses where the queue still has tasks of a run.
pub(crate) fn nothing_is_queued(layout: &Layout) -> Result<()> {
    slurm::is_there()?;
    let live = live(layout)?;
    ensure!(
        live.is_empty(),
        "jobs of this run are still in the queue: {}; `memae status {run}` shows them, `memae cancel {run}` takes them out",
        live.join(" "),
        run = layout.run.display()
    );
    Ok(())
}

/// Submits what is missing of a run.
pub(crate) fn submit(run: &Run) -> Result<()> {
    let Run { config, layout, .. } = run;
    nothing_is_queued(layout)?;
    let arrays = plan::missing(run)?;
    if arrays.is_empty() {
        say(format!("nothing to submit: the run is complete, {}", layout.page().display()));
        return Ok(());
    }
    let folder = layout.cluster();
    fs_err::create_dir_all(folder.join("logs"))?;
    let resolved = folder.join("config.toml");
    files::write(&resolved, config.to_toml()?.as_bytes())?;
    let place = slurm::Place::new(&folder, &absolute(&resolved)?)?;
    let limit = slurm::largest_array()?;
    let mut jobs: Vec<Job> = Vec::new();
    let mut before: Vec<u64> = Vec::new();
    for array in &arrays {
        let script = place.write(array)?;
        let mut ids = Vec::new();
        for (first, tasks) in (0..).step_by(limit).zip(array.tasks.chunks(limit)) {
            let id = place.submit(&config.cluster, array, &script, first, tasks.len(), &before)?;
            let names = tasks.iter().map(|task| task.name.clone()).collect();
            jobs.push(Job { id, tasks: names });
            ids.push(id);
            // After each, so that none is forgotten where the next is refused.
            files::write_json(&jobs_file(layout), &jobs)?;
        }
        say(format!("{}: {} tasks, job {}", array.stage, array.tasks.len(), ids[0]));
        before = ids;
    }
    say(format!("submitted; `memae status {}` shows how it goes", layout.run.display()));
    Ok(())
}

/// Takes a run's jobs out of the queue.
pub(crate) fn cancel(run: &Path) -> Result<()> {
    let layout = Layout::new(run);
    ensure!(jobs_file(&layout).exists(), "{}: nothing was submitted from here", run.display());
    let live = live(&layout)?;
    if live.is_empty() {
        say("no job of this run is in the queue");
        return Ok(());
    }
    slurm::cancel(&jobs(&layout)?.iter().map(|job| job.id).collect::<Vec<_>>())?;
    say(format!("cancelled {}; `memae run --on slurm` goes on with what is missing", live.join(" ")));
    Ok(())
}

/// What the queue still has of a run, `ID_TASK` or `ID_[TASKS]`.
fn live(layout: &Layout) -> Result<Vec<String>> {
    let jobs = jobs(layout)?;
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let ours = |entry: &slurm::Entry| jobs.iter().any(|job| job.id == entry.job);
    Ok(slurm::queue()?.into_iter().filter(ours).map(|entry| entry.name()).collect())
}

/// The jobs of the last submission.
fn jobs(layout: &Layout) -> Result<Vec<Job>> {
    let file = jobs_file(layout);
    if file.exists() { files::read_json(&file) } else { Ok(Vec::new()) }
}

fn jobs_file(layout: &Layout) -> PathBuf {
    layout.cluster().join("jobs.json")
}

/// A path that holds in any working folder.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| path.display().to_string())
}
