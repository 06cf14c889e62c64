//! What is said about all scans of a command: two files, and the lines at the end.

use std::path::Path;

use anyhow::Result;
use cli_support::files;
use serde::Serialize;

use super::inputs::Scan;
use super::outputs::{SUMMARY, SUMMARY_TABLE};
use super::summary::{NOTICE, Summary};

/// What became of a scan: a summary for each model, or why there is none.
pub(super) type Outcome = Result<Vec<Summary>, String>;

/// A row of `summary.csv`: a scan by one model, or why there is none.
#[derive(Default, Serialize)]
struct Row<'a> {
    name: &'a str,
    scan: String,
    model: &'a str,
    brain_ml: Option<f64>,
    detected_ml: Option<f64>,
    detected_share: Option<f64>,
    components: Option<usize>,
    largest_ml: Option<f64>,
    largest_place: &'a str,
    subject_score: Option<f64>,
    percentile: Option<f64>,
    warnings: String,
    error: &'a str,
}

impl<'a> Row<'a> {
    fn all(scan: &'a Scan, outcome: &'a Outcome) -> Vec<Self> {
        let named = || Self { name: &scan.name, scan: scan.path.display().to_string(), ..Self::default() };
        let of_model = |found: &'a Summary| {
            let largest = found.components.first();
            Self {
                model: &found.model.name,
                brain_ml: Some(found.brain_ml),
                detected_ml: Some(found.detected_ml),
                detected_share: Some(found.detected_share),
                components: Some(found.component_count),
                largest_ml: Some(largest.map_or(0.0, |largest| largest.ml)),
                largest_place: largest.map_or("", |largest| &largest.place.words),
                subject_score: Some(found.subject_score),
                percentile: found.percentile,
                warnings: found.warnings.join("; "),
                ..named()
            }
        };
        match outcome {
            Ok(summaries) => summaries.iter().map(of_model).collect(),
            Err(error) => vec![Self { error, ..named() }],
        }
    }
}

/// Writes `summary.csv` and `summary.json` of several scans.
pub(super) fn write(folder: &Path, scans: &[Scan], outcomes: &[Outcome]) -> Result<()> {
    let rows = scans.iter().zip(outcomes).flat_map(|(scan, outcome)| Row::all(scan, outcome));
    files::write_csv(&folder.join(SUMMARY_TABLE), rows)?;
    let done: Vec<&Summary> = outcomes.iter().flatten().flatten().collect();
    files::write_json(&folder.join(SUMMARY), &done)
}

/// What the terminal shows at the end.
pub(super) fn for_people(outcomes: &[Outcome], cautions: &[String], folder: &Path) -> String {
    let mut text = String::new();
    for summaries in outcomes.iter().flatten() {
        for found in summaries {
            let model = if summaries.len() > 1 { format!("{}: ", found.model.name) } else { String::new() };
            text += &format!("{model}{}\n", found.line());
            for warning in &found.warnings {
                text += &format!("{model}{}: look at the result: {warning}\n", found.name);
            }
        }
    }
    text += &cautions.iter().map(|caution| format!("{caution}\n")).collect::<String>();
    text + &format!(
        "Results: {}, a picture of each scan in overview.png, to look around in view.html.\n{NOTICE}\n",
        folder.display()
    )
}
