//! False positives on healthy scans that had no part in the choice of the threshold.

use crate::{
    Error, Estimate, OperatingPoint, ProtocolSettings, Result, ScoreHistogram, SubjectScore, VoxelSet,
};

/// One healthy validation scan under one method.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HealthyScan {
    /// Name of the subject.
    pub subject: String,
    /// False-positive rate at each operating point. Where a protocol takes its threshold from healthy scans, the threshold
    /// is taken from all of them but this one; `None` where no scan is left.
    pub fpr: Vec<Option<f64>>,
    /// What the scan's voxels are summed up to.
    pub scores: Vec<SubjectScore>,
}

/// False-positive rates of healthy validation scans at one operating point.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HealthyFpr {
    /// Of the voxels of all scans together, at the threshold in use. In the protocols that match this rate it is theirs by
    /// choice.
    pub pooled: Option<f64>,
    /// Mean over scans, each held out from the choice of the threshold.
    pub held_out: Estimate,
}

impl HealthyScan {
    /// Measures a scan's histogram at the operating points; `all` holds this scan and the other healthy ones.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a threshold is no bin end, or `all` does not hold the scan.
    pub fn measure(
        subject: impl Into<String>,
        scan: &ScoreHistogram,
        all: &ScoreHistogram,
        points: &[OperatingPoint],
        protocols: &ProtocolSettings,
    ) -> Result<Self> {
        let others = all.without(scan)?;
        let fpr = |point: &OperatingPoint| {
            let threshold = match protocols.healthy_fpr(*point) {
                Some(_) if others.totals(point.voxels).1 == 0 => return Ok(None),
                Some(rate) => others.threshold_at_fpr(rate, point.voxels)?,
                None => point.threshold,
            };
            Ok(scan.counts_above(threshold, point.voxels)?.fpr())
        };
        Ok(Self {
            subject: subject.into(),
            fpr: points.iter().map(fpr).collect::<Result<_>>()?,
            scores: VoxelSet::ALL.map(|voxels| scan.subject_score(voxels)).to_vec(),
        })
    }
}

impl ScoreHistogram {
    /// The histogram less the voxels of another that was merged into it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the other was made for different thresholds, or is not part of this one.
    pub fn without(&self, part: &Self) -> Result<Self> {
        let mut rest = self.clone();
        let no_part = || Error::invalid("a histogram can only be taken from one that it was merged into");
        if self.binning != part.binning {
            return Err(no_part());
        }
        for (cell, less) in rest.cells.as_flattened_mut().iter_mut().zip(part.cells.as_flattened()) {
            *cell = cell.checked_sub(*less).ok_or_else(no_part)?;
        }
        Ok(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Binning;

    fn histogram(scores: &[f32]) -> ScoreHistogram {
        let mut histogram = ScoreHistogram::new(Binning::new(&[0.1, 0.2]).unwrap());
        histogram.add(scores, None, &vec![true; scores.len()]).unwrap();
        histogram
    }

    #[test]
    fn a_scan_is_judged_by_the_threshold_of_the_others() {
        // Ten voxels each; the second scan is brighter throughout.
        let dark = histogram(&std::array::from_fn::<f32, 10, _>(|i| 0.01 * i as f32));
        let bright = histogram(&std::array::from_fn::<f32, 10, _>(|i| 0.5 + 0.01 * i as f32));
        let mut all = dark.clone();
        all.merge(&bright).unwrap();
        let protocols = ProtocolSettings { matched_fpr: [0.1, 0.1], ..Default::default() };
        let points = [protocols.paper(), protocols.matched(&all).unwrap()].concat();
        let fpr = |scan| HealthyScan::measure("scan", scan, &all, &points, &protocols).unwrap().fpr;
        // Fixed thresholds 0.1 and 0.2, then twice the one that a tenth of the other scan is above.
        assert_eq!(fpr(&bright)[..2], [Some(1.0); 2]);
        assert_eq!(fpr(&dark)[..2], [Some(0.0); 2]);
        assert_eq!(fpr(&bright)[4..], [Some(1.0); 4]);
        assert_eq!(fpr(&dark)[4..], [Some(0.0); 4]);
        let alone = HealthyScan::measure("alone", &dark, &dark, &points, &protocols).unwrap();
        assert_eq!(alone.fpr[..5], [Some(0.0), Some(0.0), Some(0.0), Some(0.0), None]);
    }

    #[test]
    fn taking_away_undoes_merging_and_nothing_else_can_be_taken() {
        let (a, b) = (histogram(&[0.1, 0.5, 0.5]), histogram(&[0.5, 0.9]));
        let mut all = a.clone();
        all.merge(&b).unwrap();
        assert_eq!(all.without(&a).unwrap(), b);
        assert!(a.without(&b).is_err());
        assert!(a.without(&ScoreHistogram::new(Binning::new(&[0.3]).unwrap())).is_err());
    }
}
