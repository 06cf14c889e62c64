//! `memae report`: tables, figures and the HTML page; and Table 1 on the terminal.

mod figure;
mod page;
mod viewer;

use std::path::{Path, PathBuf};

use anomaly_eval::{Evaluation, Protocol, SubjectMetrics, VoxelSet};
use anyhow::{Context, Result, ensure};
use cli_support::progress::{Task, say};
use cli_support::{files, progress};
use memae_report::{Figure1, Table, calibration_figure, curves_figure, subjects_figure, tables};

use crate::data::roles::Use;
use crate::run::cohort::Prepared;
use crate::run::context::Run;
use crate::run::stage::{Kind, Stage};
use crate::stages::evaluate;
use crate::stages::preprocess;
use crate::stages::scoring::Scorers;
use figure::Drawing;
use viewer::Viewer;

pub(crate) use figure::axial;

/// Does the stage, or finds that it is done; and prints Table 1 either way.
pub(crate) fn run(scorers: &Scorers<'_>) -> Result<()> {
    let Run { layout, .. } = scorers.run;
    let evaluated = evaluate::stage(scorers.run)?;
    ensure!(
        evaluated.is_done(),
        "the models are not evaluated with these settings yet: run `memae evaluate`, or `memae run` for all stages"
    );
    let evaluation: Evaluation = files::read_json(&layout.metrics())?;
    let stage = stage(scorers.run, &evaluated)?;
    if stage.is_done() {
        say(format!("report: up to date in {}", stage.folder().display()));
    } else {
        say("report: drawing");
        let outputs = write(scorers, &evaluation)?;
        stage.finish(&outputs)?;
        say(format!("report: {}", layout.page().display()));
    }
    progress::result(&terminal(&evaluation, &layout.page()))
}

/// Whether the report is there and up to date.
pub(crate) fn is_done(run: &Run) -> Result<bool> {
    // What cannot be told from earlier stages is not done.
    if preprocess::finished(run).is_err() {
        return Ok(false);
    }
    let evaluated = evaluate::stage(run)?;
    Ok(evaluated.is_done() && stage(run, &evaluated)?.is_done())
}

fn stage(Run { config, layout, .. }: &Run, evaluated: &Stage) -> Result<Stage> {
    Stage::new(Kind::Report, layout.report(), &(evaluated.key(), &config.report, page::PARTS))
}

/// Writes all files and returns them.
fn write(scorers: &Scorers<'_>, evaluation: &Evaluation) -> Result<Vec<PathBuf>> {
    let Run { layout, .. } = scorers.run;
    let subjects = evaluate::subjects(scorers)?;
    let (figure1, viewer) = pictures(scorers, evaluation, &subjects)?;
    let figure1 = figure1.map(|figure| figure.draw()).transpose()?;
    let curves = VoxelSet::ALL.map(|voxels| curves_figure(evaluation, voxels));
    let subjects = VoxelSet::ALL.map(|voxels| subjects_figure(evaluation, &subjects, voxels));
    let calibration = calibration_figure(evaluation);
    let page = page::render(
        scorers.run,
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
    ];
    let figure1 = figure1.iter().map(|figure| ("figure1", figure));
    for (name, figure) in figure1.chain(figures) {
        files.push((format!("{name}.png"), figure.to_png()?));
        files.push((format!("{name}.svg"), figure.to_svg().into_bytes()));
    }
    let files = files.into_iter().map(|(name, bytes)| (layout.report().join(name), bytes));
    files
        .chain([(layout.page(), page.into_bytes())])
        .map(|(path, bytes)| {
            files::write(&path, &bytes)?;
            Ok(path)
        })
        .collect()
}

/// Figure 1 and the viewer, where there are subjects to show: each of them is scored once by each method.
fn pictures<'a>(
    scorers: &Scorers<'a>,
    evaluation: &Evaluation,
    metrics: &[SubjectMetrics],
) -> Result<(Option<Figure1>, Option<Viewer<'a>>)> {
    let run = scorers.run;
    let test = preprocess::finished(run)?.prepared(Use::Test);
    let mut figure = Drawing::choose(run, test, metrics)?;
    let mut viewer = Viewer::choose(&run.config, test, metrics)?;
    let mut shown: Vec<&Prepared> = viewer.iter().flat_map(Viewer::subjects).collect();
    for subject in figure.subjects() {
        if shown.iter().all(|known| known.name != subject.name) {
            shown.push(subject);
        }
    }
    let task = Task::new("report", scorers.methods().count() * shown.len());
    for method in scorers.methods().take_while(|_| !shown.is_empty()) {
        let scorer = scorers.of(method)?;
        let not_there = || format!("{} has not been evaluated", method.id());
        let found = evaluation.method(method.id()).with_context(not_there)?;
        let threshold = found.threshold(Protocol::Matched, VoxelSet::All, 1).with_context(not_there)?;
        if let Some(viewer) = &mut viewer {
            viewer.add_method(method, found)?;
        }
        for subject in &shown {
            let scored = scorer.score(subject)?;
            figure.add(method, subject, &scored, threshold);
            if let Some(viewer) = &mut viewer {
                viewer.add(method, metrics, subject, &scored)?;
            }
            task.step(&subject.name);
        }
    }
    Ok((figure.done(evaluation), viewer))
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
fn terminal(evaluation: &Evaluation, page: &Path) -> String {
    let table1 = without_pooled(tables::table1(evaluation, Protocol::Matched, VoxelSet::All));
    let ranking = without_pooled(tables::ranking(evaluation, VoxelSet::Brain));
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
