//! `mri-prep`: brain MR preprocessing from the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    mri_prep::run(std::env::args_os()).into()
}
