//! `memae report`: tables, figures and the HTML page; and Table 1 on the terminal.

mod figure;
mod page;

use std::fmt::Write as _;
use std::path::PathBuf;

use anomaly_eval::{Evaluation, Protocol, VoxelSet, curves_figure};
use anyhow::{Context, Result, ensure};

use crate::config::Config;
use crate::layout::Layout;
use crate::preprocess;
use crate::progress::say;
use crate::stage::Stage;
use crate::{evaluate, files, progress};

pub(crate) use figure::threshold;

/// Does the stage, or finds that it is done; and prints Table 1 either way.
pub(crate) fn run(config: &Config) -> Result<()> {
    let cohort = preprocess::finished(config)?;
    let layout = Layout::new(config);
    let folder = layout.report();
    let evaluated = evaluate::stage(config, &cohort)?;
    ensure!(
        evaluated.is_done(),
        "the models are not evaluated with these settings yet: run `memae evaluate`, or `memae run` for all stages"
    );
    let evaluation: Evaluation = files::read_json(&layout.metrics())?;
    let stage = Stage::new("report", &folder, &(evaluated.key(), &config.report, page::TEMPLATE))?;
    if stage.is_done() {
        say(format!("report: up to date in {}", folder.display()));
    } else {
        say("report: drawing");
        let outputs = write(config, &cohort, &evaluation)?;
        stage.finish(&outputs)?;
        say(format!("report: {}", folder.join("index.html").display()));
    }
    progress::result(&terminal(&evaluation, &folder))
}

/// Writes all files and returns them.
fn write(config: &Config, cohort: &preprocess::Cohort, evaluation: &Evaluation) -> Result<Vec<PathBuf>> {
    let layout = Layout::new(config);
    let figure1 = figure::figure1(config, cohort, evaluation)?.draw()?;
    let curves = VoxelSet::ALL.map(|voxels| curves_figure(evaluation, voxels));
    let page = page::render(config, evaluation, &figure1, &curves)?;
    let files = [
        ("table1.md", tables(evaluation, |table| table.to_markdown() + "\n").into_bytes()),
        ("table1.tex", tables(evaluation, |table| table.to_latex() + "\n").into_bytes()),
        ("table1.csv", evaluation.table1_tidy().to_csv()?.into_bytes()),
        ("figure1.png", figure1.to_png()?),
        ("figure1.svg", figure1.to_svg().into_bytes()),
        ("curves_all.png", curves[0].to_png()?),
        ("curves_all.svg", curves[0].to_svg().into_bytes()),
        ("curves_brain.png", curves[1].to_png()?),
        ("curves_brain.svg", curves[1].to_svg().into_bytes()),
        ("metrics.json", serde_json::to_vec_pretty(evaluation)?),
        ("index.html", page.into_bytes()),
    ];
    files
        .into_iter()
        .map(|(name, bytes)| {
            let path = layout.report().join(name);
            files::write(&path, &bytes).with_context(|| format!("report {name}"))?;
            Ok(path)
        })
        .collect()
}

/// Every protocol and voxel set, the headline first.
fn protocols(evaluation: &Evaluation) -> impl Iterator<Item = (Protocol, VoxelSet)> {
    let in_use = |protocol: &Protocol| {
        evaluation.methods.iter().any(|method| method.points.iter().any(|at| at.point.protocol == *protocol))
    };
    let protocols: Vec<_> = Protocol::ALL.into_iter().filter(in_use).collect();
    protocols.into_iter().flat_map(|protocol| VoxelSet::ALL.map(|voxels| (protocol, voxels)))
}

/// Table 1 under all protocols, then the measures without threshold, one below the other.
fn tables(evaluation: &Evaluation, format: impl Fn(&anomaly_eval::Table) -> String) -> String {
    let table1 = protocols(evaluation).map(|(protocol, voxels)| evaluation.table1(protocol, voxels));
    let ranking = VoxelSet::ALL.map(|voxels| evaluation.ranking_table(voxels));
    table1.chain(ranking).map(|table| format(&table)).collect()
}

/// What the terminal shows at the end.
fn terminal(evaluation: &Evaluation, folder: &std::path::Path) -> String {
    let mut text = String::from("\n");
    for table in
        [evaluation.table1(Protocol::Matched, VoxelSet::All), evaluation.ranking_table(VoxelSet::Brain)]
    {
        // A string takes whatever is written to it.
        let _ = writeln!(text, "{}", table.to_text());
    }
    let _ = writeln!(text, "Everything: {}", folder.join("index.html").display());
    text
}
