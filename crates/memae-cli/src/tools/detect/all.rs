//! What is said about all scans of a command: two files, and the lines at the end.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Result;
use cli_support::files;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::inputs::Scan;
use super::outputs::{SUMMARY, SUMMARY_TABLE};
use super::summary::{NOTICE, Summary};

/// What became of a scan: what each model found, or why there is nothing.
pub(super) type Outcome = Result<Vec<Told>, String>;

/// What is kept in memory of a scan and a model until all scans are done. The rest stays in the scan's own `summary.json`.
pub(super) struct Told {
    row: Row,
    /// For people.
    line: String,
    /// The summary.
    file: PathBuf,
}

/// A row of `summary.csv`: a scan by one model, or why there is none.
#[derive(Clone, Default, Serialize)]
struct Row {
    name: String,
    scan: String,
    model: String,
    brain_ml: Option<f64>,
    detected_ml: Option<f64>,
    detected_share: Option<f64>,
    components: Option<usize>,
    largest_ml: Option<f64>,
    largest_place: String,
    subject_score: Option<f64>,
    percentile: Option<f64>,
    #[serde(serialize_with = "joined")]
    warnings: Vec<String>,
    error: String,
}

impl Row {
    /// Of a scan in which nothing could be looked for.
    fn without(scan: &Scan, error: &str) -> Self {
        let (name, scan) = (scan.name.clone(), scan.path.display().to_string());
        Self { name, scan, error: error.to_owned(), ..Self::default() }
    }
}

impl Told {
    /// Of a summary that lies in this folder.
    pub(super) fn of(found: Summary, folder: &Path) -> Self {
        let line = found.line();
        let largest = found.components.into_iter().next().map(|largest| (largest.ml, largest.place.words));
        let (largest_ml, largest_place) = largest.unwrap_or_default();
        let row = Row {
            name: found.name,
            scan: found.scan.display().to_string(),
            model: found.model.name,
            brain_ml: Some(found.brain_ml),
            detected_ml: Some(found.detected_ml),
            detected_share: Some(found.detected_share),
            components: Some(found.component_count),
            largest_ml: Some(largest_ml),
            largest_place,
            subject_score: Some(found.subject_score),
            percentile: found.percentile,
            warnings: found.warnings,
            error: String::new(),
        };
        Self { row, line, file: folder.join(SUMMARY) }
    }
}

fn joined<S: Serializer>(warnings: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&warnings.join("; "))
}

/// Writes `summary.csv` and `summary.json` of several scans.
pub(super) fn write(folder: &Path, scans: &[Scan], outcomes: &[Outcome]) -> Result<()> {
    let rows = scans.iter().zip(outcomes).flat_map(|(scan, outcome)| match outcome {
        Ok(found) => found.iter().map(|told| Cow::Borrowed(&told.row)).collect(),
        Err(error) => vec![Cow::Owned(Row::without(scan, error))],
    });
    files::write_csv(&folder.join(SUMMARY_TABLE), rows)?;
    files::write_by(&folder.join(SUMMARY), |file| {
        let mut json = serde_json::Serializer::pretty(&mut *file);
        let mut all = json.serialize_seq(None)?;
        // One after the other from the disk: thousands of them need not lie in memory together.
        for told in outcomes.iter().flatten().flatten() {
            let summary: Summary = files::read_json(&told.file).map_err(std::io::Error::other)?;
            all.serialize_element(&summary)?;
        }
        all.end()?;
        file.write_all(b"\n")
    })
}

/// What the terminal shows at the end.
pub(super) fn for_people(scans: &[Scan], outcomes: &[Outcome], cautions: &[String], folder: &Path) -> String {
    let mut text = String::new();
    for (scan, outcome) in scans.iter().zip(outcomes) {
        let found = outcome.as_deref().unwrap_or_default();
        for told in found {
            let model = if found.len() > 1 { format!("{}: ", told.row.model) } else { String::new() };
            text += &format!("{model}{}\n", told.line);
            for warning in &told.row.warnings {
                text += &format!("{model}{}: look at the result: {warning}\n", scan.name);
            }
        }
    }
    text += &cautions.iter().map(|caution| format!("{caution}\n")).collect::<String>();
    text + &format!(
        "Results: {}, a picture of each scan in overview.png, to look around in view.html.\n{NOTICE}\n",
        folder.display()
    )
}
