//! The table and the figure of a study of the memory.

use std::path::Path;

use anomaly_eval::{Evaluation, VoxelSet};
use anyhow::{Context, Result};
use cli_support::files;
use memae_model::{Assessment, ModelKind, Query};
use memae_report::{DotPanel, Table, dots_figure};

use super::arguments::StudyMemory;
use super::cells::Cell;
use super::names::{addressing_name, query_name};
use crate::config::Config;
use crate::run::layout::Layout;
use crate::stages::decisions;

/// What one run found.
#[derive(Clone, Copy)]
struct Found {
    /// Share of the contrast of pasted blobs that is copied.
    copied: Option<f64>,
    /// Share of the mean slice's validation loss that the model saves.
    explained: f64,
    auroc: Option<f64>,
    auprc: Option<f64>,
}

impl Found {
    /// What speaks for a model without a look at lesions.
    fn selectivity(&self) -> Option<f64> {
        Some(self.explained - self.copied?)
    }
}

/// All runs that are done.
pub(super) struct Summary {
    cohort: String,
    synthetic: bool,
    models: Vec<ModelKind>,
    cells: Vec<Cell>,
    found: Vec<(ModelKind, Cell, Found)>,
}

/// A column: its title, and the value of a run.
type Column = (&'static str, fn(&Found) -> Option<f64>);

const COLUMNS: [Column; 5] = [
    ("Copied", |found| found.copied),
    ("Explained", |found| Some(found.explained)),
    ("Selectivity", Found::selectivity),
    ("AUROC", |found| found.auroc),
    ("AUPRC", |found| found.auprc),
];

impl Summary {
    pub(super) fn new(config: &Config, arguments: &StudyMemory, cells: &[Cell]) -> Self {
        Self {
            cohort: decisions::cohort_name(config),
            synthetic: config.data.is_synthetic(),
            models: arguments.models.clone(),
            cells: cells.to_vec(),
            found: Vec::new(),
        }
    }

    /// Takes in a finished run.
    pub(super) fn add(&mut self, cell: Cell, run: &Layout, models: &[ModelKind]) -> Result<()> {
        let evaluation: Evaluation = files::read_json(&run.metrics())?;
        for &model in models {
            let assessment = Assessment::read(run.model(model))?
                .with_context(|| format!("{} has no assessment", run.model(model).display()))?;
            let method = evaluation.method(model.id());
            let ranking =
                method.and_then(|method| method.ranking.iter().find(|set| set.voxels == VoxelSet::All));
            let found = Found {
                copied: assessment.copied,
                explained: 1.0 - assessment.validation / assessment.mean_slice,
                auroc: ranking.and_then(|ranking| ranking.auroc.mean),
                auprc: ranking.and_then(|ranking| ranking.auprc.mean),
            };
            self.found.push((model, cell, found));
        }
        Ok(())
    }

    /// Writes `memory.md`, `.csv`, `.svg` and `.png`.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let table = self.table();
        files::write(&folder.join("memory.md"), table.to_markdown().as_bytes())?;
        files::write(&folder.join("memory.csv"), table.to_csv()?.as_bytes())?;
        let panel = |(title, value): &Column| DotPanel {
            title: (*title).to_owned(),
            values: self.rows().map(|(model, cell)| self.values(model, cell, *value)).collect(),
        };
        let panels: Vec<DotPanel> = COLUMNS[..4].iter().map(panel).collect();
        let rows: Vec<String> = self
            .rows()
            .map(|(model, cell)| {
                let addressing = addressing_name(cell.addressing);
                format!("{}, {}, {} items, {addressing}", model.label(), query_name(cell.query), cell.items)
            })
            .collect();
        let figure = dots_figure(&self.caption(), &rows, &panels);
        files::write(&folder.join("memory.svg"), figure.to_svg().as_bytes())?;
        files::write(&folder.join("memory.png"), &figure.to_png()?)
    }

    fn rows(&self) -> impl Iterator<Item = (ModelKind, Cell)> {
        self.models.iter().flat_map(|&model| self.cells.iter().map(move |&cell| (model, cell)))
    }

    /// One value of all runs of a setting.
    fn values(&self, model: ModelKind, cell: Cell, value: fn(&Found) -> Option<f64>) -> Vec<f64> {
        let same = self.found.iter().filter(|(m, c, _)| (*m, *c) == (model, cell));
        same.filter_map(|(.., found)| value(found)).collect()
    }

    fn caption(&self) -> String {
        let synthetic = if self.synthetic { " Synthetic data, not patients." } else { "" };
        format!("Settings of the memory. {}.{synthetic}", self.cohort)
    }

    /// Mean and range over seeds of each model and setting.
    pub(super) fn table(&self) -> Table {
        let row = |model: ModelKind, cell: Cell| {
            let names = [
                model.label().to_owned(),
                query_name(cell.query),
                cell.items.to_string(),
                addressing_name(cell.addressing).to_owned(),
                self.values(model, cell, |found| Some(found.explained)).len().to_string(),
            ];
            let values = COLUMNS.map(|(_, value)| cell_text(&self.values(model, cell, value)));
            names.into_iter().chain(values).collect::<Vec<String>>()
        };
        let group = |model: &ModelKind| self.cells.iter().map(|cell| row(*model, *cell)).collect();
        let columns = ["Model", "Query", "Items", "Addressing", "Seeds"].into_iter();
        let mut notes = vec![
            "Mean over training seeds [lowest, highest]. Copied: share of the contrast of bright blobs pasted into healthy \
             validation scans that the reconstruction repeats. Explained: share of the mean slice's validation loss that the \
             model saves. Selectivity: explained less copied, the measure by which a setting is chosen. AUROC and AUPRC: mean over \
             test subjects, all voxels; they are reported and choose nothing."
                .to_owned(),
        ];
        notes.extend(self.models.iter().filter_map(|model| self.best(*model)));
        Table {
            caption: self.caption(),
            columns: columns.chain(COLUMNS.map(|(title, _)| title)).map(str::to_owned).collect(),
            groups: self.models.iter().map(group).collect(),
            best: Vec::new(),
            notes,
        }
    }

    /// The setting with the greatest selectivity, as a sentence; none where no setting draws more of healthy brains than of blobs.
    fn best(&self, model: ModelKind) -> Option<String> {
        let mean = |cell: &Cell| {
            let values = self.values(model, *cell, Found::selectivity);
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        let cells = self.cells.iter().filter_map(|cell| Some((cell, mean(cell).filter(|mean| *mean > 0.0)?)));
        let (cell, value) = cells.max_by(|a, b| a.1.total_cmp(&b.1))?;
        let query = match cell.query {
            Query::Flat => "one query for each slice".to_owned(),
            query => format!("query {}", query_name(query)),
        };
        Some(format!(
            "Most selective {}: {query}, {} items, addressing {} ({value:.3}).",
            model.label(),
            cell.items,
            addressing_name(cell.addressing)
        ))
    }
}

/// Mean and, of several values, their range.
fn cell_text(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match values.len() {
        0 => "–".to_owned(),
        1 => format!("{mean:.3}"),
        _ => format!("{mean:.3} [{low:.3}, {high:.3}]"),
    }
}

#[cfg(test)]
mod tests {
    use memae_model::MemoryPreset;

    use super::*;

    #[test]
    fn the_table_has_means_over_seeds_and_names_the_most_selective_setting() {
        let cell = |query| Cell { query, items: 10, addressing: MemoryPreset::Paper };
        let (flat, position) = (cell(Query::Flat), cell(Query::Position));
        let found = |copied, explained, auroc| Found {
            copied: Some(copied),
            explained,
            auroc: Some(auroc),
            auprc: None,
        };
        let summary = Summary {
            cohort: "test".to_owned(),
            synthetic: true,
            models: vec![ModelKind::MemAe],
            cells: vec![flat, position],
            found: vec![
                (ModelKind::MemAe, flat, found(0.1, 0.3, 0.7)),
                (ModelKind::MemAe, flat, found(0.3, 0.5, 0.8)),
                (ModelKind::MemAe, position, found(0.9, 0.8, 0.9)),
            ],
        };
        let table = summary.table();
        let row = ["MemAE", "flat", "10", "paper", "2", "0.200 [0.100, 0.300]", "0.400 [0.300, 0.500]"];
        assert_eq!(table.groups[0][0][..7], row);
        assert_eq!(table.groups[0][0][9], "–");
        assert!(table.caption.contains("Synthetic"));
        assert!(table.notes[1].contains("one query for each slice"), "{:?}", table.notes);
        let folder = tempfile::tempdir().unwrap();
        summary.write(folder.path()).unwrap();
        let svg = fs_err::read_to_string(folder.path().join("memory.svg")).unwrap();
        assert!(svg.contains("MemAE, position, 10 items, paper") && svg.contains("Selectivity"));
    }
}
