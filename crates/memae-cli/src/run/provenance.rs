//! Where results come from: the program, the machine, the seeds, the files that went in and those that came out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use cli_support::files::{self, Stamp};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::run::context::Run;
use crate::run::layout::Layout;
use crate::run::stage::BEGINNING;
use crate::run::threads;

/// Files and folders of a run that are no results: they tell of the work, or are this record itself.
const NO_RESULTS: [&str; 6] = [".lock", BEGINNING, "log.txt", Layout::PROVENANCE, "tasks", "cluster"];

/// `provenance.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Provenance {
    /// With what the last command worked here.
    #[serde(flatten)]
    pub(crate) environment: Environment,
    pub(crate) seeds: Seeds,
    /// The files that went in, as they were read.
    pub(crate) inputs: BTreeMap<PathBuf, String>,
    /// The files of the run's folder by their paths in it. What an unfinished command made is not among them.
    pub(crate) outputs: BTreeMap<PathBuf, Output>,
}

/// What ran on what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) program: String,
    /// Commit of the sources that the program was built from, where they were a checkout; `-dirty` if they were changed.
    pub(crate) commit: Option<String>,
    pub(crate) rustc: String,
    pub(crate) libtorch: String,
    pub(crate) command: String,
    pub(crate) system: String,
    /// Name of the processor, where the system tells it.
    pub(crate) processor: Option<String>,
    /// What it can do that decides how sums are rounded.
    pub(crate) instructions: Vec<String>,
    pub(crate) threads: usize,
    pub(crate) cuda: bool,
}

/// What chance began with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seeds {
    /// Of synthetic heads, or of the split of a cohort.
    data: u64,
    training: u64,
    bootstrap: u64,
}

/// A file that came out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) sha256: String,
    /// Unchanged files are not read again for the next record.
    #[serde(flatten)]
    stamp: Stamp,
}

/// Writes the resolved configuration into the run's folder, and who works there now; what was recorded of earlier commands
/// stays.
pub(crate) fn begin(Run { config, layout, .. }: &Run) -> Result<()> {
    files::write(&layout.config(), config.to_toml()?.as_bytes())?;
    let earlier: Option<Provenance> = files::read_json(&layout.provenance()).ok();
    let (inputs, outputs) = earlier.map_or_else(Default::default, |known| (known.inputs, known.outputs));
    let record = Provenance { environment: environment(config), seeds: seeds(config), inputs, outputs };
    files::write_json(&layout.provenance(), &record)
}

/// Records the files that went in (by their SHA-256) and all results that are there now.
pub(crate) fn finish(Run { layout, .. }: &Run, inputs: BTreeMap<PathBuf, String>) -> Result<()> {
    let mut record: Provenance = files::read_json(&layout.provenance())?;
    record.inputs = inputs;
    record.outputs = results(&layout.run)?
        .into_par_iter()
        .map(|path| {
            let stamp = files::stamp(&layout.run.join(&path))?;
            let known = record.outputs.get(&path).filter(|output| output.stamp == stamp);
            let sha256 = match known {
                Some(output) => output.sha256.clone(),
                None => files::sha256(&layout.run.join(&path))?,
            };
            Ok((path, Output { sha256, stamp }))
        })
        .collect::<Result<_>>()?;
    files::write_json(&layout.provenance(), &record)
}

/// The results in a run's folder, by their paths in it, sorted.
pub(crate) fn results(run: &Path) -> Result<Vec<PathBuf>> {
    let mut found = files::below(run)?;
    found.retain(|path| !NO_RESULTS.iter().any(|name| path.starts_with(name) || path.ends_with(name)));
    Ok(found)
}

fn environment(config: &Config) -> Environment {
    Environment {
        program: format!("memae {}", env!("CARGO_PKG_VERSION")),
        commit: option_env!("MEMAE_COMMIT").map(str::to_owned),
        rustc: env!("MEMAE_RUSTC").to_owned(),
        libtorch: env!("MEMAE_LIBTORCH").to_owned(),
        command: command_line(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processor: processor(),
        instructions: instructions(),
        threads: threads::available(config),
        cuda: memae_model::cuda_available(),
    }
}

fn seeds(config: &Config) -> Seeds {
    Seeds { data: config.data.seed(), training: config.train.seed, bootstrap: config.evaluate.bootstrap.seed }
}

/// The command, with the program's name instead of its path.
fn command_line() -> String {
    std::iter::once("memae".to_owned()).chain(std::env::args().skip(1)).collect::<Vec<_>>().join(" ")
}

fn processor() -> Option<String> {
    let text = fs_err::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<String> {
    let known = [
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("fma", std::is_x86_feature_detected!("fma")),
        ("avx512f", std::is_x86_feature_detected!("avx512f")),
        ("avx512bf16", std::is_x86_feature_detected!("avx512bf16")),
    ];
    known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> Vec<String> {
    Vec::new()
}
