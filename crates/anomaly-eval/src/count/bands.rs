//! Bootstrap bands around the ROC and precision-recall curves of the pooled voxels.

use crate::stats::{Draws, percentile};
use crate::{BootstrapSettings, FEWEST_SUBJECTS, ScoreHistogram, VoxelSet};

/// Thresholds of a curve at which subjects are counted.
const THRESHOLDS: usize = 128;

/// Where the resampled curves pass at one place of the horizontal axis: pointwise percentiles.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Band {
    /// False-positive rate (ROC) or recall (precision-recall).
    pub x: f64,
    /// Lower end of the interval of TPR (ROC) or precision (precision-recall).
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Bands around both curves. Empty where a class is absent, or for fewer than [`FEWEST_SUBJECTS`].
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CurveBands {
    /// Around the ROC curve.
    pub roc: Vec<Band>,
    /// Around the precision-recall curve.
    pub precision_recall: Vec<Band>,
}

/// Each subject's voxels above thresholds of the pooled curve, from which curves of resampled cohorts are made.
#[derive(Clone, Debug)]
pub struct SubjectCurves {
    /// Descending thresholds of each voxel set; beyond the last, every voxel is called anomalous.
    thresholds: [Vec<f32>; 2],
    /// For each subject and voxel set: lesion and healthy voxels above each threshold, and all of them.
    counts: Vec<[Vec<[u64; 2]>; 2]>,
}

impl SubjectCurves {
    /// No subjects yet; `pooled` holds all that will be added.
    pub fn new(pooled: &ScoreHistogram) -> Self {
        let thresholds = VoxelSet::ALL.map(|voxels| {
            let points = pooled.curve(voxels);
            let step = points.len().div_ceil(THRESHOLDS).max(1);
            points.iter().step_by(step).filter_map(|point| point.threshold).collect()
        });
        Self { thresholds, counts: Vec::new() }
    }

    /// Adds a subject.
    pub fn add(&mut self, subject: &ScoreHistogram) {
        let count = |set: usize| subject.counts_above_all(&self.thresholds[set], VoxelSet::ALL[set]);
        self.counts.push([count(0), count(1)]);
    }

    /// Bands over one voxel set.
    pub(crate) fn bands(&self, voxels: VoxelSet, settings: &BootstrapSettings) -> CurveBands {
        let set = usize::from(voxels == VoxelSet::Brain);
        let subjects: Vec<&[[u64; 2]]> = self.counts.iter().map(|counts| &counts[set][..]).collect();
        let Some(pooled) = Rates::of(subjects.iter().copied()).filter(|_| subjects.len() >= FEWEST_SUBJECTS)
        else {
            return CurveBands::default();
        };
        let mut draws = Draws::new(settings);
        let mut roc = vec![Vec::new(); pooled.fpr.len()];
        let mut precision_recall = roc.clone();
        for _ in 0..settings.resamples {
            let cohort: Vec<_> = subjects.iter().map(|_| subjects[draws.of(subjects.len())]).collect();
            // A cohort drawn from subjects without any lesion has no curve.
            let Some(rates) = Rates::of(cohort.into_iter()) else { continue };
            for (values, x) in roc.iter_mut().zip(&pooled.fpr) {
                values.push(interpolate(&rates.fpr, &rates.tpr, *x));
            }
            for (values, x) in precision_recall.iter_mut().zip(&pooled.tpr) {
                values.push(interpolate(&rates.tpr, &rates.precision, *x));
            }
        }
        let tail = (1.0 - settings.level) / 2.0;
        let band = |places: Vec<f64>, values: Vec<Vec<f64>>| {
            let at = |(x, mut values): (f64, Vec<f64>)| {
                values.sort_by(f64::total_cmp);
                (!values.is_empty()).then(|| Band {
                    x,
                    low: percentile(&values, tail),
                    high: percentile(&values, 1.0 - tail),
                })
            };
            places.into_iter().zip(values).filter_map(at).collect()
        };
        CurveBands { roc: band(pooled.fpr, roc), precision_recall: band(pooled.tpr, precision_recall) }
    }
}

impl ScoreHistogram {
    /// Lesion and healthy voxels above each of descending thresholds, which are bin ends, and at last all voxels.
    fn counts_above_all(&self, thresholds: &[f32], voxels: VoxelSet) -> Vec<[u64; 2]> {
        let mut counts = Vec::with_capacity(thresholds.len() + 1);
        let mut above = [0, 0];
        for step in self.descending(voxels) {
            // The voxels of a bin are above the thresholds below its end.
            while thresholds.get(counts.len()).is_some_and(|t| *t >= self.binning.upper(step.bin)) {
                counts.push(above);
            }
            above = [above[0] + step.lesion, above[1] + step.healthy];
        }
        counts.resize(thresholds.len() + 1, above);
        counts
    }
}

/// A cohort's rates along the thresholds, the point (0, 0) of the ROC curve first.
struct Rates {
    fpr: Vec<f64>,
    tpr: Vec<f64>,
    precision: Vec<f64>,
}

impl Rates {
    /// Rates of subjects together; `None` where a class is absent.
    fn of<'a>(mut subjects: impl Iterator<Item = &'a [[u64; 2]]>) -> Option<Self> {
        let mut sums = subjects.next()?.to_vec();
        for subject in subjects {
            for (sum, more) in sums.iter_mut().zip(subject) {
                *sum = [sum[0] + more[0], sum[1] + more[1]];
            }
        }
        let [lesion, healthy] = *sums.last()?;
        if lesion == 0 || healthy == 0 {
            return None;
        }
        let rate = |class: usize, all: u64| {
            std::iter::once(0.0).chain(sums.iter().map(move |sum| sum[class] as f64 / all as f64))
        };
        let precision =
            |sum: &&[u64; 2]| (sum[0] + sum[1] > 0).then(|| sum[0] as f64 / (sum[0] + sum[1]) as f64);
        // Nothing is called anomalous at the highest thresholds: precision there is that of the first detections.
        let mut first = sums.iter().find_map(|sum| precision(&sum))?;
        let mut precisions = vec![first];
        for sum in &sums {
            first = precision(&sum).unwrap_or(first);
            precisions.push(first);
        }
        Some(Self { fpr: rate(1, healthy).collect(), tpr: rate(0, lesion).collect(), precision: precisions })
    }
}

/// Value at `x` of the line through points with ascending `xs`; where several share `x`, that of the last.
fn interpolate(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    let after = xs.partition_point(|at| *at <= x);
    let before = after.saturating_sub(1);
    match xs.get(after) {
        Some(next) if *next > xs[before] => {
            let share = (x - xs[before]) / (next - xs[before]);
            ys[before] + share * (ys[after] - ys[before])
        }
        _ => ys[before],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Binning;

    /// A subject of 1000 voxels, a tenth of them lesion, whose lesion scores lie `shift` higher.
    fn subject(shift: f32, lesions: bool) -> ScoreHistogram {
        let lesion: Vec<bool> = (0..1000).map(|i| lesions && i % 10 == 0).collect();
        let scores: Vec<f32> = (0..1000)
            .map(|i| (i * 37 % 1000) as f32 / 2000.0 + if lesion[i] { shift } else { 0.0 })
            .collect();
        let mut histogram = ScoreHistogram::new(Binning::new(&[]).unwrap());
        histogram.add(&scores, Some(&lesion), &[true; 1000]).unwrap();
        histogram
    }

    fn bands(subjects: &[ScoreHistogram]) -> CurveBands {
        bands_over(subjects, VoxelSet::All, 0.95)
    }

    fn bands_over(subjects: &[ScoreHistogram], voxels: VoxelSet, level: f64) -> CurveBands {
        let mut pooled = ScoreHistogram::new(Binning::new(&[]).unwrap());
        for subject in subjects {
            pooled.merge(subject).unwrap();
        }
        let mut curves = SubjectCurves::new(&pooled);
        for subject in subjects {
            curves.add(subject);
        }
        curves.bands(voxels, &BootstrapSettings { resamples: 200, level, ..Default::default() })
    }

    #[test]
    fn counts_along_the_curve_are_those_of_each_threshold() {
        let histogram = subject(0.3, true);
        let curves = SubjectCurves::new(&histogram);
        let thresholds = &curves.thresholds[0];
        assert!(thresholds.len() > 100 && thresholds.windows(2).all(|pair| pair[0] > pair[1]));
        let counted = histogram.counts_above_all(thresholds, VoxelSet::All);
        for (threshold, [tp, fp]) in thresholds.iter().zip(&counted) {
            let counts = histogram.counts_above(*threshold, VoxelSet::All).unwrap();
            assert_eq!((counts.tp, counts.fp), (*tp, *fp));
        }
        assert_eq!(counted.last(), Some(&[100, 900]));
        // A score of 0 is above no threshold, and counts where every voxel is called anomalous.
        let mut zeros = histogram.clone();
        zeros.add(&[0.0; 50], None, &[true; 50]).unwrap();
        let counted = zeros.counts_above_all(thresholds, VoxelSet::All);
        assert_eq!((counted.len(), counted.last()), (thresholds.len() + 1, Some(&[100, 950])));
    }

    #[test]
    fn rates_of_subjects_together() {
        let (a, b) = ([[1, 0], [2, 4]], [[3, 1], [6, 6]]);
        let rates = Rates::of([&a[..], &b].into_iter()).unwrap();
        assert_eq!((rates.tpr, rates.fpr), (vec![0.0, 0.5, 1.0], vec![0.0, 0.1, 1.0]));
        assert_eq!(rates.precision, [0.8, 0.8, 8.0 / 18.0]);
        // Nothing is called anomalous at first, then lesions only.
        let rates = Rates::of([&[[0, 0], [3, 0], [6, 6]][..]].into_iter()).unwrap();
        assert_eq!(rates.precision, [1.0, 1.0, 1.0, 0.5]);
    }

    #[test]
    fn bands_over_the_brain_leave_out_the_rest() {
        let subjects = [0.1_f32, 0.3, 0.15, 0.25, 0.2].map(|shift| {
            let scores: Vec<f32> =
                (0..600).map(|i| (i * 37 % 600) as f32 / 1200.0 + shift * (i % 4) as f32 / 4.0).collect();
            let lesion: Vec<bool> = (0..600).map(|i| i % 4 > 1).collect();
            let brain: Vec<bool> = (0..600).map(|i| i < 300).collect();
            let mut whole = ScoreHistogram::new(Binning::new(&[]).unwrap());
            let mut inside = whole.clone();
            whole.add(&scores, Some(&lesion), &brain).unwrap();
            inside.add(&scores[..300], Some(&lesion[..300]), &brain[..300]).unwrap();
            (whole, inside)
        });
        let (whole, inside): (Vec<_>, Vec<_>) = subjects.into_iter().unzip();
        let brain = bands_over(&whole, VoxelSet::Brain, 0.95);
        assert_eq!(brain, bands_over(&inside, VoxelSet::All, 0.95));
        assert_ne!(brain, bands_over(&whole, VoxelSet::All, 0.95));
        // A band of a lower level lies within.
        let narrow = bands_over(&whole, VoxelSet::Brain, 0.4);
        let within = |(narrow, wide): (&Band, &Band)| {
            wide.low <= narrow.low && narrow.low <= narrow.high && narrow.high <= wide.high
        };
        assert!(narrow.roc.iter().zip(&brain.roc).all(within));
    }

    #[test]
    fn equal_subjects_have_no_spread_and_different_ones_enclose_their_mean() {
        let equal = bands(&[(); FEWEST_SUBJECTS].map(|()| subject(0.2, true)));
        assert!(equal.roc.len() > 100 && equal.precision_recall.len() == equal.roc.len());
        assert!(
            equal.roc.iter().chain(&equal.precision_recall).all(|band| (band.high - band.low).abs() < 1e-12)
        );
        let different = bands(&[0.0, 0.0, 0.2, 0.4, 0.4].map(|signal| subject(signal, true)));
        let middle = different.roc.iter().find(|band| band.x > 0.3).unwrap();
        assert!(middle.low < 0.5 && middle.high > 0.9, "{middle:?}");
    }

    #[test]
    fn bands_need_enough_subjects_and_both_classes() {
        let cohort = |ill: [bool; FEWEST_SUBJECTS]| ill.map(|ill| subject(0.2, ill));
        assert_eq!(bands(&cohort([true; FEWEST_SUBJECTS])[1..]), CurveBands::default());
        assert_eq!(bands(&cohort([false; FEWEST_SUBJECTS])), CurveBands::default());
        let one_ill = bands(&cohort([true, false, false, false, false]));
        assert!(
            !one_ill.roc.is_empty()
                && one_ill.roc.iter().all(|band| band.low.is_finite() && band.high <= 1.0)
        );
    }

    #[test]
    fn interpolation_of_known_lines() {
        let (xs, ys) = ([0.0, 0.5, 0.5, 1.0], [0.0, 0.2, 0.6, 1.0]);
        for (x, y) in [(-0.1, 0.0), (0.0, 0.0), (0.25, 0.1), (0.5, 0.6), (0.75, 0.8), (1.0, 1.0)] {
            approx::assert_abs_diff_eq!(interpolate(&xs, &ys, x), y, epsilon = 1e-15);
        }
    }
}
