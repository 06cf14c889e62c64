//! What is said about scans: `summary.json` of each, a table of all, and lines for people.

use std::path::{Path, PathBuf};

use anyhow::Result;
use memae_model::{ModelKind, TrainedModel};
use serde::{Deserialize, Serialize};

use super::findings::{Component, Findings};
use super::inputs::Scan;
use crate::files;
use crate::package::{About, Provenance};

const NOTICE: &str = "Research software: not a medical device, and no diagnosis.";
/// Components that are listed one by one; specks beyond them are only counted.
const LISTED: usize = 100;

/// `summary.json`. Written last, so that it stands for all of a scan's results.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    notice: String,
    pub(super) name: String,
    scan: PathBuf,
    brain_ml: f64,
    /// Above the threshold, in the brain.
    detected_ml: f64,
    detected_share: f64,
    threshold: f32,
    /// Share of the brain above T2 on the reference grid.
    subject_score: f64,
    /// Percentage of healthy validation subjects with a lower subject score.
    percentile: f64,
    healthy_subjects: usize,
    component_count: usize,
    /// The largest first.
    components: Vec<Component>,
    pub(super) warnings: Vec<String>,
    model: Model,
    /// Fingerprint of what this was made from.
    pub(super) key: String,
}

/// Which model it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Model {
    kind: ModelKind,
    package_sha256: String,
    epoch: usize,
    seed: u64,
    #[serde(flatten)]
    provenance: Provenance,
}

impl Model {
    pub(super) fn new(model: &TrainedModel, about: &About, sha256: String) -> Self {
        Self {
            kind: model.kind(),
            package_sha256: sha256,
            epoch: model.epoch(),
            seed: model.training().seed,
            provenance: about.provenance.clone(),
        }
    }

    /// Above the picture.
    pub(super) fn title(&self) -> String {
        let trained = if self.provenance.synthetic { ", trained on synthetic heads" } else { "" };
        format!("{}{trained}: for research, no diagnosis", self.kind)
    }
}

impl Summary {
    pub(super) fn new(
        scan: &Scan,
        findings: &Findings,
        threshold: f32,
        about: &About,
        model: Model,
        key: String,
    ) -> Self {
        let (brain_ml, detected_ml) = (findings.brain.millilitres(), findings.detection.millilitres());
        let mut components = findings.components();
        let component_count = components.len();
        components.truncate(LISTED);
        Self {
            notice: NOTICE.to_owned(),
            name: scan.name.clone(),
            scan: scan.path.clone(),
            brain_ml,
            detected_ml,
            detected_share: detected_ml / brain_ml,
            threshold,
            subject_score: findings.subject_score,
            percentile: about.calibration.percentile(findings.subject_score),
            healthy_subjects: about.calibration.healthy_scores.len(),
            component_count,
            components,
            warnings: findings.warnings.clone(),
            model,
            key,
        }
    }

    fn largest_ml(&self) -> f64 {
        self.components.first().map_or(0.0, |component| component.ml)
    }

    /// One line.
    pub(super) fn line(&self) -> String {
        format!(
            "{}: {:.1} of {:.0} ml of brain above {:.3}, largest component {:.1} ml; percentile {:.0} among {} healthy subjects",
            self.name,
            self.detected_ml,
            self.brain_ml,
            self.threshold,
            self.largest_ml(),
            self.percentile,
            self.healthy_subjects
        )
    }
}

/// What became of a scan: its summary, or why there is none.
pub(super) type Outcome = Result<Summary, String>;

/// Writes `summary.csv` and `summary.json` of several scans.
pub(super) fn write_all(folder: &Path, scans: &[Scan], outcomes: &[Outcome]) -> Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "name",
        "scan",
        "brain_ml",
        "detected_ml",
        "detected_share",
        "components",
        "largest_ml",
        "subject_score",
        "percentile",
        "warnings",
        "error",
    ])?;
    for (scan, outcome) in scans.iter().zip(outcomes) {
        let mut row = vec![scan.name.clone(), scan.path.display().to_string()];
        match outcome {
            Ok(found) => {
                row.extend([found.brain_ml, found.detected_ml, found.detected_share].map(|x| x.to_string()));
                row.push(found.component_count.to_string());
                row.extend(
                    [found.largest_ml(), found.subject_score, found.percentile].map(|x| x.to_string()),
                );
                row.extend([found.warnings.join("; "), String::new()]);
            }
            Err(error) => {
                row.extend(std::iter::repeat_n(String::new(), 8));
                row.push(error.clone());
            }
        }
        table.write_record(row)?;
    }
    files::write(&folder.join("summary.csv"), &table.into_inner()?)?;
    let done: Vec<&Summary> = outcomes.iter().flatten().collect();
    files::write_json(&folder.join("summary.json"), &done)
}

/// What the terminal shows at the end.
pub(super) fn for_people(outcomes: &[Outcome], synthetic: bool, folder: &Path) -> String {
    let mut text = String::new();
    for found in outcomes.iter().flatten() {
        text += &format!("{}\n", found.line());
        for warning in &found.warnings {
            text += &format!("{}: look at the result: {warning}\n", found.name);
        }
    }
    if synthetic {
        text += "The model has only ever seen synthetic heads: on a real scan its map means little.\n";
    }
    text + &format!("Results: {}, a picture of each scan in overview.png.\n{NOTICE}\n", folder.display())
}
