//! The measures of one subject under one method.

use crate::{
    ConfusionCounts, Copying, Lesions, OperatingPoint, Protocol, Ranking, Rates, Result, ScoreHistogram,
    SubjectScore, VoxelSet,
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

    /// What was measured at one operating point.
    pub fn at(&self, protocol: Protocol, voxels: VoxelSet, level: u8) -> Option<&PointMetrics> {
        self.points.iter().find(|at| at.point.is(protocol, voxels, level))
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
        self.lesion_voxels(voxels) > 0
    }

    /// How many voxels of the set the ground truth marks; 0 if nothing was measured over the set.
    pub fn lesion_voxels(&self, voxels: VoxelSet) -> u64 {
        let point = self.metrics.points.iter().find(|at| at.point.voxels == voxels);
        point.map_or(0, |at| at.counts.tp + at.counts.fn_)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binning, ProtocolSettings};

    #[test]
    fn a_lesion_outside_the_brain_is_none_of_the_brain() {
        let points = ProtocolSettings::default().paper();
        let mut histogram = ScoreHistogram::new(Binning::new(&[0.1, 0.2]).unwrap());
        histogram.add(&[0.9, 0.5], Some(&[true, false]), &[false, true]).unwrap();
        let subject = SubjectMetrics::measure("one", "ae", &histogram, Vec::new(), &points).unwrap();
        assert!(subject.has_lesion(VoxelSet::All) && !subject.has_lesion(VoxelSet::Brain));
    }
}
