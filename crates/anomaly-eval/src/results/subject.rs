//! The measures of one subject under one method.

use std::io::Write;

use crate::{
    ConfusionCounts, Copying, Lesions, OperatingPoint, Ranking, Rates, Result, ScoreHistogram, SubjectScore,
    VoxelSet,
};

/// Exact counts and their rates at one operating point.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PointMetrics {
    /// The threshold and its origin.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub point: OperatingPoint,
    /// Exact counts.
    pub counts: ConfusionCounts,
    /// TPR, TNR, precision, Dice; `None` where undefined.
    pub rates: Rates<Option<f64>>,
}

/// Threshold-free measures over one voxel set.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SetRanking {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// AUROC, AUPRC, best Dice.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub ranking: Ranking,
}

/// Everything measured on one histogram: that of one subject, or of all subjects together (pooled).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Metrics {
    /// At each operating point.
    pub points: Vec<PointMetrics>,
    /// Over all voxels and over brain voxels.
    pub ranking: Vec<SetRanking>,
}

impl Metrics {
    /// Measures a histogram at the operating points.
    ///
    /// # Errors
    /// As [`ScoreHistogram::counts_above`], for a threshold that is no bin end of this histogram.
    pub fn measure(histogram: &ScoreHistogram, points: &[OperatingPoint]) -> Result<Self> {
        let points = points
            .iter()
            .map(|point| {
                let counts = histogram.counts_above(point.threshold, point.voxels)?;
                Ok(PointMetrics { point: *point, counts, rates: counts.rates() })
            })
            .collect::<Result<_>>()?;
        let ranking = VoxelSet::ALL
            .into_iter()
            .map(|voxels| SetRanking { voxels, ranking: histogram.ranking(voxels) })
            .collect();
        Ok(Self { points, ranking })
    }
}

/// One subject under one method.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubjectMetrics {
    /// Name of the subject.
    pub subject: String,
    /// Identifier of the method (model or baseline).
    pub method: String,
    /// The measures.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub metrics: Metrics,
    /// What the voxels are summed up to, over each voxel set.
    pub scores: Vec<SubjectScore>,
    /// Lesions and false components, over each voxel set.
    pub lesions: Vec<Lesions>,
    /// How much of lesion and fluid the reconstruction repeats; `None` if it was not measured, or there is none.
    pub copying: Option<Copying>,
}

impl SubjectMetrics {
    /// Measures a test subject at the operating points of a method, and nothing of its reconstruction.
    ///
    /// # Errors
    /// As [`Metrics::measure`].
    pub fn measure(
        subject: impl Into<String>,
        method: impl Into<String>,
        histogram: &ScoreHistogram,
        lesions: Vec<Lesions>,
        points: &[OperatingPoint],
    ) -> Result<Self> {
        Ok(Self {
            subject: subject.into(),
            method: method.into(),
            metrics: Metrics::measure(histogram, points)?,
            scores: VoxelSet::ALL.map(|voxels| histogram.subject_score(voxels)).to_vec(),
            lesions,
            copying: None,
        })
    }

    /// Whether the ground truth marks any voxel of the set.
    pub(crate) fn has_lesion(&self, voxels: VoxelSet) -> bool {
        let point = self.metrics.points.iter().find(|at| at.point.voxels == voxels);
        point.is_some_and(|at| at.counts.tp + at.counts.fn_ > 0)
    }
}

/// Header of `subjects.csv`.
const COLUMNS: [&str; 28] = [
    "subject",
    "method",
    "protocol",
    "voxels",
    "level",
    "threshold",
    "tp",
    "fp",
    "tn",
    "fn",
    "tpr",
    "tnr",
    "precision",
    "dice",
    "auroc",
    "auroc_low",
    "auroc_high",
    "auprc",
    "best_dice",
    "best_dice_threshold",
    "score_mean",
    "score_p99",
    "lesions",
    "lesions_detected",
    "lesion_sensitivity",
    "lesion_ml",
    "copying_lesion",
    "copying_fluid",
];

/// Writes `subjects.csv`: one row for each subject, method, protocol, voxel set and level (the "long" form of pandas and R).
/// The threshold-free measures are repeated on each row of their voxel set. Undefined measures are empty fields.
///
/// # Errors
/// [`crate::Error::Io`] if `out` refuses the text.
pub fn write_subjects_csv(subjects: &[SubjectMetrics], out: impl Write) -> Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS).map_err(std::io::Error::from)?;
    for subject in subjects {
        for row in subject.metrics.points.iter().map(|point| subject_row(subject, point)) {
            table.write_record(row).map_err(std::io::Error::from)?;
        }
    }
    Ok(table.flush()?)
}

fn subject_row(subject: &SubjectMetrics, at: &PointMetrics) -> Vec<String> {
    let PointMetrics { point, counts, rates } = at;
    let ranking =
        subject.metrics.ranking.iter().find(|set| set.voxels == point.voxels).map(|set| set.ranking);
    let auroc = ranking.and_then(|ranking| ranking.auroc);
    let auprc = ranking.and_then(|ranking| ranking.auprc);
    let best = ranking.and_then(|ranking| ranking.best_dice);
    let mut row = vec![
        subject.subject.clone(),
        subject.method.clone(),
        point.protocol.id().to_owned(),
        point.voxels.id().to_owned(),
        point.level.to_string(),
        point.threshold.to_string(),
    ];
    row.extend([counts.tp, counts.fp, counts.tn, counts.fn_].map(|count| count.to_string()));
    let measures = [
        rates.tpr,
        rates.tnr,
        rates.precision,
        rates.dice,
        auroc.map(|auroc| auroc.value),
        auroc.map(|auroc| auroc.low),
        auroc.map(|auroc| auroc.high),
        auprc.map(|auprc| auprc.value),
        best.map(|best| best.dice.value),
        best.map(|best| f64::from(best.threshold)),
    ];
    row.extend(measures.map(written));
    let score = subject.scores.iter().find(|score| score.voxels == point.voxels);
    row.extend([score.and_then(|score| score.mean), score.and_then(|score| score.p99)].map(written));
    row.extend(lesion_fields(subject.lesions.iter().find(|set| set.voxels == point.voxels), point.threshold));
    let copying = subject.copying.unwrap_or_default();
    row.extend([copying.lesion, copying.fluid].map(written));
    row
}

/// Number of lesions, how many of them were detected, the share, and their volume in ml.
fn lesion_fields(lesions: Option<&Lesions>, threshold: f32) -> [String; 4] {
    let Some(Lesions { lesions, .. }) = lesions else { return Default::default() };
    let detected = lesions.iter().filter(|lesion| lesion.score > threshold).count();
    let share = (!lesions.is_empty()).then(|| detected as f64 / lesions.len() as f64);
    // A sum of nothing would be -0.
    let ml = lesions.iter().fold(0.0, |sum, lesion| sum + lesion.ml);
    [lesions.len().to_string(), detected.to_string(), written(share), ml.to_string()]
}

/// A number of the table; empty where undefined.
fn written(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binning, Lesion, ProtocolSettings};

    #[test]
    fn each_column_is_documented() {
        let readme = include_str!("../../README.md");
        for column in COLUMNS {
            assert!(readme.contains(&format!("`{column}`")), "{column}");
        }
    }

    #[test]
    fn a_lesion_outside_the_brain_is_none_of_the_brain() {
        let points = ProtocolSettings::default().paper();
        let mut histogram = ScoreHistogram::new(Binning::new(&[0.1, 0.2]).unwrap());
        histogram.add(&[0.9, 0.5], Some(&[true, false]), &[false, true]).unwrap();
        let subject = SubjectMetrics::measure("one", "ae", &histogram, Vec::new(), &points).unwrap();
        assert!(subject.has_lesion(VoxelSet::All) && !subject.has_lesion(VoxelSet::Brain));
    }

    #[test]
    fn lesions_above_the_threshold_are_detected() {
        let lesions = [0.25, 0.5, 0.75, 1.0].map(|score| Lesion { ml: 1.5, score }).to_vec();
        let set = Lesions { voxels: VoxelSet::All, lesions, false_components: Vec::new() };
        assert_eq!(lesion_fields(Some(&set), 0.5), ["4", "2", "0.5", "6"]);
    }
}
