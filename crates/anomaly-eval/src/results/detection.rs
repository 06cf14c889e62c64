//! Telling subjects with a lesion from subjects without one, by one number for each subject.

use crate::stats::{Draws, bca_interval, mean};
use crate::{BootstrapSettings, FEWEST_SUBJECTS, ScoreHistogram, VoxelSet};

/// What a subject's voxels are summed up to. `None` where the voxel set is empty.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubjectScore {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// Mean score (bins counted at their middle: a relative error below 1.3e-4).
    pub mean: Option<f64>,
    /// The lowest bin end that at most 1 % of the voxels are above.
    pub p99: Option<f64>,
}

impl ScoreHistogram {
    /// Mean and 99th percentile of the scores of lesion and healthy voxels together.
    pub fn subject_score(&self, voxels: VoxelSet) -> SubjectScore {
        let (lesion, healthy) = self.totals(voxels);
        let all = lesion + healthy;
        let (mut sum, mut above, mut p99) = (0.0, 0, None);
        for step in self.descending(voxels) {
            let count = step.lesion + step.healthy;
            let end = f64::from(self.binning.upper(step.bin));
            let start = step.bin.checked_sub(1).map_or(end, |below| f64::from(self.binning.upper(below)));
            sum += count as f64 * f64::midpoint(start, end);
            above += count;
            if p99.is_none() && 100 * above > all {
                p99 = Some(end);
            }
        }
        SubjectScore { voxels, mean: (all > 0).then(|| sum / all as f64), p99 }
    }
}

/// How well a subject score tells subjects with a lesion from those without: the area under the ROC curve over subjects.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubjectDetection {
    /// The voxels that the subject score sums up.
    pub voxels: VoxelSet,
    /// By the mean score.
    pub mean: SubjectAuroc,
    /// By the 99th percentile of the scores.
    pub p99: SubjectAuroc,
}

/// An area under the ROC curve over subjects.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubjectAuroc {
    /// Probability that a subject with a lesion has the higher score, ties one half; `None` if either group is empty.
    pub auroc: Option<f64>,
    /// `BCa` bootstrap interval, both groups resampled; `None` if either group has fewer than
    /// [`FEWEST_SUBJECTS`].
    pub interval: Option<[f64; 2]>,
    /// Number of subjects with a lesion.
    pub with_lesion: usize,
    /// Number of subjects without.
    pub without_lesion: usize,
}

impl SubjectAuroc {
    /// The area for the scores of subjects with and without a lesion.
    pub fn of(with_lesion: &[f64], without_lesion: &[f64], settings: &BootstrapSettings) -> Self {
        let groups = [with_lesion, without_lesion];
        let area = auroc(with_lesion, without_lesion);
        let enough = groups.iter().all(|group| group.len() >= FEWEST_SUBJECTS);
        Self {
            auroc: area,
            interval: area
                .filter(|_| enough)
                .map(|area| interval(area, groups, resampled(groups, settings), settings.level)),
            with_lesion: with_lesion.len(),
            without_lesion: without_lesion.len(),
        }
    }
}

/// Area under the ROC curve: share of pairs in which `high` is above `low`, ties one half. `None` if there is no pair.
pub fn auroc(high: &[f64], low: &[f64]) -> Option<f64> {
    if high.is_empty() || low.is_empty() {
        return None;
    }
    let mut low = low.to_vec();
    low.sort_by(f64::total_cmp);
    let twice = |value: &f64| low.partition_point(|l| l < value) + low.partition_point(|l| l <= value);
    let ordered: usize = high.iter().map(twice).sum();
    Some(ordered as f64 / (2 * high.len() * low.len()) as f64)
}

/// Areas for groups of subjects drawn with replacement.
fn resampled([high, low]: [&[f64]; 2], settings: &BootstrapSettings) -> Vec<f64> {
    let mut draws = Draws::new(settings);
    let mut drawn =
        |group: &[f64]| -> Vec<f64> { group.iter().map(|_| group[draws.of(group.len())]).collect() };
    (0..settings.resamples).filter_map(|_| auroc(&drawn(high), &drawn(low))).collect()
}

/// `BCa` interval, given the bootstrap distribution of the area.
fn interval(area: f64, [high, low]: [&[f64]; 2], resampled: Vec<f64>, level: f64) -> [f64; 2] {
    let without = |group: &[f64], left_out: usize| [&group[..left_out], &group[left_out + 1..]].concat();
    let influences = |jackknife: Vec<f64>| {
        let centre = mean(&jackknife);
        let others = jackknife.len() as f64 - 1.0;
        jackknife.into_iter().map(|area| others * (centre - area)).collect()
    };
    let of_high = (0..high.len()).filter_map(|i| auroc(&without(high, i), low)).collect();
    let of_low = (0..low.len()).filter_map(|i| auroc(high, &without(low, i))).collect();
    bca_interval(area, resampled, &[influences(of_high), influences(of_low)], level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Binning;

    #[derive(serde::Deserialize)]
    struct Golden {
        subject_auroc: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        with_lesion: Vec<f64>,
        without_lesion: Vec<f64>,
        auroc: f64,
        resampled: Vec<f64>,
        interval: [f64; 2],
    }

    #[test]
    fn auroc_matches_scikit_learn_and_its_interval_scipy() {
        let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/golden.json")).unwrap();
        for Case { with_lesion, without_lesion, auroc, resampled, interval } in golden.subject_auroc {
            let groups = [&with_lesion[..], &without_lesion[..]];
            let ours = super::auroc(&with_lesion, &without_lesion).unwrap();
            approx::assert_abs_diff_eq!(ours, auroc, epsilon = 1e-14);
            let ours = super::interval(ours, groups, resampled, 0.95);
            approx::assert_abs_diff_eq!(ours[..], interval[..], epsilon = 1e-10);
        }
    }

    #[test]
    fn groups_that_are_empty_or_apart_are_defined() {
        let settings = BootstrapSettings { resamples: 100, ..Default::default() };
        let none = SubjectAuroc::of(&[0.5], &[], &settings);
        assert_eq!((none.auroc, none.interval, none.with_lesion, none.without_lesion), (None, None, 1, 0));
        let single = SubjectAuroc::of(&[0.5, 0.2], &[0.5], &settings);
        assert_eq!((single.auroc, single.interval), (Some(0.25), None));
        let few = SubjectAuroc::of(&[0.8, 0.9, 0.7, 0.8, 0.9], &[0.1; 4], &settings);
        assert_eq!((few.auroc, few.interval), (Some(1.0), None));
        let apart = SubjectAuroc::of(&[0.8, 0.9, 0.7, 0.75, 0.85], &[0.1, 0.2, 0.3, 0.4, 0.5], &settings);
        assert_eq!((apart.auroc, apart.interval), (Some(1.0), Some([1.0, 1.0])));
        let mixed = SubjectAuroc::of(&[0.3, 0.6, 0.9, 0.5, 0.7], &[0.1, 0.4, 0.55, 0.2, 0.3], &settings);
        let ([low, high], area) = (mixed.interval.unwrap(), mixed.auroc.unwrap());
        assert!(0.2 < low && low < area && area < high && high <= 1.0, "{mixed:?}");
    }

    #[test]
    fn a_subject_score_sums_up_its_voxels() {
        let scores: Vec<f32> = (1..=1000).map(|i| i as f32 / 1000.0).collect();
        let brain: Vec<bool> = (1..=1000).map(|i| i <= 500).collect();
        let mut histogram = ScoreHistogram::new(Binning::new(&[]).unwrap());
        histogram.add(&scores, None, &brain).unwrap();
        for (voxels, mean, p99) in [(VoxelSet::All, 0.5005, 0.99), (VoxelSet::Brain, 0.2505, 0.495)] {
            let score = histogram.subject_score(voxels);
            approx::assert_relative_eq!(score.mean.unwrap(), mean, max_relative = 1.3e-4);
            approx::assert_relative_eq!(score.p99.unwrap(), p99, max_relative = 2.5e-4);
        }
        let empty = ScoreHistogram::new(Binning::new(&[]).unwrap()).subject_score(VoxelSet::All);
        assert_eq!((empty.mean, empty.p99), (None, None));
        histogram.add(&[0.0; 2000], None, &[true; 2000]).unwrap();
        let zeros = histogram.subject_score(VoxelSet::Brain);
        approx::assert_relative_eq!(zeros.mean.unwrap(), 0.2505 * 0.2, max_relative = 1.3e-4);
    }
}
