//! Percentiles.

/// Percentile (0 to 100) of sorted values, at least one, by linear interpolation between order statistics, as
/// NumPy's default.
pub(crate) fn percentile(sorted: &[f32], percent: f64) -> f64 {
    let position = percent / 100.0 * (sorted.len() - 1) as f64;
    let (below, share) = (position.floor() as usize, position.fract());
    let low = f64::from(sorted[below]);
    let high = sorted.get(below + 1).map_or(low, |&value| f64::from(value));
    low + share * (high - low)
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_those_of_numpy() {
        // numpy.percentile([1, 2, 3, 4, 10], [10, 50, 90]) == [1.4, 3.0, 7.6]
        let values = [1.0, 2.0, 3.0, 4.0, 10.0];
        for (percent, expected) in [(10.0, 1.4), (50.0, 3.0), (90.0, 7.6), (0.0, 1.0), (100.0, 10.0)] {
            assert!((percentile(&values, percent) - expected).abs() < 1e-6);
        }
    }
}
