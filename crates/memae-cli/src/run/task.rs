//! What a command did in a run's folder, as it wrote it itself: a scheduler forgets.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use cli_support::{Interrupted, files, lock};
use serde::{Deserialize, Serialize};

use crate::run::layout::Layout;

/// `tasks/<name>.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) state: State,
    pub(crate) host: String,
    pub(crate) process: u32,
    /// The scheduler's name for it.
    pub(crate) job: Option<String>,
    pub(crate) since: String,
    pub(crate) seconds: f64,
    /// Largest memory that the process held (MiB), where the system tells it.
    pub(crate) peak_mib: Option<u64>,
    pub(crate) error: Option<String>,
}

/// How a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    Running,
    Done,
    Failed,
    /// It was asked to stop; the same command goes on.
    Stopped,
}

/// Does a command's work and keeps its record; `name` says which stage and part.
pub(crate) fn recorded(layout: &Layout, name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let path = path(layout, name);
    let start = Instant::now();
    let mut record = Record {
        state: State::Running,
        host: lock::host(),
        process: std::process::id(),
        job: job(),
        since: lock::now(),
        seconds: 0.0,
        peak_mib: None,
        error: None,
    };
    files::write_json(&path, &record)?;
    let done = work();
    record.state = match &done {
        Ok(()) => State::Done,
        Err(error) if error.is::<Interrupted>() => State::Stopped,
        Err(_) => State::Failed,
    };
    record.error = done.as_ref().err().map(|error| format!("{error:#}"));
    record.seconds = start.elapsed().as_secs_f64();
    record.peak_mib = peak_mib();
    // The work's own error is the one to tell.
    let kept = files::write_json(&path, &record);
    done.and(kept)
}

/// The record of a command, if it ever began.
pub(crate) fn read(layout: &Layout, name: &str) -> Option<Record> {
    files::read_json(&path(layout, name)).ok()
}

/// Names of all commands that ever began, sorted.
pub(crate) fn names(layout: &Layout) -> Result<Vec<String>> {
    let folder = layout.tasks();
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let files = files::below(&folder)?;
    let json = files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    Ok(json.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect())
}

impl Record {
    /// Whether the process that says it is running has ended on this machine.
    pub(crate) fn has_died_here(&self) -> bool {
        let alive = Path::new("/proc").join(self.process.to_string());
        self.state == State::Running
            && self.host == lock::host()
            && Path::new("/proc").is_dir()
            && !alive.exists()
    }
}

fn path(layout: &Layout, name: &str) -> PathBuf {
    layout.tasks().join(format!("{name}.json"))
}

/// Slurm's name for this task.
fn job() -> Option<String> {
    let id = |name| std::env::var(name).ok();
    match (id("SLURM_ARRAY_JOB_ID"), id("SLURM_ARRAY_TASK_ID")) {
        (Some(array), Some(task)) => Some(format!("{array}_{task}")),
        _ => id("SLURM_JOB_ID"),
    }
}

fn peak_mib() -> Option<u64> {
    let text = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn the_record_says_how_a_command_ended() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        recorded(&layout, "train-ae", || {
            assert_eq!(read(&layout, "train-ae").unwrap().state, State::Running);
            Ok(())
        })
        .unwrap();
        assert_eq!(read(&layout, "train-ae").unwrap().state, State::Done);
        recorded(&layout, "train-ae", || Err(anyhow!("no memory"))).unwrap_err();
        let record = read(&layout, "train-ae").unwrap();
        assert_eq!((record.state, record.error.as_deref()), (State::Failed, Some("no memory")));
        recorded(&layout, "evaluate", || Err(Interrupted.into())).unwrap_err();
        assert_eq!(read(&layout, "evaluate").unwrap().state, State::Stopped);
        assert_eq!(names(&layout).unwrap(), ["evaluate", "train-ae"]);
        assert!(!record.has_died_here(), "it has ended, and said so");
    }
}
