//! `memae report`: tables, figures and the HTML page; and Table 1 on the terminal.

mod figure;
mod page;
mod viewer;

use std::path::{Path, PathBuf};

use anomaly_eval::{Evaluation, Protocol, VoxelSet};
use anyhow::{Context, Result, ensure};
use cli_support::progress::say;
use cli_support::{files, progress};
use memae_report::{Table, calibration_figure, curves_figure, subjects_figure, tables};

use crate::config::Config;
use crate::run::layout::Layout;
use crate::run::stage::{Kind, Stage};
use crate::stages::evaluate;
use crate::stages::preprocess;

pub(crate) use figure::axial;

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
    let stage = Stage::new(Kind::Report, &folder, &(evaluated.key(), &config.report, page::PARTS))?;
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
    let figure1 = figure::figure1(config, cohort, evaluation)?.map(|figure| figure.draw()).transpose()?;
    let curves = VoxelSet::ALL.map(|voxels| curves_figure(evaluation, voxels));
    let subjects = evaluate::subjects(config)?;
    let subjects = VoxelSet::ALL.map(|voxels| subjects_figure(evaluation, &subjects, voxels));
    let calibration = calibration_figure(evaluation);
    let viewer = viewer::make(config, cohort, evaluation)?;
    let page = page::render(
        config,
        evaluation,
        &page::Figures {
            figure1: figure1.as_ref(),
            curves: &curves,
            subjects: &subjects,
            calibration: &calibration,
        },
        viewer,
    )?;
    let figures = [
        ("curves_all", &curves[0]),
        ("curves_brain", &curves[1]),
        ("subjects_all", &subjects[0]),
        ("subjects_brain", &subjects[1]),
        ("calibration", &calibration),
    ];
    let mut files = vec![
        ("table1.md".to_owned(), all_tables(evaluation, |table| table.to_markdown() + "\n").into_bytes()),
        ("table1.tex".to_owned(), all_tables(evaluation, |table| table.to_latex() + "\n").into_bytes()),
        ("table1.csv".to_owned(), tables::table1_tidy(evaluation).to_csv()?.into_bytes()),
        ("metrics.json".to_owned(), serde_json::to_vec_pretty(evaluation)?),
        ("index.html".to_owned(), page.into_bytes()),
    ];
    let figure1 = figure1.iter().map(|figure| ("figure1", figure));
    for (name, figure) in figure1.chain(figures) {
        files.push((format!("{name}.png"), figure.to_png()?));
        files.push((format!("{name}.svg"), figure.to_svg().into_bytes()));
    }
    files
        .into_iter()
        .map(|(name, bytes)| {
            let path = layout.report().join(&name);
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

/// The headline, Table 1 under all protocols, then the measures without threshold and those at fixed false-positive rates, of lesions and
/// of subjects, one below the other.
fn all_tables(evaluation: &Evaluation, format: impl Fn(&Table) -> String) -> String {
    let headline = std::iter::once(tables::headline(evaluation));
    let table1 = protocols(evaluation).map(|(protocol, voxels)| tables::table1(evaluation, protocol, voxels));
    let ranking = VoxelSet::ALL.map(|voxels| tables::ranking(evaluation, voxels));
    let rates = VoxelSet::ALL.map(|voxels| tables::fixed_rates(evaluation, voxels));
    let lesions = page::lesion_tables(evaluation);
    let subjects = [tables::subject_detection(evaluation), tables::copying(evaluation)];
    let sensitivity = page::sensitivity_tables(evaluation);
    let all =
        headline.chain(table1).chain(ranking).chain(rates).chain(lesions).chain(subjects).chain(sensitivity);
    all.map(|table| format(&table)).collect()
}

/// What the terminal shows at the end.
fn terminal(evaluation: &Evaluation, folder: &Path) -> String {
    let table1 = without_pooled(tables::table1(evaluation, Protocol::Matched, VoxelSet::All));
    let ranking = without_pooled(tables::ranking(evaluation, VoxelSet::Brain));
    let page = folder.join("index.html");
    let finding = tables::finding(evaluation);
    format!("\n{}\n{}\n{finding}\nEverything: {}\n", table1.to_text(), ranking.to_text(), page.display())
}

/// The table without its pooled columns, which would not fit a terminal's width.
fn without_pooled(mut table: Table) -> Table {
    let kept: Vec<bool> = table.columns.iter().map(|column| !column.ends_with("pooled")).collect();
    let keep = |cells: &mut Vec<String>| {
        let mut kept = kept.iter();
        cells.retain(|_| *kept.next().unwrap_or(&true));
    };
    keep(&mut table.columns);
    table.groups.iter_mut().flatten().for_each(keep);
    table.best.clear();
    for note in &mut table.notes {
        note.truncate(note.find("; pooled").unwrap_or(note.len()));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooled_columns_leave_with_their_cells() {
        let cells = |row: [&str; 3]| row.map(str::to_owned).to_vec();
        let table = without_pooled(Table {
            caption: String::new(),
            columns: cells(["Method", "TPR pooled", "TNR"]),
            groups: vec![vec![cells(["AE", "0.1", "0.2"])]],
            notes: vec!["Mean; pooled: all voxels.".to_owned()],
            best: vec![[0, 0, 1]],
        });
        assert_eq!(table.columns, ["Method", "TNR"]);
        assert_eq!(table.groups[0][0], ["AE", "0.2"]);
        assert_eq!(table.notes, ["Mean"]);
        assert!(table.best.is_empty());
    }
}
