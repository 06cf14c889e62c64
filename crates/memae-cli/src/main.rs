#![doc = include_str!("../README.md")]
// Array views are passed by value, as slices are.
#![allow(clippy::needless_pass_by_value)]
// Lines for people are short: how they read here matters more than an allocation.
#![allow(clippy::format_push_string, clippy::format_collect)]

mod ahead;
mod cli;
mod config;
mod data;
mod failure;
mod run;
mod stages;
mod tools;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Parser;
use cli_support::lock::{self, Lock};
use cli_support::progress::{self, say};
use cli_support::{interrupt, log};
use memae_model::ModelKind;

use ahead::Networks;
use cli::{Cli, Command, Common, Only};
use config::{Config, Data};
use data::cohorts;
use data::heads::MapSplit;
use failure::BadConfig;
use run::layout::Layout;
use run::{environment, threads};
use stages::{evaluate, package, preprocess, reconstruct, report, synth, train};
use tools::{detect, export, info, manual, seeds, study};

fn main() -> ExitCode {
    let cli = Cli::parse();
    failure::hide_handled_panics();
    if cli.common.quiet {
        progress::be_quiet();
    }
    if cli.common.json {
        progress::emit_events();
    }
    log::start(&cli.common.shown());
    match interrupt::listen().and_then(|()| dispatch(&cli)) {
        Ok(()) => ExitCode::SUCCESS,
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
        Command::Info { file } => return info::run(file),
        Command::Completions { shell } => return manual::completions(*shell),
        Command::Man { folder } => return manual::man(folder),
        Command::Reference => return manual::reference(),
        Command::Data(cli::DataCommand::List) => return tools::data::list(),
        Command::Data(cli::DataCommand::Check) => return check_data(&cli.common),
        _ => {}
    }
    let mut config = configure(&cli.common)?;
    if let Command::Study(cli::StudyCommand::Memory(arguments)) = &cli.command {
        config = study::shared(&config, arguments);
    }
    let networks = match cli.command {
        Command::Synth | Command::Preprocess => Networks::Unused,
        Command::Run | Command::Train(_) | Command::Study(_) => Networks::Trained,
        _ => Networks::Used,
    };
    ahead::check(&config, networks)?;
    threads::limit(&config)?;
    let layout = Layout::new(&config);
    let _alone = Lock::take(&layout.run.join(lock::FILE), &layout.run, "choose another name in [run]")?;
    environment::write(&config)?;
    log::to_file(&layout.log())?;
    tracing::info!("memae {} begins", env!("CARGO_PKG_VERSION"));
    match &cli.command {
        Command::Run => run_all(&config),
        Command::Synth => synth::run(&config),
        Command::Preprocess => preprocess::run(&config),
        Command::Train(only) => train::run(&config, &chosen(&config, only)?),
        Command::Reconstruct(only) => reconstruct::run(&config, &chosen(&config, only)?),
        Command::Evaluate => evaluate::run(&config),
        Command::Report => report::run(&config),
        Command::Study(cli::StudyCommand::Memory(arguments)) => study::memory(&config, arguments),
        Command::Package(only) => package::run(&config, &chosen(&config, only)?),
        _ => unreachable!("handled above"),
    }
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

/// The checked configuration. Data that is not there is found out now, before any work.
fn configure(common: &Common) -> Result<Config> {
    let config = load(common)?;
    let mut problems = Vec::new();
    let missing = match &config.data {
        Data::Manifest(_) => cohorts::members(&config).err(),
        Data::Synthetic(data) => MapSplit::of(data).err(),
    };
    problems.extend(missing.map(|error| format!("{error:#}")));
    for (key, path) in [("file", &config.reference.file), ("mask", &config.reference.mask)] {
        if let Some(path) = path.as_ref().filter(|path| !path.is_file()) {
            problems.push(format!(
                "[reference] {key}: {} does not exist; configs/paper.toml says where SRI24's comes from",
                path.display()
            ));
        }
    }
    if !problems.is_empty() {
        bail!(BadConfig(problems));
    }
    Ok(config)
}

/// Looks at data that may be incomplete, and writes nothing.
fn check_data(common: &Common) -> Result<()> {
    let config = load(common)?;
    threads::limit(&config)?;
    tools::data::check(&config)
}

fn run_all(config: &Config) -> Result<()> {
    let start = Instant::now();
    say(format!(
        "memae {}: run `{}` in {}{}",
        env!("CARGO_PKG_VERSION"),
        config.run.name,
        config.run_folder().display(),
        if config.data.is_synthetic() { " (synthetic data)" } else { "" }
    ));
    if let Data::Synthetic(_) = config.data {
        synth::run(config)?;
    }
    preprocess::run(config)?;
    train::run(config, &config.run.models)?;
    reconstruct::run(config, &config.run.models)?;
    evaluate::run(config)?;
    package::run(config, &config.run.models)?;
    report::run(config)?;
    let layout = Layout::new(config);
    say(format!(
        "done in {}\n  report    {}\n  packages  {}\n  log       {}",
        progress::humantime(start.elapsed()),
        layout.report().join("index.html").display(),
        layout.packages().display(),
        layout.log().display()
    ));
    Ok(())
}

/// The models named on the command line, or all of the configuration.
fn chosen(config: &Config, only: &Only) -> Result<Vec<ModelKind>> {
    if only.models.is_empty() {
        return Ok(config.run.models.clone());
    }
    if let Some(model) = only.models.iter().find(|model| !config.run.models.contains(model)) {
        bail!(BadConfig(vec![format!("--model {model}: it is not among the models of [run]")]));
    }
    Ok(only.models.clone())
}
