//! Side-by-side measurements, written down below docs/benchmarks.

mod cohorts;
mod earlier;
mod process;
mod programs;
mod record;
mod shards;
mod timing;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use lexopt::prelude::*;
use xshell::{Shell, cmd};

use crate::{libtorch, setup};

/// What `bench model` measures.
pub(super) struct Settings {
    pub(super) device: String,
    pub(super) width: f64,
    pub(super) side: usize,
    pub(super) batch: usize,
    pub(super) steps: usize,
    pub(super) rounds: usize,
    /// A Python with PyTorch; our own environment if not given.
    pub(super) python: Option<PathBuf>,
}

impl Settings {
    fn is_cpu(&self) -> bool {
        self.device == "cpu"
    }
}

/// Measures what is named.
pub(crate) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    match args.next()? {
        Some(Value(what)) if what == "model" => model(root, args),
        Some(Value(what)) if what == "cohorts" => cohorts::run(root, args),
        Some(Value(what)) if what == "earlier" => earlier::run(root, args),
        Some(Value(what)) if what == "shards" => shards::run(root, args),
        _ => bail!("say what: `cargo xtask bench` followed by `model`, `cohorts`, `earlier` or `shards`"),
    }
}

/// Compares a training step with PyTorch's and writes `docs/benchmarks/DATE-memae-model-DEVICE.md`.
fn model(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    let mut settings = Settings {
        device: "cpu".to_owned(),
        width: 1.0,
        side: 240,
        batch: 32,
        steps: 2,
        rounds: 3,
        python: None,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("device") => settings.device = args.value()?.string()?,
            Long("width") => settings.width = args.value()?.parse()?,
            Long("side") => settings.side = args.value()?.parse()?,
            Long("batch") => settings.batch = args.value()?.parse()?,
            Long("steps") => settings.steps = args.value()?.parse()?,
            Long("rounds") => settings.rounds = args.value()?.parse()?,
            Long("python") => settings.python = Some(args.value()?.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let sh = crate::shell_at(root)?;
    setup::ensure(&sh, root)?;
    let python = match &settings.python {
        Some(python) => python.clone(),
        None => own_python(&sh, root)?,
    };
    let record = record::model(&sh, &python, &settings)?;
    let date = cmd!(sh, "date +%F").quiet().read()?;
    let device = settings.device.split(':').next().unwrap_or("cpu");
    let folder = sh.create_dir(root.join("docs/benchmarks"))?;
    let path = folder.join(format!("{date}-memae-model-{device}.md"));
    sh.write_file(&path, &record)?;
    println!("{record}\nWritten to {}", path.display());
    Ok(())
}

/// The Python of `.venv`, which gets PyTorch if it has none.
fn own_python(sh: &Shell, root: &Path) -> Result<PathBuf> {
    let python = root.join(".venv/bin/python");
    if !python.exists() {
        cmd!(sh, "python3 -m venv .venv").run()?;
    }
    let version = format!("torch=={}", libtorch::VERSION);
    if cmd!(sh, "{python} -c 'import torch'").quiet().ignore_stderr().run().is_err() {
        cmd!(sh, "{python} -m pip install --disable-pip-version-check {version} numpy").run()?;
    }
    Ok(python)
}
