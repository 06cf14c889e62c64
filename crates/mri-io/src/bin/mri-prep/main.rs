//! `mri-prep`: brain MR preprocessing from the command line.

mod batch;
mod cli;
mod cohort;
mod info;
mod intensity;
mod steps;
mod template;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .with_target(false)
        .without_time()
        .init();
    match dispatch(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &Command) -> Result<()> {
    match command {
        Command::Strip(arguments) => steps::strip(arguments),
        Command::Register(arguments) => steps::register(arguments),
        Command::Resample(arguments) => steps::resample(arguments),
        Command::Normalize(arguments) => intensity::normalize(arguments),
        Command::Scale(arguments) => intensity::scale(arguments),
        Command::Bias(arguments) => intensity::bias(arguments),
        Command::Template(arguments) => template::run(arguments),
        Command::Run(arguments) => batch::run(arguments),
        Command::Info { files } => info::print(files),
    }
}
