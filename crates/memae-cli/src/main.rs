#![doc = include_str!("../README.md")]
// Array views are passed by value, as slices are.
#![allow(clippy::needless_pass_by_value)]
// Lines for people are short: how they read here matters more than an allocation.
#![allow(clippy::format_push_string, clippy::format_collect)]

mod ahead;
mod cli;
mod cluster;
mod commands;
mod config;
mod data;
mod failure;
#[cfg(test)]
mod fuzz;
mod run;
mod stages;
mod tools;
mod viewer;

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;
use cli_support::lock::{self, Lock};
use cli_support::{files, interrupt, log, progress};

use ahead::Networks;
use cli::{Cli, Command, Common};
use cluster::Scheduler;
use commands::Name;
use config::{Config, Data};
use failure::BadConfig;
use run::context::Run;
use run::{provenance, task, threads};
use stages::preprocess;
use tools::{detect, export, info, manual, seeds, study, verify};

/// After this time a half-written file in the cache, where other runs may work too, belongs to nobody.
const ABANDONED: Duration = Duration::from_secs(3600);

fn main() {
    let cli = Cli::try_parse().unwrap_or_else(|answer| {
        // Nobody reads what cannot be written.
        let _ = answer.print();
        cli_support::end(u8::try_from(answer.exit_code()).unwrap_or(1))
    });
    cli_support::end(run_and_tell(&cli));
}

/// Does what is asked for; returns the exit code.
fn run_and_tell(cli: &Cli) -> u8 {
    failure::hide_handled_panics();
    if cli.common.quiet {
        progress::be_quiet();
    }
    if cli.common.json {
        progress::emit_events();
    }
    log::start(&cli.common.shown());
    match interrupt::listen().and_then(|()| dispatch(cli)) {
        Ok(()) => 0,
        Err(error) => {
            cli_support::explain(&error);
            failure::exit_code(&error)
        }
    }
}

fn dispatch(cli: &Cli) -> Result<()> {
    match &cli.command {
        Command::Detect(arguments) => return detect::run(arguments),
        Command::Export(arguments) => return export::run(arguments),
        Command::Seeds(arguments) => return seeds::run(arguments),
        Command::Status { run } => return cluster::status(run),
        Command::Cancel { run } => return cluster::cancel(run),
        Command::Verify { run } => return verify::run(run),
        Command::Info { file } => return info::run(file),
        Command::Completions { shell } => return manual::completions(*shell),
        Command::Man { folder } => return manual::man(folder),
        Command::Reference => return manual::reference(),
        Command::Data(cli::DataCommand::List) => return tools::data::list(),
        Command::Data(cli::DataCommand::Check) => return check_data(&cli.common),
        _ => {}
    }
    let mut config = load(&cli.common)?;
    if let Command::Study(cli::StudyCommand::Memory(arguments)) = &cli.command {
        config = study::shared(&config, arguments);
    }
    // Before anything uses the pool, as the look at a reference of real anatomy does.
    threads::limit(&config)?;
    let run = begin(config)?;
    let networks = match cli.command {
        // Another machine may have the device.
        Command::Synth | Command::Preprocess(_) | Command::Run(cli::Run { on: Some(_) }) => Networks::Unused,
        Command::Run(_) | Command::Train(_) | Command::Study(_) => Networks::Trained,
        _ => Networks::Used,
    };
    ahead::check(&run.config, networks)?;
    let submits = matches!(cli.command, Command::Run(cli::Run { on: Some(Scheduler::Slurm) }));
    if submits {
        // Also before the lock, which a task that runs holds: what to do is said by the queue.
        cluster::nothing_is_queued(&run.layout)?;
    }
    let Name { name, is_part } = commands::name(&cli.command);
    let (folder, otherwise) = (&run.layout.run, "choose another name in [run]");
    let file = folder.join(lock::FILE);
    let _run =
        if is_part { Lock::share(&file, folder, otherwise)? } else { Lock::take(&file, folder, otherwise)? };
    let _same_part = Lock::take(&run.layout.locks().join(&name), folder, "do another part")?;
    if !is_part {
        files::remove_unfinished(&run.layout.run, Duration::ZERO)?;
        files::remove_unfinished(&run.config.run.cache, ABANDONED)?;
    }
    provenance::begin(&run)?;
    log::to_file(&run.layout.log())?;
    tracing::info!("memae {} begins", env!("CARGO_PKG_VERSION"));
    if submits {
        return cluster::submit(&run);
    }
    task::recorded(&run.layout, &name, || commands::work(&cli.command, &run))?;
    if is_part { Ok(()) } else { provenance::finish(&run, preprocess::inputs(&run)?) }
}

/// The configuration, with what the command line changes in it.
fn load(common: &Common) -> Result<Config> {
    let mut config = Config::load(common.config.as_deref())?;
    if let Some(root) = &common.data_root {
        match &mut config.data {
            Data::Manifest(data) => data.root.clone_from(root),
            // The generator's own anatomy needs no folder.
            Data::Synthetic(data) => data.label_maps = data.label_maps.take().map(|_| root.clone()),
        }
    }
    Ok(config)
}

/// The run of a configuration. Data that is not there is found out now, before any work.
fn begin(config: Config) -> Result<Run> {
    let mut problems = Vec::new();
    for (key, path) in [("file", &config.reference.file), ("mask", &config.reference.mask)] {
        if let Some(path) = path.as_ref().filter(|path| !path.is_file()) {
            problems.push(format!(
                "[reference] {key}: {} does not exist; configs/paper.toml says where SRI24's comes from",
                path.display()
            ));
        }
    }
    match Run::new(config) {
        Ok(run) if problems.is_empty() => Ok(run),
        Ok(_) => bail!(BadConfig(problems)),
        Err(error) => {
            problems.insert(0, format!("{error:#}"));
            bail!(BadConfig(problems))
        }
    }
}

/// Looks at data that may be incomplete, and writes nothing.
fn check_data(common: &Common) -> Result<()> {
    let config = load(common)?;
    threads::limit(&config)?;
    tools::data::check(&config)
}
