//! What is said about a scan: `summary.json`, and a line for people.

use std::path::PathBuf;

use anomaly_eval::HealthyCalibration;
use serde::{Deserialize, Serialize};

use super::component::Component;
use super::findings::Findings;
use super::inputs::Scan;
use super::method::Method;
use super::model::Model;

/// Stands in each summary, and below what people are told.
pub(super) const NOTICE: &str = "Research software: not a medical device, and no diagnosis.";
/// Components that are listed one by one; specks beyond them are only counted.
const LISTED: usize = 100;
/// Healthy subjects from which a percentile among them is told.
const HEALTHY_GROUP: usize = 20;

/// `summary.json`. Written last, so that it stands for all of a scan's results with one model.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    notice: String,
    pub(super) name: String,
    pub(super) scan: PathBuf,
    pub(super) brain_ml: f64,
    /// Above the threshold, in the brain.
    pub(super) detected_ml: f64,
    pub(super) detected_share: f64,
    pub(super) threshold: f32,
    /// Share of the brain above T2 on the reference grid.
    pub(super) subject_score: f64,
    /// Percentage of healthy validation subjects with a lower subject score.
    pub(super) percentile: Option<f64>,
    /// Why there is no percentile, where there is none.
    percentile_not_given: Option<String>,
    healthy_subjects: usize,
    pub(super) component_count: usize,
    /// The largest first.
    pub(super) components: Vec<Component>,
    /// All reasons to look at the result.
    pub(super) warnings: Vec<String>,
    pub(super) model: Model,
    /// Fingerprint of what this was made from.
    pub(super) key: String,
}

impl Summary {
    pub(super) fn new(
        scan: &Scan,
        findings: &Findings<'_>,
        mut components: Vec<Component>,
        warnings: Vec<String>,
        method: &Method,
        key: String,
    ) -> Self {
        let (brain_ml, detected_ml) =
            (findings.prepared.native_mask.millilitres(), findings.detection.millilitres());
        let component_count = components.len();
        components.truncate(LISTED);
        let Method { note: model, calibration, threshold, .. } = method;
        let synthetic = model.provenance.synthetic;
        let percentile = percentile(calibration, synthetic, findings.subject_score, &warnings);
        Self {
            notice: NOTICE.to_owned(),
            name: scan.name.clone(),
            scan: scan.path.clone(),
            brain_ml,
            detected_ml,
            detected_share: detected_ml / brain_ml,
            threshold: *threshold,
            subject_score: findings.subject_score,
            percentile: percentile.as_ref().ok().copied(),
            percentile_not_given: percentile.err(),
            healthy_subjects: calibration.healthy_scores.len(),
            component_count,
            components,
            warnings,
            model: model.clone(),
            key,
        }
    }

    /// One line.
    pub(super) fn line(&self) -> String {
        format!("{}: {}", self.name, self.finding())
    }

    /// What was found, in a line.
    pub(super) fn finding(&self) -> String {
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
            "{:.1} of {:.0} ml of brain above {:.3}{largest}; percentile {percentile}",
            self.detected_ml, self.brain_ml, self.threshold,
        )
    }
}

/// The percentage of healthy subjects with a lower subject score, where that means something; otherwise why it does not.
fn percentile(
    calibration: &HealthyCalibration,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Of subjects with scores 0, 1/n, 2/n and so on.
    fn calibration(subjects: usize) -> HealthyCalibration {
        HealthyCalibration {
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
