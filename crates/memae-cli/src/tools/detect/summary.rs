//! What is said about scans: `summary.json` of each, a table of all, and lines for people.

use std::path::{Path, PathBuf};

use anyhow::Result;
use cli_support::files;
use memae_model::ModelKind;
use serde::{Deserialize, Serialize};

use super::component::Component;
use super::findings::Findings;
use super::inputs::Scan;
use crate::stages::package::{About, Calibration, Package, Provenance, Source};

const NOTICE: &str = "Research software: not a medical device, and no diagnosis.";
/// Components that are listed one by one; specks beyond them are only counted.
const LISTED: usize = 100;
/// Healthy subjects from which a percentile among them is told.
const HEALTHY_GROUP: usize = 20;

/// `summary.json`. Written last, so that it stands for all of a scan's results with one model.
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
    percentile: Option<f64>,
    /// Why there is no percentile, where there is none.
    percentile_not_given: Option<String>,
    healthy_subjects: usize,
    component_count: usize,
    /// The largest first.
    components: Vec<Component>,
    /// All reasons to look at the result.
    pub(super) warnings: Vec<String>,
    model: Model,
    /// Fingerprint of what this was made from.
    pub(super) key: String,
}

/// Which model it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Model {
    /// Name of its folder, where there are several.
    pub(super) name: String,
    kind: ModelKind,
    pub(super) package_sha256: String,
    /// What its card says of its limits, where it has one.
    pub(super) limits: Option<String>,
    epoch: usize,
    seed: u64,
    #[serde(flatten)]
    pub(super) provenance: Provenance,
}

impl Model {
    pub(super) fn new(name: String, source: &Source, package: &Package) -> Self {
        Self {
            name,
            kind: package.model.kind(),
            package_sha256: package.sha256.clone(),
            limits: source.limits(),
            epoch: package.model.epoch(),
            seed: package.model.training().seed,
            provenance: package.about.provenance.clone(),
        }
    }

    /// Above the picture.
    pub(super) fn title(&self) -> String {
        let trained = if self.provenance.synthetic { ", trained on synthetic heads" } else { "" };
        format!("{}{trained}: for research, no diagnosis", self.kind)
    }

    /// What it is, for people.
    pub(super) fn line(&self) -> String {
        format!(
            "{}, trained {} on {} healthy {}",
            self.kind,
            self.provenance.trained,
            self.provenance.training_subjects,
            if self.provenance.synthetic { "synthetic heads" } else { "subjects" }
        )
    }

    /// What is to be kept in mind of every result.
    pub(super) fn caution(&self) -> Option<String> {
        let synthetic = || {
            self.provenance.synthetic.then(|| {
                "The model has only ever seen synthetic heads: on a real scan its map means little."
                    .to_owned()
            })
        };
        self.limits.clone().or_else(synthetic)
    }
}

impl Summary {
    pub(super) fn new(
        scan: &Scan,
        findings: &Findings<'_>,
        mut components: Vec<Component>,
        warnings: Vec<String>,
        about: &About,
        threshold: f32,
        model: Model,
        key: String,
    ) -> Self {
        let (brain_ml, detected_ml) =
            (findings.prepared.native_mask.millilitres(), findings.detection.millilitres());
        let component_count = components.len();
        components.truncate(LISTED);
        let synthetic = about.provenance.synthetic;
        let percentile = percentile(&about.calibration, synthetic, findings.subject_score, &warnings);
        Self {
            notice: NOTICE.to_owned(),
            name: scan.name.clone(),
            scan: scan.path.clone(),
            brain_ml,
            detected_ml,
            detected_share: detected_ml / brain_ml,
            threshold,
            subject_score: findings.subject_score,
            percentile: percentile.as_ref().ok().copied(),
            percentile_not_given: percentile.err(),
            healthy_subjects: about.calibration.healthy_scores.len(),
            component_count,
            components,
            warnings,
            model,
            key,
        }
    }

    fn largest_ml(&self) -> f64 {
        self.components.first().map_or(0.0, |component| component.ml)
    }

    /// One line.
    pub(super) fn line(&self) -> String {
        let largest = self.components.first().map_or_else(String::new, |largest| {
            format!(
                " in {} parts, the largest {:.1} ml: {}",
                self.component_count, largest.ml, largest.place.words
            )
        });
        let percentile = match (self.percentile, &self.percentile_not_given) {
            (Some(percentile), _) => {
                format!("{percentile:.0} among {} healthy subjects", self.healthy_subjects)
            }
            (None, reason) => format!("not given: {}", reason.as_deref().unwrap_or_default()),
        };
        format!(
            "{}: {:.1} of {:.0} ml of brain above {:.3}{largest}; percentile {percentile}",
            self.name, self.detected_ml, self.brain_ml, self.threshold,
        )
    }
}

/// The percentage of healthy subjects with a lower subject score, where that means something; otherwise why it does not.
fn percentile(
    calibration: &Calibration,
    synthetic: bool,
    subject_score: f64,
    warnings: &[String],
) -> Result<f64, String> {
    let healthy = calibration.healthy_scores.len();
    if synthetic {
        Err("the healthy group is synthetic".to_owned())
    } else if healthy < HEALTHY_GROUP {
        Err(format!("the healthy group has {healthy} subjects, and fewer than {HEALTHY_GROUP} tell little"))
    } else if !warnings.is_empty() {
        Err("the scan may be unlike the healthy group's, as its warnings say".to_owned())
    } else {
        Ok(calibration.percentile(subject_score))
    }
}

/// What became of a scan: a summary for each model, or why there is none.
pub(super) type Outcome = Result<Vec<Summary>, String>;

/// Writes `summary.csv` and `summary.json` of several scans.
pub(super) fn write_all(folder: &Path, scans: &[Scan], outcomes: &[Outcome]) -> Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "name",
        "scan",
        "model",
        "brain_ml",
        "detected_ml",
        "detected_share",
        "components",
        "largest_ml",
        "largest_place",
        "subject_score",
        "percentile",
        "warnings",
        "error",
    ])?;
    for (scan, outcome) in scans.iter().zip(outcomes) {
        let named = [scan.name.clone(), scan.path.display().to_string()];
        match outcome {
            Ok(summaries) => {
                for found in summaries {
                    let largest = found.components.first();
                    let mut row = named.to_vec();
                    row.push(found.model.name.clone());
                    row.extend(
                        [found.brain_ml, found.detected_ml, found.detected_share].map(|x| x.to_string()),
                    );
                    row.extend([found.component_count.to_string(), found.largest_ml().to_string()]);
                    row.push(largest.map_or_else(String::new, |largest| largest.place.words.clone()));
                    row.push(found.subject_score.to_string());
                    row.push(found.percentile.map_or_else(String::new, |percentile| percentile.to_string()));
                    row.extend([found.warnings.join("; "), String::new()]);
                    table.write_record(row)?;
                }
            }
            Err(error) => {
                let mut row = named.to_vec();
                row.extend(std::iter::repeat_n(String::new(), 10));
                row.push(error.clone());
                table.write_record(row)?;
            }
        }
    }
    files::write(&folder.join("summary.csv"), &table.into_inner()?)?;
    let done: Vec<&Summary> = outcomes.iter().flatten().flatten().collect();
    files::write_json(&folder.join("summary.json"), &done)
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
    text + &format!("Results: {}, a picture of each scan in overview.png.\n{NOTICE}\n", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of subjects with scores 0, 1/n, 2/n and so on.
    fn calibration(subjects: usize) -> Calibration {
        Calibration {
            scale: 1.0,
            thresholds: [0.5, 0.8],
            false_positive_rates: [0.05, 0.02],
            healthy_scores: (0..subjects).map(|at| at as f64 / subjects as f64).collect(),
        }
    }

    #[test]
    fn a_percentile_needs_a_large_real_group_and_a_scan_like_it() {
        assert_eq!(percentile(&calibration(20), false, 0.524, &[]), Ok(55.0));
        let reason = |subjects, synthetic, warnings: &[String]| {
            percentile(&calibration(subjects), synthetic, 0.5, warnings).unwrap_err()
        };
        assert!(reason(20, true, &[]).contains("synthetic"));
        assert!(reason(19, false, &[]).contains("19 subjects"));
        assert!(reason(20, false, &["fluid is dark".to_owned()]).contains("warnings"));
    }
}
