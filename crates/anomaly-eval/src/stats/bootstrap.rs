//! Bootstrap confidence intervals over subjects.
//!
//! Bias-corrected and accelerated (`BCa`) intervals: Efron, "Better bootstrap confidence intervals", JASA 82 (1987); the
//! same formulas as `scipy.stats.bootstrap(method="BCa")`.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::normal;
use crate::{Error, Result};

/// How confidence intervals are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
#[non_exhaustive]
pub struct BootstrapSettings {
    /// Number of resamples.
    pub resamples: usize,
    /// Seed of the resampling.
    pub seed: u64,
    /// Confidence level, between 0 and 1.
    pub level: f64,
}

impl Default for BootstrapSettings {
    fn default() -> Self {
        Self { resamples: 2000, seed: 0, level: 0.95 }
    }
}

impl BootstrapSettings {
    /// Checks that the settings make sense.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the setting.
    pub fn check(&self) -> Result<()> {
        if self.resamples < 100 {
            return Err(Error::invalid(format!(
                "resamples: {} is too few, at least 100 are needed",
                self.resamples
            )));
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::invalid(format!("level: {} is not between 0 and 1", self.level)));
        }
        Ok(())
    }
}

/// Subjects below which nothing is said about others than them: no interval and no test.
pub const FEWEST_SUBJECTS: usize = 5;

/// Mean of a measure over subjects.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Estimate {
    /// Mean over the subjects on which the measure is defined; `None` if there are none.
    pub mean: Option<f64>,
    /// Lower and upper end of the `BCa` bootstrap interval; `None` for fewer than [`FEWEST_SUBJECTS`].
    pub interval: Option<[f64; 2]>,
    /// Number of subjects on which the measure is defined.
    pub n: usize,
    /// Number of subjects that were left out, as the measure is undefined there.
    pub undefined: usize,
}

impl Estimate {
    /// Mean and interval of the defined values.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>, settings: &BootstrapSettings) -> Self {
        let values: Vec<Option<f64>> = values.into_iter().collect();
        let defined: Vec<f64> = values.iter().flatten().copied().collect();
        let n = defined.len();
        Self {
            mean: (n > 0).then(|| mean(&defined)),
            interval: (n >= FEWEST_SUBJECTS)
                .then(|| mean_interval(&defined, resampled_means(&defined, settings), settings)),
            n,
            undefined: values.len() - n,
        }
    }
}

/// Draws subjects with replacement, the same ones for the same seed.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(settings: &BootstrapSettings) -> Self {
        Self(ChaCha8Rng::seed_from_u64(settings.seed))
    }

    /// One of `n` subjects.
    pub(crate) fn of(&mut self, n: usize) -> usize {
        ((u64::from(self.0.next_u32()) * n as u64) >> 32) as usize
    }
}

/// Means of samples of subjects drawn with replacement.
fn resampled_means(values: &[f64], settings: &BootstrapSettings) -> Vec<f64> {
    let mut draws = Draws::new(settings);
    let n = values.len();
    (0..settings.resamples).map(|_| (0..n).map(|_| values[draws.of(n)]).sum::<f64>() / n as f64).collect()
}

/// `BCa` interval of a mean. The jackknife influence of a subject on a mean is its deviation from the mean.
fn mean_interval(values: &[f64], resampled: Vec<f64>, settings: &BootstrapSettings) -> [f64; 2] {
    let mean = mean(values);
    let influences = values.iter().map(|value| value - mean).collect();
    bca_interval(mean, resampled, &[influences], settings.level)
}

/// `BCa` interval of `estimate`, given its bootstrap distribution and the jackknife influences of each independent sample:
/// (n - 1) times the mean of the jackknife estimates less each of them.
pub(crate) fn bca_interval(
    estimate: f64,
    mut resampled: Vec<f64>,
    influences: &[Vec<f64>],
    level: f64,
) -> [f64; 2] {
    let moment = |power: i32| {
        let of_sample = |sample: &Vec<f64>| {
            sample.iter().map(|u| u.powi(power)).sum::<f64>() / (sample.len() as f64).powi(power)
        };
        influences.iter().map(of_sample).sum::<f64>()
    };
    if moment(2) == 0.0 || resampled.iter().all(|value| *value == estimate) {
        return [estimate; 2];
    }
    resampled.sort_by(f64::total_cmp);
    let below = resampled.partition_point(|m| *m < estimate);
    let not_above = resampled.partition_point(|m| *m <= estimate);
    // Kept from 0 and 1, where the bias would be infinite.
    let draws = resampled.len() as f64;
    let bias = normal::quantile(((below + not_above) as f64 / 2.0).clamp(0.5, draws - 0.5) / draws);
    let acceleration = moment(3) / (6.0 * moment(2).powf(1.5));

    let tail = (1.0 - level) / 2.0;
    [tail, 1.0 - tail].map(|probability| {
        let shifted = bias + normal::quantile(probability);
        percentile(&resampled, normal::cdf(bias + shifted / (1.0 - acceleration * shifted)))
    })
}

/// Quantile (`probability` from 0 to 1) of sorted values with linear interpolation between order statistics, as NumPy's default.
///
/// # Panics
/// If there are no values.
pub fn percentile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    low + (high - low) * position.fract()
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Golden {
        bca: Vec<BcaCase>,
    }

    #[derive(serde::Deserialize)]
    struct BcaCase {
        values: Vec<f64>,
        level: f64,
        resampled: Vec<f64>,
        interval: [f64; 2],
    }

    #[test]
    fn bca_matches_scipy_on_the_same_resamples() {
        let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/golden.json")).unwrap();
        for BcaCase { values, level, resampled, interval } in golden.bca {
            let settings = BootstrapSettings { level, ..Default::default() };
            let ours = mean_interval(&values, resampled, &settings);
            approx::assert_abs_diff_eq!(ours[..], interval[..], epsilon = 1e-10);
        }
    }

    #[test]
    fn the_interval_is_finite_when_all_resamples_lie_on_one_side() {
        let [low, high] = mean_interval(&[0.0, 0.5, 1.0], vec![0.9, 0.8, 0.7], &BootstrapSettings::default());
        assert!(low.is_finite() && high.is_finite() && low <= high);
        // Five sixths of the distribution count as below: the lower end is its middle, not its end.
        let [low, high] = mean_interval(&[0.0, 0.5, 1.0], vec![0.1, 0.2, 0.3], &BootstrapSettings::default());
        approx::assert_abs_diff_eq!(low, 0.198, epsilon = 1e-3);
        approx::assert_abs_diff_eq!(high, 0.3, epsilon = 1e-3);
    }

    #[test]
    fn without_spread_the_interval_is_a_point() {
        assert_eq!(bca_interval(0.5, vec![0.4, 0.6], &[vec![0.0, 0.0]], 0.95), [0.5; 2]);
        assert_eq!(bca_interval(0.5, vec![0.5, 0.5], &[vec![-0.1, 0.1]], 0.95), [0.5; 2]);
    }

    #[test]
    fn settings_without_sense_are_named() {
        let check = |resamples, level| BootstrapSettings { resamples, level, seed: 0 }.check().is_ok();
        assert!(check(100, 0.95) && !check(99, 0.95));
        assert!(!check(100, 0.0) && !check(100, 1.0) && !check(100, f64::NAN) && check(101, 0.5));
    }

    #[test]
    fn undefined_subjects_are_left_out_and_counted() {
        let settings = BootstrapSettings::default();
        let values = [Some(0.2), None, Some(0.4), Some(0.6), Some(0.3), Some(0.5)];
        let estimate = Estimate::of(values, &settings);
        assert_eq!((estimate.n, estimate.undefined), (5, 1));
        approx::assert_abs_diff_eq!(estimate.mean.unwrap(), 0.4, epsilon = 1e-15);
        let [low, high] = estimate.interval.unwrap();
        assert!((0.2..0.4).contains(&low) && (0.4..=0.6).contains(&high));
        assert_eq!(Estimate::of(values, &settings), estimate);

        let none = Estimate::of([None], &settings);
        assert_eq!((none.mean, none.interval, none.n, none.undefined), (None, None, 0, 1));
        let few = Estimate::of([Some(0.5); FEWEST_SUBJECTS - 1], &settings);
        assert_eq!((few.mean, few.interval), (Some(0.5), None));
        let equal = Estimate::of([Some(0.5); FEWEST_SUBJECTS], &settings);
        assert_eq!(equal.interval, Some([0.5, 0.5]));
    }
}
