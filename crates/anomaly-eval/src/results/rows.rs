//! `subjects.csv`: the measures of subjects as rows.

use std::io::Write;

use serde::Serialize;

use super::subject::{PointMetrics, SubjectMetrics};
use crate::{Lesion, Result};

/// A row of `subjects.csv`.
#[derive(Serialize)]
struct Row<'a> {
    subject: &'a str,
    method: &'a str,
    protocol: &'static str,
    voxels: &'static str,
    level: u8,
    threshold: Plain,
    tp: u64,
    fp: u64,
    tn: u64,
    #[serde(rename = "fn")]
    fn_: u64,
    tpr: Plain,
    tnr: Plain,
    precision: Plain,
    dice: Plain,
    auroc: Plain,
    auroc_low: Plain,
    auroc_high: Plain,
    auprc: Plain,
    best_dice: Plain,
    best_dice_threshold: Plain,
    score_mean: Plain,
    score_p99: Plain,
    lesions: Option<usize>,
    lesions_detected: Option<usize>,
    lesion_sensitivity: Plain,
    lesion_ml: Plain,
    copying_lesion: Plain,
    copying_fluid: Plain,
}

/// A number in the fewest digits that tell it, never with an exponent; empty where undefined.
struct Plain(Option<String>);

impl<T: ToString> From<Option<T>> for Plain {
    fn from(value: Option<T>) -> Self {
        Self(value.map(|value| value.to_string()))
    }
}

impl Serialize for Plain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'a> Row<'a> {
    fn new(subject: &'a SubjectMetrics, at: &PointMetrics) -> Self {
        let PointMetrics { point, counts, rates } = at;
        let ranking = subject.metrics.ranking.iter().find(|set| set.voxels == point.voxels);
        let ranking = ranking.map(|set| set.ranking);
        let auroc = ranking.and_then(|ranking| ranking.auroc);
        let best = ranking.and_then(|ranking| ranking.best_dice);
        let score = subject.scores.iter().find(|score| score.voxels == point.voxels);
        let lesions = subject.lesions.iter().find(|set| set.voxels == point.voxels);
        let found = lesions.map(|set| Found::new(&set.lesions, point.threshold));
        let copying = subject.copying.unwrap_or_default();
        Self {
            subject: &subject.subject,
            method: &subject.method,
            protocol: point.protocol.id(),
            voxels: point.voxels.id(),
            level: point.level,
            threshold: Some(point.threshold).into(),
            tp: counts.tp,
            fp: counts.fp,
            tn: counts.tn,
            fn_: counts.fn_,
            tpr: rates.tpr.into(),
            tnr: rates.tnr.into(),
            precision: rates.precision.into(),
            dice: rates.dice.into(),
            auroc: auroc.map(|auroc| auroc.value).into(),
            auroc_low: auroc.map(|auroc| auroc.low).into(),
            auroc_high: auroc.map(|auroc| auroc.high).into(),
            auprc: ranking.and_then(|ranking| ranking.auprc).map(|auprc| auprc.value).into(),
            best_dice: best.map(|best| best.dice.value).into(),
            best_dice_threshold: best.map(|best| f64::from(best.threshold)).into(),
            score_mean: score.and_then(|score| score.mean).into(),
            score_p99: score.and_then(|score| score.p99).into(),
            lesions: found.map(|found| found.lesions),
            lesions_detected: found.map(|found| found.detected),
            lesion_sensitivity: found.and_then(|found| found.share()).into(),
            lesion_ml: found.map(|found| found.ml).into(),
            copying_lesion: copying.lesion.into(),
            copying_fluid: copying.fluid.into(),
        }
    }
}

/// The lesions of a subject at a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Found {
    lesions: usize,
    detected: usize,
    ml: f64,
}

impl Found {
    fn new(lesions: &[Lesion], threshold: f32) -> Self {
        Self {
            lesions: lesions.len(),
            detected: lesions.iter().filter(|lesion| lesion.score > threshold).count(),
            // A sum of nothing would be -0.
            ml: lesions.iter().fold(0.0, |sum, lesion| sum + lesion.ml),
        }
    }

    fn share(&self) -> Option<f64> {
        (self.lesions > 0).then(|| self.detected as f64 / self.lesions as f64)
    }
}

/// Writes `subjects.csv`: one row for each subject, method, protocol, voxel set and level (the "long" form of pandas and R).
/// The threshold-free measures are repeated on each row of their voxel set. Undefined measures are empty fields.
///
/// # Errors
/// [`crate::Error::Io`] if `out` refuses the text.
pub fn write_subjects_csv(subjects: &[SubjectMetrics], out: impl Write) -> Result<()> {
    let mut table = csv::Writer::from_writer(out);
    for subject in subjects {
        for row in subject.metrics.points.iter().map(|point| Row::new(subject, point)) {
            table.serialize(row).map_err(std::io::Error::from)?;
        }
    }
    Ok(table.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binning, ProtocolSettings, ScoreHistogram};

    #[test]
    fn each_column_is_documented() {
        let readme = include_str!("../../README.md");
        let mut histogram = ScoreHistogram::new(Binning::new(&[0.1, 0.2]).unwrap());
        histogram.add(&[0.9, 0.5], None, &[true; 2]).unwrap();
        let points = ProtocolSettings::default().paper();
        let subject = SubjectMetrics::measure("one", "ae", &histogram, Vec::new(), &points).unwrap();
        let mut table = Vec::new();
        write_subjects_csv(&[subject], &mut table).unwrap();
        let table = String::from_utf8(table).unwrap();
        let columns: Vec<&str> = table.lines().next().unwrap().split(',').collect();
        assert_eq!(columns.len(), 28);
        for column in columns {
            assert!(readme.contains(&format!("`{column}`")), "{column}");
        }
    }

    #[test]
    fn lesions_above_the_threshold_are_detected() {
        let lesions = [0.25, 0.5, 0.75, 1.0].map(|score| Lesion { ml: 1.5, score }).to_vec();
        let found = Found::new(&lesions, 0.5);
        assert_eq!(found, Found { lesions: 4, detected: 2, ml: 6.0 });
        assert_eq!((found.share(), Found::new(&[], 0.5).share()), (Some(0.5), None));
    }
}
