//! Where thresholds come from.
//!
//! The rule is the paper's: a voxel whose normalized score is **above** the threshold (`score > threshold`) is
//! anomalous. A threshold comes from one of these protocols:
//!
//! * [`Protocol::Paper`]: the same two fixed values for each method. The values in the paper's table are lost; those in
//!   use are assumed, and marked so.
//! * [`Protocol::Matched`]: for each method the lowest thresholds at which the false-positive rate on **healthy
//!   validation** scans does not exceed the given rates. No test data is used.
//! * [`Protocol::Calibrated`]: the lowest thresholds at which a reference method (the plain autoencoder) reaches the
//!   paper's specificities on the **test** set, applied to each method. An oracle: it has seen the test labels.
//!
//! [`Protocol::FixedRate`] is `matched` at further rates, for Dice as a function of the false-positive rate.

use crate::{Error, Result, ScoreHistogram, VoxelSet};

/// Rule by which a threshold was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Protocol {
    /// Fixed values, assumed to be the paper's.
    Paper,
    /// Equal false-positive rate on healthy validation scans.
    Matched,
    /// Paper's specificity for the reference method on the test set (oracle).
    Calibrated,
    /// As `matched`, at further false-positive rates.
    FixedRate,
}

impl Protocol {
    /// The protocols that have a threshold 1 and a threshold 2, in the order of tables: the headline first.
    pub const ALL: [Self; 3] = [Self::Matched, Self::Paper, Self::Calibrated];

    /// Identifier in files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Matched => "matched",
            Self::Calibrated => "calibrated",
            Self::FixedRate => "fixed-rate",
        }
    }
}

/// A threshold, where it comes from, and the voxels that it is judged on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OperatingPoint {
    /// How the threshold was chosen.
    pub protocol: Protocol,
    /// Voxels that the counts are taken over (in `matched`, also those whose false-positive rate was matched).
    pub voxels: VoxelSet,
    /// 1 or 2: threshold 1 or the stricter threshold 2 of the paper's table. In `fixed-rate`, which of the rates, from 1.
    pub level: u8,
    /// Voxels whose normalized score is above this are anomalous.
    pub threshold: f32,
}

impl OperatingPoint {
    /// Whether it is the one of this protocol, voxel set and level.
    pub fn is(&self, protocol: Protocol, voxels: VoxelSet, level: u8) -> bool {
        (self.protocol, self.voxels, self.level) == (protocol, voxels, level)
    }
}

/// Numbers that the protocols start from, for threshold 1 and threshold 2 where there are two.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
#[non_exhaustive]
pub struct ProtocolSettings {
    /// Fixed thresholds of the `paper` protocol (assumed).
    pub paper_thresholds: [f32; 2],
    /// False-positive rates on healthy validation scans of the `matched` protocol.
    pub matched_fpr: [f64; 2],
    /// Specificities of the reference method on the test set in the `calibrated` protocol (the paper's AE).
    pub calibrated_tnr: [f64; 2],
    /// False-positive rates on healthy validation scans of the `fixed-rate` protocol.
    pub fixed_fpr: [f64; 4],
}

impl Default for ProtocolSettings {
    fn default() -> Self {
        Self {
            paper_thresholds: [0.1, 0.2],
            matched_fpr: [0.05, 0.02],
            calibrated_tnr: [0.953, 0.982],
            fixed_fpr: [0.001, 0.005, 0.01, 0.1],
        }
    }
}

impl ProtocolSettings {
    /// Checks that all numbers lie in [0, 1].
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the setting.
    pub fn check(&self) -> Result<()> {
        let named: [(&str, &[f64]); 4] = [
            ("paper_thresholds", &self.paper_thresholds.map(f64::from)),
            ("matched_fpr", &self.matched_fpr),
            ("calibrated_tnr", &self.calibrated_tnr),
            ("fixed_fpr", &self.fixed_fpr),
        ];
        for (name, values) in named {
            if let Some(bad) = values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
                return Err(Error::invalid(format!("{name}: {bad} is outside [0, 1]")));
            }
        }
        Ok(())
    }

    /// Points of the `paper` protocol: the same for each method.
    pub fn paper(&self) -> Vec<OperatingPoint> {
        VoxelSet::ALL
            .into_iter()
            .flat_map(|voxels| levels(Protocol::Paper, voxels, &self.paper_thresholds))
            .collect()
    }

    /// Points of the `matched` protocol for the method whose scores on healthy validation scans these are.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no healthy voxels.
    pub fn matched(&self, validation: &ScoreHistogram) -> Result<Vec<OperatingPoint>> {
        at_rates(Protocol::Matched, &self.matched_fpr, validation)
    }

    /// Points of the `fixed-rate` protocol for the method whose scores on healthy validation scans these are.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no healthy voxels.
    pub fn fixed_rate(&self, validation: &ScoreHistogram) -> Result<Vec<OperatingPoint>> {
        at_rates(Protocol::FixedRate, &self.fixed_fpr, validation)
    }

    /// The false-positive rate on healthy scans that a point's threshold was chosen for, if it was.
    pub(crate) fn healthy_fpr(&self, point: OperatingPoint) -> Option<f64> {
        let rates: &[f64] = match point.protocol {
            Protocol::Matched => &self.matched_fpr,
            Protocol::FixedRate => &self.fixed_fpr,
            Protocol::Paper | Protocol::Calibrated => return None,
        };
        rates.get(usize::from(point.level).checked_sub(1)?).copied()
    }

    /// Points of the `calibrated` protocol, from the pooled test scores of the reference method. The thresholds are
    /// chosen over all voxels, to which the paper's specificities refer, and judged on both voxel sets.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no healthy voxels.
    pub fn calibrated(&self, reference_test: &ScoreHistogram) -> Result<Vec<OperatingPoint>> {
        let [first, second] =
            self.calibrated_tnr.map(|tnr| reference_test.threshold_at_fpr(1.0 - tnr, VoxelSet::All));
        let thresholds = [first?, second?];
        Ok(VoxelSet::ALL
            .into_iter()
            .flat_map(|voxels| levels(Protocol::Calibrated, voxels, &thresholds))
            .collect())
    }
}

impl ScoreHistogram {
    /// The lowest bin end at which at most the share `fpr` of healthy voxels is above the threshold.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no healthy voxels.
    pub fn threshold_at_fpr(&self, fpr: f64, voxels: VoxelSet) -> Result<f32> {
        let (_, healthy) = self.totals(voxels);
        if healthy == 0 {
            return Err(Error::invalid(format!(
                "no healthy voxel among {}: a threshold with a given false-positive rate needs some",
                voxels.label()
            )));
        }
        let mut above = 0;
        for step in self.descending(voxels) {
            above += step.healthy;
            if above as f64 > fpr * healthy as f64 {
                return Ok(self.binning.upper(step.bin));
            }
        }
        Ok(0.0)
    }
}

/// Points at the false-positive rates of healthy validation scans.
fn at_rates(protocol: Protocol, rates: &[f64], validation: &ScoreHistogram) -> Result<Vec<OperatingPoint>> {
    let mut points = Vec::new();
    for voxels in VoxelSet::ALL {
        let thresholds: Vec<f32> =
            rates.iter().map(|rate| validation.threshold_at_fpr(*rate, voxels)).collect::<Result<_>>()?;
        points.extend(levels(protocol, voxels, &thresholds));
    }
    Ok(points)
}

fn levels(protocol: Protocol, voxels: VoxelSet, thresholds: &[f32]) -> impl Iterator<Item = OperatingPoint> {
    let numbered = (1..).zip(thresholds);
    numbered.map(move |(level, &threshold)| OperatingPoint { protocol, voxels, level, threshold })
}
