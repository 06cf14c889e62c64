//! Areas under the ROC and precision-recall curves and the best Dice, from a [`ScoreHistogram`].
//!
//! Scores of one bin count as tied. So each number is exact for the binned scores, and comes with an interval that
//! provably holds the number for the full f32 scores, whatever their order inside the bins.

use crate::{ScoreHistogram, VoxelSet};

/// A number computed from binned scores, and the interval that holds its value for the unbinned ones.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bounded {
    /// Exact for the binned scores.
    pub value: f64,
    /// The value for the full f32 scores is not below this.
    pub low: f64,
    /// The value for the full f32 scores is not above this.
    pub high: f64,
}

/// The highest Dice over all thresholds in [0, 1]. It is chosen on the labels: an upper limit, not a result one can have.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BestDice {
    /// The Dice coefficient.
    pub dice: Bounded,
    /// The highest threshold (a bin end) that reaches `dice.value`.
    pub threshold: f32,
}

/// Measures that need no threshold. `None`: undefined, as one of the classes is absent.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ranking {
    /// Area under the ROC curve; ties count one half.
    pub auroc: Option<Bounded>,
    /// Average precision, the sum over thresholds of precision times the step in recall (no interpolation).
    pub auprc: Option<Bounded>,
    /// Best Dice over all thresholds.
    pub best_dice: Option<BestDice>,
}

/// One point of the ROC and precision-recall curves: voxels above `threshold` are called anomalous.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CurvePoint {
    /// Threshold on the normalized anomaly score; `None` for the last point, at which every voxel is called anomalous.
    pub threshold: Option<f32>,
    /// False-positive rate.
    pub fpr: f64,
    /// Sensitivity (recall).
    pub tpr: f64,
    /// Precision.
    pub precision: f64,
}

impl ScoreHistogram {
    /// AUROC, AUPRC (average precision) and best Dice, in one sweep.
    pub fn ranking(&self, voxels: VoxelSet) -> Ranking {
        let (lesion, healthy) = self.totals(voxels);
        if lesion == 0 || healthy == 0 {
            return Ranking { auroc: None, auprc: None, best_dice: None };
        }
        let (mut tp, mut fp) = (0_u64, 0_u64);
        // Twice the number of (lesion, healthy) pairs in the right order, and of pairs within one bin.
        let (mut ordered, mut tied) = (0_u128, 0_u128);
        let mut precision = Bounded { value: 0.0, low: 0.0, high: 0.0 };
        let mut best = BestDice { dice: Bounded { value: 0.0, low: 0.0, high: 0.0 }, threshold: 1.0 };
        for step in self.descending(voxels) {
            let (p, n) = (step.lesion, step.healthy);
            let genuine_tie = step.bin == 0;
            ordered += n as u128 * (2 * tp + p) as u128;
            if !genuine_tie {
                tied += n as u128 * p as u128;
            }

            if p > 0 {
                let tied_precision = p as f64 * share(tp + p, tp + p + fp + n);
                precision.value += tied_precision;
                precision.low += if genuine_tie { tied_precision } else { lowest_precision(p, tp, fp + n) };
                precision.high +=
                    if genuine_tie { tied_precision } else { p as f64 * share(tp + p, tp + p + fp) };
            }

            // A score of exactly 0 (bin 0) is above no threshold in [0, 1].
            let Some(below) = step.bin.checked_sub(1) else { continue };
            best.dice.high = best.dice.high.max(dice(tp + p, fp, lesion));
            tp += p;
            fp += n;
            let reached = dice(tp, fp, lesion);
            if reached > best.dice.value {
                best.dice = Bounded { value: reached, low: reached, ..best.dice };
                best.threshold = self.binning.upper(below);
            }
        }
        let pairs = 2.0 * lesion as f64 * healthy as f64;
        let (area, slack) = (ordered as f64 / pairs, tied as f64 / pairs);
        let of_lesion = |sum: f64| sum / lesion as f64;
        Ranking {
            auroc: Some(Bounded { value: area, low: area - slack, high: area + slack }),
            auprc: Some(Bounded {
                value: of_lesion(precision.value),
                low: of_lesion(precision.low),
                high: of_lesion(precision.high),
            }),
            best_dice: Some(best),
        }
    }

    /// Points of the ROC and precision-recall curves, from the highest threshold to the lowest. Points closer than 1/500
    /// to the last one in all three rates are left out. Empty where a class is absent.
    pub fn curve(&self, voxels: VoxelSet) -> Vec<CurvePoint> {
        const SPACING: f64 = 2e-3;
        let (lesion, healthy) = self.totals(voxels);
        if lesion == 0 || healthy == 0 {
            return Vec::new();
        }
        let (mut tp, mut fp) = (0, 0);
        let mut points: Vec<CurvePoint> = Vec::new();
        for step in self.descending(voxels) {
            tp += step.lesion;
            fp += step.healthy;
            let point = CurvePoint {
                threshold: step.bin.checked_sub(1).map(|below| self.binning.upper(below)),
                fpr: share(fp, healthy),
                tpr: share(tp, lesion),
                precision: share(tp, tp + fp),
            };
            let far = points.last().is_none_or(|last| {
                (point.fpr - last.fpr).abs() > SPACING
                    || (point.tpr - last.tpr).abs() > SPACING
                    || (point.precision - last.precision).abs() > SPACING
            });
            if far || (tp, fp) == (lesion, healthy) {
                points.push(point);
            }
        }
        points
    }
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn dice(tp: u64, fp: u64, lesion: u64) -> f64 {
    share(2 * tp, tp + fp + lesion)
}

/// Lower bound of the summed precisions of `p` lesion voxels that follow `tp` others, if all false positives (`fp`)
/// come first: the sum of x / (x + fp) for x = tp + 1 ..= tp + p, with the harmonic part bounded by an integral.
fn lowest_precision(p: u64, tp: u64, fp: u64) -> f64 {
    if fp == 0 {
        return p as f64;
    }
    let (p, before, fp) = (p as f64, (tp + fp) as f64, fp as f64);
    (p - fp * (p / before).ln_1p()).max(0.0)
}
