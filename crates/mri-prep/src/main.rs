//! `mri-prep`: brain MR preprocessing from the command line.

mod check;
mod cli;
mod cohort;
mod info;
mod intensity;
mod log;
mod outputs;
mod resample;
mod run;
mod split;
mod steps;
mod template;
mod transform;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start();
    match dispatch(&cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Run(arguments) => return run::run(arguments),
        Command::Check(arguments) => return check::check(arguments),
        Command::Info { files } => return info::print(files),
        Command::Strip(arguments) => steps::strip(arguments),
        Command::Register(arguments) => steps::register(arguments),
        Command::Split(arguments) => split::split(arguments),
        Command::Resample(arguments) => resample::resample(arguments),
        Command::Transform(arguments) => transform::run(arguments),
        Command::Normalize(arguments) => intensity::normalize(arguments),
        Command::Scale(arguments) => intensity::scale(arguments),
        Command::Bias(arguments) => intensity::bias(arguments),
        Command::Template(arguments) => template::run(arguments),
    }?;
    Ok(ExitCode::SUCCESS)
}
