//! Which scans of a cohort are unlike the others.

use super::summary::Summary;

/// A robust z-score beyond this is an outlier (Iglewicz and Hoaglin, "How to detect and handle outliers", 1993).
pub(super) const LIMIT: f64 = 3.5;
/// A skull stripping of less than this is worth a look.
pub(super) const LOW_QUALITY: f64 = 0.5;
/// Fewer scans have no spread to speak of.
const LEAST: usize = 5;

/// One figure of the scans.
pub(super) struct Measure {
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    pub(super) decimals: usize,
    /// A smaller deviation than this is none to speak of.
    grain: f64,
    /// Whether only low (-1), only high (1), or both (0) ends are suspicious.
    side: i8,
    pub(super) of: fn(&Summary) -> Option<f64>,
}

pub(super) const MEASURES: [Measure; 5] = [
    Measure {
        title: "Brain volume",
        unit: "ml",
        decimals: 0,
        grain: 20.0,
        side: 0,
        of: |summary| Some(summary.brain_ml),
    },
    Measure {
        title: "Stripping quality",
        unit: "",
        decimals: 2,
        grain: 0.05,
        side: -1,
        of: |summary| summary.strip_quality,
    },
    Measure {
        title: "Mutual information",
        unit: "",
        decimals: 3,
        grain: 0.005,
        side: -1,
        of: |summary| summary.metric,
    },
    Measure {
        title: "Rotation",
        unit: "°",
        decimals: 1,
        grain: 2.0,
        side: 1,
        of: |summary| Some(summary.rotation_degrees),
    },
    Measure {
        title: "Shift",
        unit: "mm",
        decimals: 1,
        grain: 5.0,
        side: 1,
        of: |summary| Some(summary.shift_mm),
    },
];

/// Median and scaled median absolute deviation: what mean and standard deviation are to a normal distribution, but
/// not moved by outliers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    deviation: f64,
}

impl Spread {
    /// None for few values.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let centre = median(values)?;
        let distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
        (values.len() >= LEAST).then_some(Self { median: centre, deviation: 1.4826 * median(&distances)? })
    }

    /// Robust z-score of a value; 0 on the side that is of no concern.
    pub(super) fn score(&self, value: f64, measure: &Measure) -> f64 {
        let score = (value - self.median) / self.deviation.max(measure.grain);
        if score * f64::from(measure.side) < 0.0 { 0.0 } else { score }
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 0 => Some(0.5 * (sorted[middle - 1] + sorted[middle])),
        _ => Some(sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_does_not_hide_itself() {
        let spread = Spread::of(&[1000.0, 1100.0, 1200.0, 1300.0, 1400.0, 9000.0]).unwrap();
        assert_eq!(spread, Spread { median: 1250.0, deviation: 1.4826 * 150.0 });
        let [both, low, ..] = MEASURES;
        assert!(spread.score(9000.0, &both) > LIMIT && spread.score(1250.0, &both) == 0.0);
        assert!(spread.score(1400.0, &both) < LIMIT);
        assert_eq!(spread.score(9000.0, &low), 0.0, "a high quality is no concern");
        assert!(spread.score(0.0, &low) < -LIMIT);
        assert_eq!(Spread::of(&[1.0, 2.0]), None);
        let alike = Spread::of(&[1.0; 6]).unwrap();
        assert!(alike.score(0.98, &low) > -LIMIT && alike.score(0.5, &low) < -LIMIT);
    }
}
