//! Commands that work in a run's folder.

use std::time::Instant;

use anyhow::{Result, bail};
use cli_support::progress::{self, say};
use memae_model::ModelKind;

use crate::cli::{self, Command, Only};
use crate::config::Config;
use crate::failure::BadConfig;
use crate::run::context::Run;
use crate::run::part::Shard;
use crate::stages::scoring::{Method, Scorers};
use crate::stages::{evaluate, package, preprocess, reconstruct, report, synth, train};
use crate::tools::study;

/// What a command is called in a run's folder.
pub(crate) struct Name {
    pub(crate) name: String,
    /// Whether it does a part of a stage, beside which others may work.
    pub(crate) is_part: bool,
}

/// The name of a command.
pub(crate) fn name(command: &Command) -> Name {
    let of = |stage: &str, part: Option<String>| Name {
        is_part: part.is_some(),
        name: part.map_or_else(|| stage.to_owned(), |part| format!("{stage}-{part}")),
    };
    let one = |only: &Only| match &only.models[..] {
        [model] => Some(model.to_string()),
        _ => None,
    };
    match command {
        Command::Preprocess(part) => of("preprocess", part.shard.map(Shard::name)),
        Command::Train(only) => of("train", one(only)),
        Command::Reconstruct(only) => of("reconstruct", one(only)),
        Command::Package(only) => of("package", one(only)),
        Command::Evaluate(part) => {
            let shard = part.shard.map_or_else(String::new, |shard| format!("-{}", shard.name()));
            of("evaluate", part.method.as_ref().map(|method| method.to_owned() + &shard))
        }
        Command::Synth => of("synth", None),
        Command::Report => of("report", None),
        Command::Study(_) => of("study", None),
        _ => of("run", None),
    }
}

/// Does the work of a command.
pub(crate) fn work(command: &Command, run: &Run) -> Result<()> {
    let config = &run.config;
    match command {
        Command::Run(_) => all(run),
        Command::Synth => synth::run(run),
        Command::Preprocess(cli::Part { shard: None }) => preprocess::run(run),
        Command::Preprocess(cli::Part { shard: Some(shard) }) => preprocess::part(run, *shard),
        Command::Train(only) => train::run(run, &chosen(config, only)?),
        Command::Reconstruct(only) => reconstruct::run(run, &chosen(config, only)?),
        Command::Evaluate(cli::EvaluatePart { method: None, .. }) => evaluate::run(&Scorers::new(run)),
        Command::Evaluate(cli::EvaluatePart { method: Some(name), shard }) => {
            evaluate::part(&Scorers::new(run), method(config, name)?, *shard)
        }
        Command::Report => report::run(&Scorers::new(run)),
        Command::Study(cli::StudyCommand::Memory(arguments)) => study::memory(run, arguments),
        Command::Package(only) => package::run(run, &chosen(config, only)?),
        _ => unreachable!("handled before a run is looked for"),
    }
}

/// A stage and its name.
type Named<'a> = (&'static str, Box<dyn Fn() -> Result<()> + 'a>);

/// Does all stages.
fn all(run: &Run) -> Result<()> {
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
    let mut stages: Vec<Named<'_>> = vec![
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

/// The method of this name.
fn method(config: &Config, name: &str) -> Result<Method> {
    let methods = Method::all(config);
    let known: Vec<&str> = methods.iter().map(|method| method.id()).collect();
    let found = methods.iter().find(|method| method.id() == name);
    found
        .copied()
        .ok_or_else(|| BadConfig(vec![format!("--method {name}: this run has {}", known.join(", "))]).into())
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
