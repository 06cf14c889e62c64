//! The program `mri-prep` as a library, so that other programs can hold it.
//!
//! For preprocessing from Rust there is the crate `mri-io`, which this one wraps for the command line.

mod cli;
mod cohort;
mod commands;
mod exit;
mod files;
mod loader;
mod log;
mod outputs;
mod stripping;

use std::ffi::OsString;

use anyhow::Result;
use clap::Parser;
use cli_support::worded;

use cli::{Cli, Command};
use commands::{check, info, intensity, register, resample, split, strip, template, transform};

/// Runs the program with these arguments, the first of which is its name, and returns its exit code: 0 if all went well, 1 for a
/// failure, 2 for wrong usage, 130 after an interrupt.
///
/// It prints to standard output and standard error, and once per process it may listen for Ctrl-C and install a subscriber of
/// `tracing`: it is meant to be all that its process does.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version are answers of this kind, too. Where nobody reads them, there is nobody to tell.
            let _ = answer.print();
            return u8::try_from(answer.exit_code()).unwrap_or(exit::FAILURE);
        }
    };
    log::start();
    dispatch(&cli.command).unwrap_or_else(|error| {
        eprintln!("error: {}", worded(&error));
        exit::FAILURE
    })
}

fn dispatch(command: &Command) -> Result<u8> {
    match command {
        Command::Run(arguments) => return cohort::run(arguments),
        Command::Bids(arguments) => return cohort::run_app(arguments),
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
    Ok(exit::SUCCESS)
}
