//! The measures of one subject under one method.

use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::{ConfusionCounts, OperatingPoint, Ranking, Rates, Result, ScoreHistogram, VoxelSet};

/// Exact counts and their rates at one operating point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointMetrics {
    /// The threshold and its origin.
    #[serde(flatten)]
    pub point: OperatingPoint,
    /// Exact counts.
    pub counts: ConfusionCounts,
    /// TPR, TNR, precision, Dice; `None` where undefined.
    pub rates: Rates<Option<f64>>,
}

/// Threshold-free measures over one voxel set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetRanking {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// AUROC, AUPRC, best Dice.
    #[serde(flatten)]
    pub ranking: Ranking,
}

/// Everything measured on one histogram: that of one subject, or of all subjects together (pooled).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubjectMetrics {
    /// Name of the subject.
    pub subject: String,
    /// Identifier of the method (model or baseline).
    pub method: String,
    /// The measures.
    #[serde(flatten)]
    pub metrics: Metrics,
}

/// Header of `subjects.csv`.
const COLUMNS: [&str; 20] = [
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
    row.extend(measures.map(|value| value.map_or_else(String::new, |value| value.to_string())));
    row
}
