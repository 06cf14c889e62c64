//! `memae status`: how the commands of a run stand.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use cli_support::progress;

use super::{Job, jobs, slurm};
use crate::run::layout::Layout;
use crate::run::task::{self, Record, State};

/// Longest part of an error that the table shows.
const ERROR: usize = 70;

/// Prints a line for each command that was begun or submitted.
pub(crate) fn status(run: &Path) -> Result<()> {
    let layout = Layout::new(run);
    ensure!(
        layout.provenance().exists() || layout.cluster().exists(),
        "{} is no run's folder",
        run.display()
    );
    let jobs = jobs(&layout)?;
    // Without the scheduler the records still tell what was done.
    let queue = if jobs.is_empty() { Vec::new() } else { slurm::queue().unwrap_or_default() };
    let mut names: Vec<String> = jobs.iter().flat_map(|job| job.tasks.clone()).collect();
    names.extend(
        task::names(&layout)?.into_iter().filter(|name| !jobs.iter().any(|job| job.tasks.contains(name))),
    );
    let mut text = format!(
        "{:<28} {:<10} {:<14} {:>12} {:>10}  {}\n",
        "command", "state", "job", "time", "memory", "error"
    );
    for name in names {
        text += &line(&name, task::read(&layout, &name).as_ref(), &jobs, &queue);
    }
    progress::result(&text)
}

fn line(name: &str, record: Option<&Record>, jobs: &[Job], queue: &[slurm::Entry]) -> String {
    let submitted = jobs.iter().find_map(|job| Some((job, job.tasks.iter().position(|task| task == name)?)));
    let queued = submitted.and_then(|(job, index)| {
        let entry = queue.iter().find(|entry| entry.job == job.id && entry.has(index));
        entry.map(|entry| entry.state.clone())
    });
    let job = submitted.map(|(job, index)| format!("{}_{index}", job.id));
    // A record of an earlier submission says nothing of this one.
    let record = record.filter(|record| job.is_none() || record.job == job || queued.is_none());
    let (state, error) = match (record, queued) {
        (Some(record), Some(queued)) if record.state != State::Running => (queued, record.error.clone()),
        (Some(record), queued) => state(record, submitted.is_some() && queued.is_none()),
        (None, Some(queued)) => (queued, None),
        (None, None) => ("not begun".to_owned(), None),
    };
    let time = record
        .filter(|record| record.state != State::Running)
        .map_or_else(String::new, |record| progress::humantime(Duration::from_secs_f64(record.seconds)));
    let memory =
        record.and_then(|record| record.peak_mib).map_or_else(String::new, |mib| format!("{mib} MiB"));
    let job = record.and_then(|record| record.job.clone()).or(job).unwrap_or_else(|| "here".to_owned());
    let error: String =
        error.unwrap_or_default().lines().next().unwrap_or_default().chars().take(ERROR).collect();
    format!("{name:<28} {state:<10} {job:<14} {time:>12} {memory:>10}  {error}\n").trim_end().to_owned()
        + "\n"
}

/// How a command stands by its own word; `gone`: the scheduler no longer has it.
fn state(record: &Record, gone: bool) -> (String, Option<String>) {
    let word = match record.state {
        State::Running if gone || record.has_died_here() => {
            let advice = "killed, for memory or by somebody: see cluster/logs".to_owned();
            return ("died".to_owned(), Some(advice));
        }
        State::Running => "running",
        State::Done => "done",
        State::Failed => "failed",
        State::Stopped => "stopped",
    };
    (word.to_owned(), record.error.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(state: State, job: Option<&str>) -> Record {
        Record {
            state,
            host: "elsewhere".to_owned(),
            process: 1,
            job: job.map(str::to_owned),
            since: "2026-01-02 03:04 UTC".to_owned(),
            seconds: 65.0,
            peak_mib: Some(120),
            error: (state == State::Failed).then(|| "no memory\nand more".to_owned()),
        }
    }

    #[test]
    fn a_line_says_how_a_command_stands() {
        let jobs = [Job { id: 7, tasks: vec!["train-ae".to_owned(), "train-vae".to_owned()] }];
        let failed = line("train-vae", Some(&record(State::Failed, Some("7_1"))), &jobs, &[]);
        assert!(
            failed.contains("failed") && failed.contains("7_1") && failed.ends_with("no memory\n"),
            "{failed}"
        );
        let killed = line("train-ae", Some(&record(State::Running, Some("7_0"))), &jobs, &[]);
        assert!(killed.contains("died") && killed.contains("killed"), "{killed}");
        let here = line("preprocess", Some(&record(State::Done, None)), &jobs, &[]);
        assert!(here.contains("done") && here.contains("here") && here.contains("120 MiB"), "{here}");
        assert!(line("train-ae", None, &jobs, &[]).contains("not begun"));
    }
}
