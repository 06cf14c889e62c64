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

    /// Sensitivity TP / (TP + FN). `None` where there is no lesion voxel.
    pub fn tpr(&self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fn_)
    }

    /// Specificity TN / (TN + FP). `None` where there is no healthy voxel.
    pub fn tnr(&self) -> Option<f64> {
        ratio(self.tn, self.tn + self.fp)
    }

    /// False-positive rate FP / (TN + FP). `None` where there is no healthy voxel.
    pub fn fpr(&self) -> Option<f64> {
        ratio(self.fp, self.tn + self.fp)
    }

    /// TP / (TP + FP). `None` where nothing was detected.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fp)
    }

    /// Dice 2 TP / (2 TP + FP + FN). `None` where there is no lesion voxel: on a healthy subject the
    /// overlap says nothing beyond the false-positive rate.
    pub fn dice(&self) -> Option<f64> {
        if self.tp + self.fn_ == 0 { None } else { ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn_) }
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

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
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
