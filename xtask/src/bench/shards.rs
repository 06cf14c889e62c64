//! An experiment as the commands that a scheduler is given, beside the same experiment as one command.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use lexopt::prelude::*;
use xshell::Shell;

use super::process::cost;
use crate::setup;

/// The models of a configuration that names none.
const MODELS: [&str; 5] = ["ae", "vae", "ssim-ae", "memae", "ssim-memae"];

/// What the two runs have in common, and how the work is shared out.
struct Experiment {
    program: PathBuf,
    config: PathBuf,
    shards: usize,
    /// Tasks at a time, each with one thread.
    slots: usize,
}

/// Runs the experiment both ways, compares what they found, and prints what each took.
pub(super) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    let (mut config, mut program, mut shards) = (root.join("configs/quick.toml"), None, 2);
    while let Some(arg) = args.next()? {
        match arg {
            Long("config") => config = PathBuf::from(args.value()?),
            Long("program") => program = Some(PathBuf::from(args.value()?)),
            Long("shards") => shards = args.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let sh = crate::shell_at(root)?;
    let program = if let Some(program) = program { program } else { setup::release(&sh, root)? };
    let experiment = Experiment {
        program: program.canonicalize().with_context(|| format!("there is no {}", program.display()))?,
        config: config.canonicalize().with_context(|| format!("there is no {}", config.display()))?,
        shards,
        slots: thread::available_parallelism()?.get(),
    };
    let folder = root.join("target/shards");
    sh.remove_path(&folder)?;
    let (one, many) = (sh.create_dir(folder.join("one"))?, sh.create_dir(folder.join("many"))?);

    let arguments = ["run".into(), "--config".into(), experiment.config.clone().into_os_string()];
    let plain = cost(&experiment.program, &one, &arguments)?.seconds;
    println!("One command: {plain:.0} s");
    let (tasks, shared) = experiment.shared_out(&many)?;
    println!(
        "{tasks} commands, {} at a time: {shared:.0} s, {:.3} of the above",
        experiment.slots,
        shared / plain
    );
    ensure!(
        table(&sh, &one)? == table(&sh, &many)?,
        "the two ways gave different tables: does the configuration set threads_per_model? See {}",
        folder.display()
    );
    println!("Both wrote the same Table 1.");
    sh.remove_path(&folder)?;
    Ok(())
}

impl Experiment {
    /// Runs all tasks in `folder`, in the order of docs/how-to/cluster.md; their number and the seconds they took.
    fn shared_out(&self, folder: &Path) -> Result<(usize, f64)> {
        let rows = self.rows();
        let begin = Instant::now();
        for row in &rows {
            self.side_by_side(folder, row)?;
        }
        Ok((rows.iter().map(Vec::len).sum(), begin.elapsed().as_secs_f64()))
    }

    /// The tasks, each row after the one before.
    fn rows(&self) -> Vec<Vec<String>> {
        let shards = || (1..=self.shards).map(|shard| format!("{shard}/{}", self.shards));
        let methods = || MODELS.into_iter().chain(["intensity", "mean"]);
        vec![
            vec!["synth".into()],
            shards().map(|shard| format!("preprocess --shard {shard}")).collect(),
            vec!["preprocess".into()],
            MODELS.iter().map(|model| format!("train --model {model}")).collect(),
            methods()
                .flat_map(|method| {
                    shards().map(move |shard| format!("evaluate --method {method} --shard {shard}"))
                })
                .collect(),
            methods().map(|method| format!("evaluate --method {method}")).collect(),
            vec!["run".into()],
        ]
    }

    /// Runs tasks, as many at a time as there are slots.
    fn side_by_side(&self, folder: &Path, tasks: &[String]) -> Result<()> {
        let queue = Mutex::new(tasks.iter());
        let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
        let work = || -> Result<()> {
            while let Some(task) = next() {
                let printed = Command::new(&self.program)
                    .args(task.split(' '))
                    .arg("--config")
                    .arg(&self.config)
                    .current_dir(folder)
                    .env("OMP_NUM_THREADS", (self.slots / tasks.len()).max(1).to_string())
                    .stdin(Stdio::null())
                    .output()
                    .with_context(|| format!("cannot start {}", self.program.display()))?;
                ensure!(
                    printed.status.success(),
                    "memae {task}: {}",
                    String::from_utf8_lossy(&printed.stderr)
                );
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.slots).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }
}

/// Table 1 of the only run in a folder. Behind its digits, scores differ with the number of threads that a network has.
fn table(sh: &Shell, folder: &Path) -> Result<String> {
    let runs = sh.read_dir(folder.join("runs"))?;
    let run = runs.first().context("there is no run")?;
    Ok(sh.read_file(run.join("report/table1.csv"))?)
}
