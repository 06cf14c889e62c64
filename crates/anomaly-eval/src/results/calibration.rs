//! What a threshold means on healthy scans and on the lesion-free part of test scans.

use crate::lesion::ladder;
use crate::{Result, ScoreHistogram, VoxelSet};

/// False-positive rates as functions of the threshold, over one voxel set.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Calibration {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// From the lowest threshold to the highest.
    pub points: Vec<CalibrationPoint>,
}

/// False-positive rates at one threshold; `None` where there is no healthy voxel.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CalibrationPoint {
    /// Threshold on the normalized anomaly score.
    pub threshold: f32,
    /// Of all healthy validation scans together.
    pub healthy: Option<f64>,
    /// Of the lesion-free voxels of all test scans together.
    pub test: Option<f64>,
}

impl Calibration {
    /// Rates at the first bin end at or above each threshold of the [`ladder`].
    pub(crate) fn new(validation: &ScoreHistogram, test: &ScoreHistogram, voxels: VoxelSet) -> Result<Self> {
        let point = |threshold| {
            let threshold = validation.binning.first_end_from(threshold);
            Ok(CalibrationPoint {
                threshold,
                healthy: validation.counts_above(threshold, voxels)?.fpr(),
                test: test.counts_above(threshold, voxels)?.fpr(),
            })
        };
        Ok(Self { voxels, points: ladder().into_iter().map(point).collect::<Result<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Binning;

    #[test]
    fn rates_are_those_above_each_threshold() {
        // One threshold of the ladder is a bin end itself.
        let binning = Binning::new(&[ladder()[10]]).unwrap();
        let (mut healthy, mut test) = (ScoreHistogram::new(binning.clone()), ScoreHistogram::new(binning));
        healthy.add(&[0.1, 0.3, 0.6, 0.9], None, &[true; 4]).unwrap();
        test.add(&[0.3, 0.9, 0.9], Some(&[false, false, true]), &[true; 3]).unwrap();
        let calibration = Calibration::new(&healthy, &test, VoxelSet::Brain).unwrap();
        assert_eq!(calibration.points[10].threshold, ladder()[10]);
        for (point, threshold) in calibration.points.iter().zip(ladder()) {
            assert!(
                (threshold..threshold * 1.000_25).contains(&point.threshold),
                "{point:?} for {threshold}"
            );
            let share = |scores: &[f32]| {
                scores.iter().filter(|score| **score > threshold).count() as f64 / scores.len() as f64
            };
            assert_eq!(point.healthy, Some(share(&[0.1, 0.3, 0.6, 0.9])));
            assert_eq!(point.test, Some(share(&[0.3, 0.9])));
        }
    }
}
