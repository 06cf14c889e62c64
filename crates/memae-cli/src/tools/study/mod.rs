//! `memae study`: experiments about the method itself, each many runs that share one preprocessed cohort.

mod arguments;
mod cells;
mod names;
mod summary;

use anyhow::{Result, bail, ensure};
use cli_support::interrupt;
use cli_support::progress::{result, say};

use crate::config::Config;
use crate::run::context::Run;
use crate::run::provenance;
use crate::stages::scoring::Scorers;
use crate::stages::{evaluate, preprocess, synth, train};
pub(crate) use arguments::StudyMemory;
use cells::Cell;
use summary::Summary;

/// The run whose preprocessed cohort all runs of the study use, in the study's folder.
pub(crate) fn shared(config: &Config, arguments: &StudyMemory) -> Config {
    let mut shared = config.clone();
    shared.run.output = arguments.out.clone().unwrap_or_else(|| {
        let mut folder = config.run_folder();
        folder.set_file_name(format!("{}-memory", config.run.name));
        folder
    });
    "cohort".clone_into(&mut shared.run.name);
    shared
}

/// Trains and evaluates each cell that is not done, and writes the table of all. `shared` has the cohort.
pub(crate) fn memory(shared: &Run, arguments: &StudyMemory) -> Result<()> {
    if let Some(model) = arguments.models.iter().find(|model| !model.has_memory()) {
        bail!("--model {model} has no memory to study: memae and ssim-memae have");
    }
    let config = &shared.config;
    let cells = Cell::chosen(config, arguments)?;
    ensure!(!arguments.seeds.is_empty(), "--seeds needs at least one seed");
    let runs = cells.len() * arguments.seeds.len();
    say(format!(
        "study memory: {} settings with {} seeds and {} models each, in {}",
        cells.len(),
        arguments.seeds.len(),
        arguments.models.len(),
        config.run.output.display()
    ));
    if config.data.is_made() {
        synth::run(shared)?;
    }
    preprocess::run(shared)?;
    let mut summary = Summary::new(config, arguments, &cells);
    // Seed by seed, so that a study cut short has all settings.
    for (at, &seed) in arguments.seeds.iter().enumerate() {
        for (cell, index) in cells.iter().zip(1..) {
            interrupt::check()?;
            let run = shared.with(cell.config(config, seed, &arguments.models))?;
            say(format!("study memory: run {} of {runs}, {}", at * cells.len() + index, run.config.run.name));
            provenance::begin(&run)?;
            train::run(&run, &run.config.run.models)?;
            evaluate::run(&Scorers::new(&run))?;
            provenance::finish(&run, preprocess::inputs(&run)?)?;
            summary.add(*cell, &run.layout, &run.config.run.models)?;
            summary.write(&config.run.output)?;
        }
    }
    result(&format!("\n{}\n", summary.table().to_text()))
}
