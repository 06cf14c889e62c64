//! How much the results depend on what the paper leaves open: what each [`Variant`] reaches.

use ndarray::ArrayView3;

use crate::{BootstrapSettings, ConfusionCounts, Estimate, Result, ScoreHistogram, Variant, VoxelSet};

/// What one variant reaches on one test subject over one voxel set; `None` where undefined.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VariantMetrics {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// Area under the ROC curve.
    pub auroc: Option<f64>,
    /// Average precision.
    pub auprc: Option<f64>,
    /// Highest Dice over all thresholds.
    pub best_dice: Option<f64>,
    /// Dice of the detections at the threshold matched on healthy scans, small components removed where a variant does so.
    pub dice: Option<f64>,
}

impl VariantMetrics {
    /// Measures a test subject's scores over both voxel sets. `thresholds` are bin ends of an empty `histogram`, one for
    /// each voxel set.
    ///
    /// # Errors
    /// As [`ScoreHistogram::add`].
    pub fn measure(
        variant: &Variant,
        scores: ArrayView3<'_, f32>,
        truth: ArrayView3<'_, bool>,
        brain: ArrayView3<'_, bool>,
        mut histogram: ScoreHistogram,
        thresholds: [f32; 2],
    ) -> Result<[Self; 2]> {
        let flat = |mask: ArrayView3<'_, bool>| mask.iter().copied().collect::<Vec<_>>();
        let (lesion, inside) = (flat(truth), flat(brain));
        histogram.add(&scores.iter().copied().collect::<Vec<_>>(), Some(&lesion), &inside)?;
        Ok([0, 1].map(|set| {
            let voxels = VoxelSet::ALL[set];
            let ranking = histogram.ranking(voxels);
            let called = scores.mapv(|score| score > thresholds[set]);
            let called = variant.scoring().post_processing.detection(called);
            let mut counts = ConfusionCounts::default();
            for ((called, lesion), inside) in called.iter().zip(&lesion).zip(&inside) {
                if voxels == VoxelSet::All || *inside {
                    counts.count(*called, *lesion);
                }
            }
            Self {
                voxels,
                auroc: ranking.auroc.map(|auroc| auroc.value),
                auprc: ranking.auprc.map(|auprc| auprc.value),
                best_dice: ranking.best_dice.map(|best| best.dice.value),
                dice: counts.dice(),
            }
        }))
    }
}

/// What one variant of one method reaches over one voxel set: means over test subjects.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sensitivity {
    /// Identifier of the method.
    pub method: String,
    /// How scores are made.
    pub variant: Variant,
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// Threshold 1 of the `matched` protocol.
    pub threshold: f32,
    /// Area under the ROC curve.
    pub auroc: Estimate,
    /// Average precision.
    pub auprc: Estimate,
    /// Highest Dice of each subject.
    pub best_dice: Estimate,
    /// Dice at the threshold.
    pub dice: Estimate,
}

impl Sensitivity {
    /// Summarizes the test subjects under one variant, over each voxel set.
    pub fn of(
        method: &str,
        variant: Variant,
        thresholds: [f32; 2],
        subjects: &[[VariantMetrics; 2]],
        bootstrap: &BootstrapSettings,
    ) -> [Self; 2] {
        [0, 1].map(|set| {
            let mean = |value: fn(&VariantMetrics) -> Option<f64>| {
                Estimate::of(subjects.iter().map(|subject| value(&subject[set])), bootstrap)
            };
            Self {
                method: method.to_owned(),
                variant,
                voxels: VoxelSet::ALL[set],
                threshold: thresholds[set],
                auroc: mean(|metrics| metrics.auroc),
                auprc: mean(|metrics| metrics.auprc),
                best_dice: mean(|metrics| metrics.best_dice),
                dice: mean(|metrics| metrics.dice),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;
    use crate::{Binning, Range, ScanPair, Scope, ScopeKind, normalize};

    /// A noisy ball of raised residual in a larger brain.
    fn subject() -> (Array3<f32>, Array3<bool>, Array3<bool>) {
        let distance = |(i, j, k): (usize, usize, usize)| {
            [i, j, k].map(|at| (at as f32 - 9.5).powi(2)).iter().sum::<f32>().sqrt()
        };
        let noise =
            |(i, j, k): (usize, usize, usize)| ((i * 7919 + j * 104_729 + k * 1299) % 1000) as f32 / 4000.0;
        let map = Array3::from_shape_fn((20, 20, 20), |at| {
            if distance(at) < 9.0 { noise(at) + if distance(at) < 4.0 { 0.2 } else { 0.0 } } else { 0.0 }
        });
        let shape = map.raw_dim();
        let ball = |radius: f32| Array3::from_shape_fn(shape, |at| distance(at) < radius);
        (map, ball(4.0), ball(9.0))
    }

    fn scores(variant: Variant, map: &Array3<f32>, brain: &Array3<bool>) -> Array3<f32> {
        let pair = ScanPair { scan: map.view(), expected: None, brain: brain.view(), spacing: [1.0; 3] };
        let scope = match variant.scope() {
            ScopeKind::Volume => Scope::Volume,
            ScopeKind::Slice => Scope::Slice,
            ScopeKind::Cohort => Scope::Cohort(Range { low: 0.0, high: 0.5 }),
        };
        normalize(variant.scoring().map(&pair, None).unwrap(), scope).unwrap()
    }

    fn measure(variant: Variant, threshold: f32) -> [VariantMetrics; 2] {
        let (map, truth, brain) = subject();
        let scores = scores(variant, &map, &brain);
        let histogram = ScoreHistogram::new(Binning::new(&[threshold]).unwrap());
        let thresholds = [threshold; 2];
        VariantMetrics::measure(&variant, scores.view(), truth.view(), brain.view(), histogram, thresholds)
            .unwrap()
    }

    #[test]
    fn ranking_within_a_subject_does_not_depend_on_the_scope_of_one_range() {
        let volume = measure(Variant::Paper, 0.5);
        let cohort = measure(Variant::Cohort, 0.5);
        let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-3;
        for (volume, cohort) in volume.iter().zip(&cohort) {
            assert!(near(volume.auroc, cohort.auroc) && near(volume.auprc, cohort.auprc));
            assert!(near(volume.best_dice, cohort.best_dice));
        }
        let slice = measure(Variant::Slice, 0.5);
        assert!(!near(slice[1].auroc, volume[1].auroc));
    }

    #[test]
    fn dice_is_that_of_the_voxels_above_the_threshold() {
        let variant = Variant::Outside;
        let (map, truth, mut brain) = subject();
        let scores = scores(variant, &map, &brain);
        // Half of the lesion lies outside, and one voxel has the threshold as its score.
        brain.slice_mut(ndarray::s![..10, .., ..]).fill(false);
        let threshold = scores[[12, 10, 10]];
        let empty = ScoreHistogram::new(Binning::new(&[threshold]).unwrap());
        let mut histogram = empty.clone();
        let flags = |mask: &Array3<bool>| mask.iter().copied().collect::<Vec<_>>();
        histogram.add(scores.as_slice().unwrap(), Some(&flags(&truth)), &flags(&brain)).unwrap();
        let (scores, truth, brain) = (scores.view(), truth.view(), brain.view());
        let ours = VariantMetrics::measure(&variant, scores, truth, brain, empty, [threshold; 2]).unwrap();
        assert_ne!(ours[0].dice, ours[1].dice);
        for metrics in ours {
            assert_eq!(metrics.dice, histogram.counts_above(threshold, metrics.voxels).unwrap().dice());
        }
    }

    #[test]
    fn post_processing_takes_noise_away() {
        let (plain, processed) = (measure(Variant::Paper, 0.5), measure(Variant::Usual, 0.5));
        assert!(
            processed[1].auroc > plain[1].auroc && processed[1].dice > plain[1].dice,
            "{plain:?} {processed:?}"
        );
    }

    #[test]
    fn a_subject_without_lesion_is_left_out_of_the_means() {
        let (map, _, brain) = subject();
        let none = brain.mapv(|_| false);
        let variant = Variant::Paper;
        let scores = scores(variant, &map, &brain);
        let histogram = ScoreHistogram::new(Binning::new(&[0.5]).unwrap());
        let healthy =
            VariantMetrics::measure(&variant, scores.view(), none.view(), brain.view(), histogram, [0.5; 2])
                .unwrap();
        let ill = measure(variant, 0.5);
        let bootstrap = BootstrapSettings { resamples: 100, ..Default::default() };
        let [all, _] = Sensitivity::of("ae", variant, [0.5; 2], &[ill, healthy], &bootstrap);
        assert_eq!((all.dice.mean, all.dice.undefined, all.auroc.mean), (ill[0].dice, 1, ill[0].auroc));
    }
}
