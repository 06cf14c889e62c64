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
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Parser;
use cli_support::progress::{self, say};
use cli_support::{files, interrupt, log};
use memae_model::ModelKind;

use ahead::Networks;
use cli::{Cli, Command, Common, Only};
use config::{Config, Data};
use failure::BadConfig;
use run::context::Run;
use run::lock::RunLock;
use run::{provenance, threads};
use stages::scoring::Scorers;
use stages::{evaluate, package, preprocess, reconstruct, report, synth, train};
use tools::{detect, export, info, manual, seeds, study, verify};

/// After this time a half-written file in the cache, where other runs may work too, belongs to nobody.
const ABANDONED: Duration = Duration::from_secs(3600);

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
    let run = begin(config)?;
    let networks = match cli.command {
        Command::Synth | Command::Preprocess => Networks::Unused,
        Command::Run | Command::Train(_) | Command::Study(_) => Networks::Trained,
        _ => Networks::Used,
    };
    ahead::check(&run.config, networks)?;
    threads::limit(&run.config)?;
    let _alone = RunLock::take(&run.layout.run)?;
    files::remove_unfinished(&run.layout.run, Duration::ZERO)?;
    files::remove_unfinished(&run.config.run.cache, ABANDONED)?;
    provenance::begin(&run)?;
    log::to_file(&run.layout.log())?;
    tracing::info!("memae {} begins", env!("CARGO_PKG_VERSION"));
    match &cli.command {
        Command::Run => run_all(&run),
        Command::Synth => synth::run(&run),
        Command::Preprocess => preprocess::run(&run),
        Command::Train(only) => train::run(&run, &chosen(&run.config, only)?),
        Command::Reconstruct(only) => reconstruct::run(&run, &chosen(&run.config, only)?),
        Command::Evaluate => evaluate::run(&Scorers::new(&run)),
        Command::Report => report::run(&Scorers::new(&run)),
        Command::Study(cli::StudyCommand::Memory(arguments)) => study::memory(&run, arguments),
        Command::Package(only) => package::run(&run, &chosen(&run.config, only)?),
        _ => unreachable!("handled above"),
    }?;
    provenance::finish(&run, preprocess::inputs(&run)?)
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

fn run_all(run: &Run) -> Result<()> {
    let start = Instant::now();
    let Run { config, layout, .. } = run;
    say(format!(
        "memae {}: run `{}` in {}{}",
        env!("CARGO_PKG_VERSION"),
        config.run.name,
        layout.run.display(),
        if config.data.is_synthetic() { " (synthetic data)" } else { "" }
    ));
    let (scorers, models) = (Scorers::new(run), &config.run.models);
    let mut stages: Vec<(&str, Box<dyn Fn() -> Result<()> + '_>)> = vec![
        ("preprocess", Box::new(|| preprocess::run(run))),
        ("train", Box::new(|| train::run(run, models))),
        ("reconstruct", Box::new(|| reconstruct::run(run, models))),
        ("evaluate", Box::new(|| evaluate::run(&scorers))),
        ("package", Box::new(|| package::run(run, models))),
        ("report", Box::new(|| report::run(&scorers))),
    ];
    if config.data.is_made() {
        stages.insert(0, ("synth", Box::new(|| synth::run(run))));
    }
    for (number, (name, stage)) in (1..).zip(&stages) {
        let begin = Instant::now();
        say(format!("stage {number} of {}: {name}", stages.len()));
        stage()?;
        let took = progress::humantime(begin.elapsed());
        say(format!("stage {number} of {}: {name} took {took}", stages.len()));
    }
    say(format!(
        "done in {}\n  report    {}\n  packages  {}\n  log       {}",
        progress::humantime(start.elapsed()),
        layout.page().display(),
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
