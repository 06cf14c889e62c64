//! `memae seeds`: runs that differ in the training seed, as mean and spread.

use std::path::PathBuf;

use anomaly_eval::{Evaluation, seed_spread};
use anyhow::{Result, ensure};
use clap::Args;
use cli_support::{files, progress};
use memae_report::tables;

use crate::config::Config;
use crate::run::layout::Layout;

/// Arguments of `memae seeds`.
#[derive(Debug, Args)]
pub(crate) struct Seeds {
    /// Folders of the runs, at least two.
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder for seeds.md, seeds.csv and seeds.tex.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Compares the runs.
pub(crate) fn run(arguments: &Seeds) -> Result<()> {
    let mut runs: Vec<Evaluation> = Vec::new();
    let mut configs: Vec<Config> = Vec::new();
    for folder in &arguments.runs {
        let layout = Layout::new(folder);
        ensure!(
            layout.metrics().is_file(),
            "{} is not the folder of an evaluated run: `memae run` makes one in runs/<name>",
            folder.display()
        );
        runs.push(files::read_json(&layout.metrics())?);
        configs.push(Config::load(Some(&layout.config()))?);
    }
    for (at, config) in configs.iter().enumerate() {
        let folder = arguments.runs[at].display();
        for earlier in &configs[..at] {
            ensure!(earlier.train.seed != config.train.seed, "{folder} has the training seed of another run");
            let mut same = Config { run: earlier.run.clone(), ..config.clone() };
            same.train.seed = earlier.train.seed;
            ensure!(same == *earlier, "{folder} has other settings than {}", arguments.runs[0].display());
        }
    }
    let table = tables::seeds(&runs, &seed_spread(&runs)?);
    if let Some(out) = &arguments.out {
        for (name, text) in [
            ("seeds.md", table.to_markdown()),
            ("seeds.csv", table.to_csv()?),
            ("seeds.tex", table.to_latex()),
        ] {
            files::write(&out.join(name), text.as_bytes())?;
        }
    }
    progress::result(&format!("\n{}\n", table.to_text()))
}
