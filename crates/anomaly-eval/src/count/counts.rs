//! The confusion matrix of one threshold, and the rates that follow from it.

/// How many voxels fall into each cell of the confusion matrix. "Positive" is anomalous.
///
/// Counts are exact integers, so adding subjects in any order gives the same result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConfusionCounts {
    /// Lesion voxels that were detected.
    pub tp: u64,
    /// Healthy voxels that were called anomalous.
    pub fp: u64,
    /// Healthy voxels that were left alone.
    pub tn: u64,
    /// Lesion voxels that were missed.
    #[cfg_attr(feature = "serde", serde(rename = "fn"))]
    pub fn_: u64,
}

impl ConfusionCounts {
    /// Adds one voxel.
    pub(crate) fn count(&mut self, called: bool, lesion: bool) {
        let cell = match (called, lesion) {
            (true, true) => &mut self.tp,
            (true, false) => &mut self.fp,
            (false, false) => &mut self.tn,
            (false, true) => &mut self.fn_,
        };
        *cell += 1;
    }

    /// Number of voxels.
    pub fn total(&self) -> u64 {
        self.tp + self.fp + self.tn + self.fn_
    }

    /// A rate; `None` where it is undefined.
    pub fn rate(&self, formula: &RateFormula) -> Option<f64> {
        let cells = [self.tp, self.fp, self.tn, self.fn_];
        let sum =
            |weights: [u64; 4]| weights.iter().zip(cells).map(|(weight, cell)| weight * cell).sum::<u64>();
        (sum(formula.needs) > 0).then(|| sum(formula.part) as f64 / sum(formula.whole) as f64)
    }

    /// Sensitivity TP / (TP + FN). `None` where there is no lesion voxel.
    pub fn tpr(&self) -> Option<f64> {
        self.rate(&RateFormula::TPR)
    }

    /// Specificity TN / (TN + FP). `None` where there is no healthy voxel.
    pub fn tnr(&self) -> Option<f64> {
        self.rate(&RateFormula::TNR)
    }

    /// False-positive rate FP / (TN + FP). `None` where there is no healthy voxel.
    pub fn fpr(&self) -> Option<f64> {
        self.rate(&RateFormula::FPR)
    }

    /// TP / (TP + FP). `None` where nothing was detected.
    pub fn precision(&self) -> Option<f64> {
        self.rate(&RateFormula::PRECISION)
    }

    /// Dice 2 TP / (2 TP + FP + FN). `None` where there is no lesion voxel: on a healthy subject the
    /// overlap says nothing beyond the false-positive rate.
    pub fn dice(&self) -> Option<f64> {
        self.rate(&RateFormula::DICE)
    }

    /// All four rates.
    pub fn rates(&self) -> Rates<Option<f64>> {
        Rates { tpr: self.tpr(), tnr: self.tnr(), precision: self.precision(), dice: self.dice() }
    }
}

/// One value for each rate of a confusion matrix: the rates themselves, or a summary of each over subjects.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rates<T> {
    /// Sensitivity.
    pub tpr: T,
    /// Specificity.
    pub tnr: T,
    /// Positive predictive value.
    pub precision: T,
    /// Dice coefficient.
    pub dice: T,
}

/// A rate as a ratio of two sums over the cells of a confusion matrix, as data for programs that count elsewhere. Weights
/// belong to TP, FP, TN and FN, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RateFormula {
    /// Name of the rate, as in [`Rates`].
    pub id: &'static str,
    /// Weights of the numerator.
    pub part: [u64; 4],
    /// Weights of the denominator.
    pub whole: [u64; 4],
    /// Weights of the sum without which the rate is undefined.
    pub needs: [u64; 4],
}

impl RateFormula {
    const TPR: Self = Self::share("tpr", [1, 0, 0, 0], [1, 0, 0, 1]);
    const TNR: Self = Self::share("tnr", [0, 0, 1, 0], [0, 1, 1, 0]);
    const FPR: Self = Self::share("fpr", [0, 1, 0, 0], [0, 1, 1, 0]);
    const PRECISION: Self = Self::share("precision", [1, 0, 0, 0], [1, 1, 0, 0]);
    const DICE: Self = Self { needs: [1, 0, 0, 1], ..Self::share("dice", [2, 0, 0, 0], [2, 1, 0, 1]) };

    /// All rates.
    pub const ALL: [Self; 5] = [Self::TPR, Self::TNR, Self::FPR, Self::PRECISION, Self::DICE];

    /// A rate that is defined wherever its denominator is not 0.
    const fn share(id: &'static str, part: [u64; 4], whole: [u64; 4]) -> Self {
        Self { id, part, whole, needs: whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_a_known_matrix() {
        let counts = ConfusionCounts { tp: 30, fp: 10, tn: 950, fn_: 10 };
        assert_eq!(counts.total(), 1000);
        assert_eq!(counts.tpr(), Some(0.75));
        assert_eq!(counts.tnr(), Some(950.0 / 960.0));
        assert_eq!(counts.fpr(), Some(10.0 / 960.0));
        assert_eq!(counts.precision(), Some(0.75));
        assert_eq!(counts.dice(), Some(0.75));
    }

    #[test]
    fn an_absent_class_is_undefined_not_zero() {
        let healthy = ConfusionCounts { tp: 0, fp: 3, tn: 7, fn_: 0 };
        assert_eq!((healthy.tpr(), healthy.dice()), (None, None));
        assert_eq!((healthy.fpr(), healthy.precision()), (Some(0.3), Some(0.0)));
        let all_lesion = ConfusionCounts { tp: 0, fp: 0, tn: 0, fn_: 5 };
        assert_eq!((all_lesion.tnr(), all_lesion.fpr(), all_lesion.precision()), (None, None, None));
        assert_eq!((all_lesion.tpr(), all_lesion.dice()), (Some(0.0), Some(0.0)));
    }
}
