//! The standard normal distribution.

/// Probability of a value of at most `z`.
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// The value with this [`cdf`]; infinite for 0 and 1. By bisection: exact to rounding, and it is needed only a few times.
pub(crate) fn quantile(probability: f64) -> f64 {
    if probability <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if probability >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if cdf(middle) < probability { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_quantiles() {
        for (probability, z) in [(0.5, 0.0), (0.975, 1.959963984540054), (0.025, -1.959963984540054)] {
            approx::assert_abs_diff_eq!(quantile(probability), z, epsilon = 1e-12);
            approx::assert_abs_diff_eq!(cdf(z), probability, epsilon = 1e-15);
        }
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(quantile(1.0), f64::INFINITY);
    }
}
