//! Misspelt words, found by the program `typos`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::provision::python_with_pip;

/// The version that is installed where no `typos` is: another one knows other words.
const VERSION: &str = "1.52.0";

/// Runs `typos` over everything that git tracks; `_typos.toml` has what it leaves alone.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let typos = program(sh)?;
    Ok(cmd!(sh, "{typos} --format brief").quiet().run()?)
}

/// The program of that version: pip puts it below `target` once.
fn program(sh: &Shell) -> Result<PathBuf> {
    let folder = sh.current_dir().join("target/typos").join(VERSION);
    let program = folder.join("packages/bin/typos");
    if !program.exists() {
        let python = python_with_pip(sh, &folder)?;
        let (packages, typos) = (folder.join("packages"), format!("typos=={VERSION}"));
        cmd!(sh, "{python} -m pip install --disable-pip-version-check --no-user --quiet --target {packages} {typos}")
            .quiet()
            .run()
            .context("pip could not install typos: is there a network?")?;
    }
    Ok(program)
}
