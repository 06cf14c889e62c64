//! Numbers as tables write them.

use anomaly_eval::Estimate;

/// Stands for a value that does not exist.
pub(super) const NONE: &str = "–";

/// Estimate of 1 less the measure.
pub(super) fn complement(estimate: &Estimate) -> Estimate {
    let interval = estimate.interval.map(|[low, high]| [1.0 - high, 1.0 - low]);
    Estimate { mean: estimate.mean.map(|mean| 1.0 - mean), interval, ..*estimate }
}

pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.3}"))
}

/// "0.583 [0.541, 0.622]", with the number of subjects where some are undefined.
pub(super) fn estimate(estimate: &Estimate) -> String {
    let interval =
        estimate.interval.map_or_else(String::new, |[low, high]| format!(" [{low:.3}, {high:.3}]"));
    let subjects = if estimate.undefined > 0 { format!(" (n = {})", estimate.n) } else { String::new() };
    number(estimate.mean) + &interval + &subjects
}

/// "+0.0123 [+0.0041, +0.0201]".
pub(super) fn difference(estimate: &Estimate) -> String {
    let mean = estimate.mean.map_or_else(|| NONE.to_owned(), |mean| format!("{mean:+.4}"));
    let interval =
        estimate.interval.map_or_else(String::new, |[low, high]| format!(" [{low:+.4}, {high:+.4}]"));
    mean + &interval
}

pub(super) fn p_value(p: f64) -> String {
    if p < 1e-3 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_are_written() {
        let some = Estimate { mean: Some(0.25), interval: Some([0.125, 0.5]), n: 3, undefined: 1 };
        assert_eq!(estimate(&some), "0.250 [0.125, 0.500] (n = 3)");
        assert_eq!(estimate(&complement(&some)), "0.750 [0.500, 0.875] (n = 3)");
        assert_eq!(estimate(&Estimate { undefined: 0, ..some }), "0.250 [0.125, 0.500]");
        assert_eq!(difference(&some), "+0.2500 [+0.1250, +0.5000]");
        assert_eq!(
            (estimate(&Estimate::default()), difference(&Estimate::default())),
            (NONE.into(), NONE.into())
        );
        assert_eq!(
            [0.0, 9e-4, 1e-3, 0.0625, 1.0].map(p_value),
            ["<0.001", "<0.001", "0.001", "0.062", "1.000"]
        );
    }
}
