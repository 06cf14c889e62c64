//! The whole experiment.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::setup;

/// Sets up, builds the program in release mode and turns into it, so that an interrupt reaches it alone.
pub(crate) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    let mut config = None;
    let mut others = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Long("config") => config = Some(PathBuf::from(args.value()?)),
            Long(name) => {
                others.push(format!("--{name}").into());
                others.extend(args.optional_value());
            }
            Short(letter) => others.push(format!("-{letter}").into()),
            Value(value) => others.push(value),
        }
    }
    let config = config.unwrap_or_else(|| root.join("configs/quick.toml"));
    if !config.is_file() {
        bail!("there is no configuration {}", config.display());
    }

    setup::ensure(&crate::shell_at(root)?, root)?;
    let mut memae = Command::new("cargo");
    memae.args(["run", "--release", "--package", "memae-cli", "--bin", "memae", "--", "run", "--config"]);
    Err(memae.arg(config).args(others).exec()).context("cannot run cargo")
}
