//! What a model's residuals are like in healthy brains: a scale, two thresholds, and the spread between persons.

use ndarray::ArrayView3;

use crate::{Error, Range, Result, Scope};

/// The share of healthy brain voxels above the residual that the scale is made of.
const RARE: f64 = 0.001;
/// A score of 1 is this many times what is rare in healthy brains: voxels of a lesion keep their order.
const HEADROOM: f32 = 4.0;

/// How a model's anomaly maps become scores, the same for each scan that the model will ever see: a healthy brain does not have
/// to contain a score of 1.
///
/// Everything is measured over the brain voxels of healthy subjects, after all post-processing. Where these subjects also chose
/// the epoch of the weights, rates in other healthy persons are expected to be a little higher.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HealthyCalibration {
    /// The residual that becomes a score of 1, as does anything above: four times the 99.9th percentile of healthy brain
    /// voxels. Scores are proportional to residuals.
    pub scale: f32,
    /// Scores that the shares `false_positive_rates` of healthy brain voxels are above: T1, T2.
    pub thresholds: [f32; 2],
    /// The rates that T1 and T2 were chosen for, in [0, 1].
    pub false_positive_rates: [f64; 2],
    /// The subject score, which is the share of the brain above T2, of each healthy validation subject, ascending.
    pub healthy_scores: Vec<f64>,
}

impl HealthyCalibration {
    /// Measures it on the maps of healthy subjects, each [within its brain](brain_values), of which all are in memory: 6 MB each at 1 mm. The
    /// rates, in [0, 1], are those of T1 and T2.
    ///
    /// # Errors
    /// [`Error::Invalid`] if nothing in the maps is above 0: the model reconstructs healthy brains without any difference, or
    /// there are no voxels.
    pub fn measure(subjects: &[Vec<f32>], false_positive_rates: [f64; 2]) -> Result<Self> {
        let mut pooled = subjects.concat();
        let scale = if pooled.is_empty() { 0.0 } else { HEADROOM * exceeded_by(RARE, &mut pooled) };
        if scale.is_nan() || scale <= 0.0 {
            return Err(Error::invalid(
                "the model reconstructs healthy brains without any difference: there is no scale to measure a difference by",
            ));
        }
        // The rarest residuals may lie beyond the scale.
        let limits = false_positive_rates.map(|rate| exceeded_by(rate, &mut pooled).min(scale));
        let mut healthy_scores: Vec<f64> =
            subjects.iter().map(|voxels| share_above(limits[1], voxels)).collect();
        healthy_scores.sort_by(f64::total_cmp);
        Ok(Self {
            scale,
            thresholds: limits.map(|limit| limit / scale),
            false_positive_rates,
            healthy_scores,
        })
    }

    /// How residuals become scores.
    pub fn scope(&self) -> Scope {
        Scope::Cohort(Range { low: 0.0, high: self.scale })
    }

    /// One number for a subject: the share of the brain whose scores are above T2, on the reference grid.
    pub fn subject_score(&self, scores: ArrayView3<'_, f32>, brain: ArrayView3<'_, bool>) -> f64 {
        share_above(self.thresholds[1], &brain_values(scores, brain))
    }

    /// The percentage of healthy validation subjects with a lower subject score; equal ones count half.
    pub fn percentile(&self, subject_score: f64) -> f64 {
        let below = self.healthy_scores.partition_point(|score| *score < subject_score);
        let not_above = self.healthy_scores.partition_point(|score| *score <= subject_score);
        50.0 * (below + not_above) as f64 / self.healthy_scores.len() as f64
    }
}

/// Values of brain voxels of a map on the same grid.
pub fn brain_values(map: ArrayView3<'_, f32>, brain: ArrayView3<'_, bool>) -> Vec<f32> {
    map.iter().zip(brain).filter(|(_, inside)| **inside).map(|(value, _)| *value).collect()
}

/// The lowest of the values that at most the share `rate` of them is above.
fn exceeded_by(rate: f64, values: &mut [f32]) -> f32 {
    let above = ((rate * values.len() as f64) as usize).min(values.len() - 1);
    let rank = values.len() - 1 - above;
    *values.select_nth_unstable_by(rank, f32::total_cmp).1
}

fn share_above(limit: f32, values: &[f32]) -> f64 {
    values.iter().filter(|value| **value > limit).count() as f64 / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize;
    use ndarray::Array3;

    /// Residuals 0.001, 0.002, ... 10 in one order or another, dealt out to `subjects`.
    fn known(subjects: usize) -> Vec<Vec<f32>> {
        let residual = |i: usize| (i * 7919 % 10_000 + 1) as f32 / 1000.0;
        (0..subjects).map(|s| (0..10_000).skip(s).step_by(subjects).map(residual).collect()).collect()
    }

    #[test]
    fn scale_and_thresholds_of_known_residuals() {
        let calibration = HealthyCalibration::measure(&known(4), [0.05, 0.02]).unwrap();
        assert_eq!(calibration.scale, 4.0 * 9.99);
        assert_eq!(calibration.thresholds, [9.5 / 39.96, 9.8 / 39.96]);
        let mean = calibration.healthy_scores.iter().sum::<f64>() / 4.0;
        assert!((mean - 0.02).abs() < 1e-12 && calibration.healthy_scores.is_sorted());
        let mut extreme = known(4);
        extreme[2][0] = 1000.0;
        let rarer_than_the_scale = HealthyCalibration::measure(&extreme, [0.05, 0.0]).unwrap();
        assert_eq!(rarer_than_the_scale.thresholds[1], 1.0);
        for nothing in [vec![vec![0.0; 9]], vec![Vec::new()], Vec::new()] {
            assert!(HealthyCalibration::measure(&nothing, [0.05, 0.02]).is_err());
        }
    }

    #[test]
    fn a_calm_brain_stays_dark_and_one_with_a_lesion_does_not() {
        let calibration = HealthyCalibration::measure(&known(4), [0.05, 0.02]).unwrap();
        let brain = Array3::from_elem((10, 10, 10), true);
        let calm = Array3::from_shape_fn((10, 10, 10), |(i, j, k)| (i + j + k) as f32 / 10.0);
        let mut lesion = calm.clone();
        lesion.slice_mut(ndarray::s![..5, ..5, ..4]).fill(20.0);
        let mut glaring = lesion.clone();
        glaring[[0, 0, 0]] = 50.0;
        let score = |map: Array3<f32>| {
            let scores = normalize(map, calibration.scope()).unwrap();
            let highest = scores.iter().copied().fold(0.0, f32::max);
            (highest, calibration.subject_score(scores.view(), brain.view()))
        };
        assert_eq!(score(calm), (2.7 / 39.96, 0.0));
        assert_eq!(score(lesion), (20.0 / 39.96, 0.1));
        assert_eq!(score(glaring), (1.0, 0.1));
    }

    #[test]
    fn percentiles_among_healthy_subjects() {
        let healthy_scores = vec![0.01, 0.02, 0.02, 0.05];
        let calibration = HealthyCalibration {
            healthy_scores,
            ..HealthyCalibration::measure(&known(1), [0.05, 0.02]).unwrap()
        };
        for (score, percentile) in [(0.0, 0.0), (0.01, 12.5), (0.015, 25.0), (0.02, 50.0), (0.1, 100.0)] {
            assert_eq!(calibration.percentile(score), percentile);
        }
    }
}
