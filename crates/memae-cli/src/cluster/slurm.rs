//! Slurm's commands.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cli_support::files;

use super::plan::Array;
use crate::config::Cluster;

/// Slurm's own limit where a site sets none: the largest index is one less.
const USUAL_ARRAY: usize = 1001;

/// A line of the queue.
pub(super) struct Entry {
    pub(super) job: u64,
    /// Index in the array, or a list of those that wait: `[0-3,5]`.
    task: String,
    pub(super) state: String,
}

impl Entry {
    pub(super) fn name(&self) -> String {
        format!("{}_{}", self.job, self.task)
    }

    /// Whether it is, or has among others, the task of this index.
    pub(super) fn has(&self, index: usize) -> bool {
        let list = self.task.trim_matches(['[', ']']);
        list.split('%').next().unwrap_or_default().split(',').any(|part| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            match (low.parse::<usize>(), high.parse::<usize>()) {
                (Ok(low), Ok(high)) => (low..=high).contains(&index),
                _ => false,
            }
        })
    }
}

/// Fails where Slurm's commands are not at hand, or its controller does not answer.
pub(super) fn is_there() -> Result<()> {
    output(Command::new("sinfo").arg("-h")).map(drop).context("this needs a Slurm cluster")
}

/// What the queue has of all users' jobs.
pub(super) fn queue() -> Result<Vec<Entry>> {
    let text = output(Command::new("squeue").args(["-h", "-o", "%F %K %T"]))?;
    Ok(text.lines().filter_map(entry).collect())
}

/// A line as `squeue -o "%F %K %T"` prints it.
fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split_whitespace();
    let job = words.next()?.parse().ok()?;
    Some(Entry { job, task: words.next()?.to_owned(), state: words.next()?.to_lowercase() })
}

/// How many tasks an array can have.
pub(super) fn largest_array() -> Result<usize> {
    let text = output(Command::new("scontrol").args(["show", "config"]))?;
    let line = text.lines().find(|line| line.starts_with("MaxArraySize"));
    let value = line.and_then(|line| line.split('=').nth(1)).and_then(|value| value.trim().parse().ok());
    Ok(value.unwrap_or(USUAL_ARRAY).max(1))
}

/// Takes jobs out of the queue.
pub(super) fn cancel(jobs: &[u64]) -> Result<()> {
    output(Command::new("scancel").args(jobs.iter().map(u64::to_string))).map(drop)
}

/// What all scripts of a run need to know.
pub(super) struct Place {
    folder: PathBuf,
    program: PathBuf,
    /// Where relative paths of the configuration begin.
    working: PathBuf,
    config: PathBuf,
}

impl Place {
    /// Scripts and logs in `folder`, commands on `config`.
    pub(super) fn new(folder: &Path, config: &Path) -> Result<Self> {
        Ok(Self {
            folder: super::absolute(folder)?,
            program: std::env::current_exe()?,
            working: std::env::current_dir()?,
            config: config.to_owned(),
        })
    }

    /// Writes the commands of an array, one a line, and the script that does the line of its index.
    pub(super) fn write(&self, array: &Array) -> Result<PathBuf> {
        let tasks = self.folder.join(format!("{}.tasks", array.stage));
        let line = |task: &super::plan::Task| {
            let mut words = vec![quoted(&self.program)];
            words.extend(task.arguments.clone());
            words.extend(["--config".to_owned(), quoted(&self.config)]);
            words.join(" ") + "\n"
        };
        files::write(&tasks, array.tasks.iter().map(line).collect::<String>().as_bytes())?;
        let script = self.folder.join(format!("{}.sh", array.stage));
        // The program takes the shell's place, so that it hears signals and its exit code is the task's.
        let text = format!(
            "#!/bin/sh\n\
             # Task n does line n + offset + 1 of the list; the offset is the script's argument.\n\
             cd {} || exit 1\n\
             command=$(sed -n \"$((SLURM_ARRAY_TASK_ID + ${{1:-0}} + 1))p\" {})\n\
             [ -n \"$command\" ] || {{ echo 'no such task' >&2; exit 1; }}\n\
             eval \"exec $command\"\n",
            quoted(&self.working),
            quoted(&tasks)
        );
        files::write(&script, text.as_bytes())?;
        Ok(script)
    }

    /// Submits `count` tasks of an array from the `first` on, after the jobs `before`; returns the job's number.
    pub(super) fn submit(
        &self,
        settings: &Cluster,
        array: &Array,
        script: &Path,
        first: usize,
        count: usize,
        before: &[u64],
    ) -> Result<u64> {
        let mut sbatch = Command::new("sbatch");
        sbatch
            .args(["--parsable", "--requeue", "--open-mode=append", "--kill-on-invalid-dep=yes"])
            .arg(format!("--job-name=memae-{}", array.stage))
            .arg(format!("--array=0-{}", count - 1))
            .arg(format!("--output={}/logs/{}-%A_%a.out", self.folder.display(), array.stage))
            .arg(format!("--cpus-per-task={}", settings.threads))
            .arg(format!("--mem={}", settings.memory));
        if !before.is_empty() {
            let ids: Vec<String> = before.iter().map(u64::to_string).collect();
            sbatch.arg(format!("--dependency=afterok:{}", ids.join(":")));
        }
        let gres = if array.networks { settings.gres.as_str() } else { "" };
        let named = [
            ("partition", &settings.partition[..]),
            ("account", &settings.account),
            ("time", &settings.time),
            ("gres", gres),
        ];
        sbatch.args(
            named
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| format!("--{name}={value}")),
        );
        sbatch.args(&settings.options).arg(script).arg(first.to_string());
        let text = output(&mut sbatch).with_context(|| format!("{} was not submitted", array.stage))?;
        let id = text.trim().split(';').next().unwrap_or_default();
        id.parse().with_context(|| format!("sbatch gave no job's number but {text:?}"))
    }
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

/// What a command prints.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_queue_are_read() {
        let waiting = entry("17 [0-3,7%2] PENDING").unwrap();
        assert_eq!((waiting.job, waiting.state.as_str()), (17, "pending"));
        let has: Vec<usize> = (0..9).filter(|&index| waiting.has(index)).collect();
        assert_eq!(has, [0, 1, 2, 3, 7]);
        let running = entry("17 4 RUNNING").unwrap();
        assert!(running.has(4) && !running.has(40));
        assert_eq!(running.name(), "17_4");
        assert!(entry("").is_none());
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
