//! `mri-prep`: brain MR preprocessing from the command line.

mod cli;
mod cohort;
mod commands;
mod files;
mod loader;
mod log;
mod outputs;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use cli_support::worded;

use cli::{Cli, Command};
use commands::{check, info, intensity, register, resample, split, strip, template, transform};

fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start();
    match dispatch(&cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", worded(&error));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Run(arguments) => return cohort::run(arguments),
        Command::Check(arguments) => return check::run(arguments),
        Command::Info { files } => return info::print(files),
        Command::Strip(arguments) => strip::run(arguments),
        Command::Register(arguments) => register::run(arguments),
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
