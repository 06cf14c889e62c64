//! What ran on what: written beside the results.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use cli_support::files;
use serde::{Deserialize, Serialize};

use crate::run::context::Run;
use crate::run::threads;

/// `environment.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) program: String,
    /// Commit of the checkout that the program was built in, where there was one.
    pub(crate) commit: Option<String>,
    pub(crate) command: String,
    pub(crate) system: String,
    pub(crate) threads: usize,
    pub(crate) cuda: bool,
}

/// Writes the resolved configuration and the environment into the run's folder, which is made.
pub(crate) fn write(Run { config, layout, .. }: &Run) -> Result<()> {
    files::write(&layout.config(), config.to_toml()?.as_bytes())?;
    let environment = Environment {
        program: format!("memae {}", env!("CARGO_PKG_VERSION")),
        commit: commit(),
        command: command_line(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        threads: threads::available(config),
        cuda: memae_model::cuda_available(),
    };
    files::write_json(&layout.environment(), &environment)
}

/// The command, with the program's name instead of its path.
fn command_line() -> String {
    std::iter::once("memae".to_owned()).chain(std::env::args().skip(1)).collect::<Vec<_>>().join(" ")
}

/// The commit of the sources, if git and the checkout are at hand.
fn commit() -> Option<String> {
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("git").arg("-C").arg(sources).args(["rev-parse", "HEAD"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success()).then(|| text.trim().to_owned())
}
