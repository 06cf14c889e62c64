//! `memae study`: experiments about the method itself, each many runs that share one preprocessed cohort.

mod arguments;
mod cells;
mod names;
mod summary;

use anyhow::{Result, ensure};
use cli_support::interrupt;
use cli_support::progress::{result, say};

use crate::config::{Config, Data};
use crate::run::layout::Layout;
use crate::run::provenance;
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

/// Trains and evaluates each cell that is not done, and writes the table of all.
pub(crate) fn memory(shared: &Config, arguments: &StudyMemory) -> Result<()> {
    if let Some(model) = arguments.models.iter().find(|model| !model.has_memory()) {
        anyhow::bail!("--model {model} has no memory to study: memae and ssim-memae have");
    }
    let cells = Cell::chosen(shared, arguments)?;
    ensure!(!arguments.seeds.is_empty(), "--seeds needs at least one seed");
    let runs = cells.len() * arguments.seeds.len();
    say(format!(
        "study memory: {} settings with {} seeds and {} models each, in {}",
        cells.len(),
        arguments.seeds.len(),
        arguments.models.len(),
        shared.run.output.display()
    ));
    if let Data::Synthetic(_) = shared.data {
        synth::run(shared)?;
    }
    preprocess::run(shared)?;
    let mut summary = Summary::new(shared, arguments, &cells);
    // Seed by seed, so that a study cut short has all settings.
    for (at, &seed) in arguments.seeds.iter().enumerate() {
        for (cell, index) in cells.iter().zip(1..) {
            interrupt::check()?;
            let config = cell.config(shared, seed, &arguments.models);
            say(format!("study memory: run {} of {runs}, {}", at * cells.len() + index, config.run.name));
            provenance::begin(&config)?;
            train::run(&config, &config.run.models)?;
            evaluate::run(&config)?;
            provenance::finish(&config, preprocess::inputs(&config)?)?;
            summary.add(*cell, &Layout::new(&config), &config.run.models)?;
            summary.write(&shared.run.output)?;
        }
    }
    result(&format!("\n{}\n", summary.table().to_text()))
}
