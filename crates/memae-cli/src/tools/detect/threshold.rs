//! Above which score a voxel is marked.

use std::str::FromStr;

use anomaly_eval::HealthyCalibration;

/// Above which score a voxel is marked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Threshold {
    /// The package's T1.
    First,
    /// The package's T2, the stricter.
    Second,
    /// A score from 0 to 1.
    Score(f32),
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "t1" => Ok(Self::First),
            "t2" => Ok(Self::Second),
            number => match number.parse() {
                Ok(score) if (0.0..=1.0).contains(&score) => Ok(Self::Score(score)),
                _ => Err("use t1, t2 or a score from 0 to 1".to_owned()),
            },
        }
    }
}

impl Threshold {
    pub(super) fn score(self, calibration: &HealthyCalibration) -> f32 {
        match self {
            Self::First => calibration.thresholds[0],
            Self::Second => calibration.thresholds[1],
            Self::Score(score) => score,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_named_or_scores() {
        let parse = |text: &str| text.parse::<Threshold>();
        assert_eq!((parse("t1"), parse("t2")), (Ok(Threshold::First), Ok(Threshold::Second)));
        assert_eq!(parse("0.25"), Ok(Threshold::Score(0.25)));
        for wrong in ["t3", "1.5", "-0.1", "nan", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
