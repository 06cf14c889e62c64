//! Laws that hold for any input, and what becomes of degenerate input.

use anomaly_eval::{
    Binning, Error, HealthyMean, Protocol, ProtocolSettings, Range, Residual, Scope, ScoreHistogram,
    VoxelSet, anomaly_map, normalize,
};
use ndarray::{Array3, array};
use proptest::prelude::*;

/// Scores with many ties, lesion labels and brain mask of one small subject.
fn subject() -> impl Strategy<Value = (Vec<f32>, Vec<bool>, Vec<bool>)> {
    let score = prop_oneof![Just(0.0_f32), Just(0.1), Just(1.0), 0.0..=1.0_f32, 0.0..1e-6_f32];
    prop::collection::vec((score, any::<bool>(), any::<bool>()), 1..200).prop_map(|voxels| {
        let mut brain: Vec<bool> = voxels.iter().map(|voxel| voxel.2).collect();
        brain[0] = true;
        (voxels.iter().map(|voxel| voxel.0).collect(), voxels.iter().map(|voxel| voxel.1).collect(), brain)
    })
}

fn histogram(
    thresholds: &[f32],
    (scores, lesion, brain): &(Vec<f32>, Vec<bool>, Vec<bool>),
) -> ScoreHistogram {
    let mut histogram = ScoreHistogram::new(Binning::new(thresholds).unwrap());
    histogram.add(scores, Some(lesion), brain).unwrap();
    histogram
}

/// AUROC by its definition: the share of (lesion, healthy) pairs in the right order.
fn auroc_by_pairs((scores, lesion, _): &(Vec<f32>, Vec<bool>, Vec<bool>)) -> Option<f64> {
    let (mut right, mut pairs) = (0.0, 0.0);
    for (i, a) in scores.iter().enumerate().filter(|(i, _)| lesion[*i]) {
        for (j, b) in scores.iter().enumerate().filter(|(j, _)| !lesion[*j]) {
            assert_ne!(i, j);
            pairs += 1.0;
            right += if a > b {
                1.0
            } else if a == b {
                0.5
            } else {
                0.0
            };
        }
    }
    (pairs > 0.0).then(|| right / pairs)
}

/// Average precision by its definition: at each distinct score the precision of all voxels not below it, weighted with the
/// share of lesion voxels that have this score.
fn average_precision((scores, lesion, _): &(Vec<f32>, Vec<bool>, Vec<bool>)) -> f64 {
    let total = lesion.iter().filter(|lesion| **lesion).count() as f64;
    let precision_at = |score: f32| {
        let called: Vec<bool> =
            scores.iter().zip(lesion).filter(|(s, _)| **s >= score).map(|(_, l)| *l).collect();
        called.iter().filter(|lesion| **lesion).count() as f64 / called.len() as f64
    };
    scores
        .iter()
        .zip(lesion)
        .filter(|(_, lesion)| **lesion)
        .map(|(score, _)| precision_at(*score) / total)
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn counts_equal_a_direct_count(subject in subject(), threshold in 0.0..=1.0_f32) {
        let histogram = histogram(&[threshold], &subject);
        let (scores, lesion, brain) = &subject;
        for voxels in VoxelSet::ALL {
            let counts = histogram.counts_above(threshold, voxels).unwrap();
            let direct = |called: bool, is_lesion: bool| {
                (0..scores.len())
                    .filter(|i| voxels == VoxelSet::All || brain[*i])
                    .filter(|i| (scores[*i] > threshold) == called && lesion[*i] == is_lesion)
                    .count() as u64
            };
            prop_assert_eq!(counts.tp, direct(true, true));
            prop_assert_eq!(counts.fp, direct(true, false));
            prop_assert_eq!(counts.tn, direct(false, false));
            prop_assert_eq!(counts.fn_, direct(false, true));
            prop_assert_eq!((counts.tp + counts.fn_, counts.tn + counts.fp), histogram.totals(voxels));
            let (detected, overlap) = (direct(true, true) + direct(true, false), direct(true, true));
            let dice_of_masks = 2.0 * overlap as f64 / (detected + counts.tp + counts.fn_) as f64;
            prop_assert_eq!(counts.dice(), (counts.tp + counts.fn_ > 0).then_some(dice_of_masks));
        }
    }

    #[test]
    fn merging_is_adding_in_any_order(a in subject(), b in subject(), c in subject()) {
        let [a, b, c] = [&a, &b, &c].map(|subject| histogram(&[0.1], subject));
        let sum = |parts: [&ScoreHistogram; 3]| {
            let mut total = ScoreHistogram::new(Binning::new(&[0.1]).unwrap());
            for part in parts {
                total.merge(part).unwrap();
            }
            total
        };
        let mut right = b.clone();
        right.merge(&c).unwrap();
        right.merge(&a).unwrap();
        prop_assert_eq!(&sum([&a, &b, &c]), &sum([&c, &a, &b]));
        prop_assert_eq!(sum([&a, &b, &c]), right);
    }

    #[test]
    fn auroc_lies_within_its_bounds(subject in subject()) {
        let ours = histogram(&[], &subject).ranking(VoxelSet::All).auroc;
        match (ours, auroc_by_pairs(&subject)) {
            (Some(ours), Some(exact)) => prop_assert!(ours.low - 1e-12 <= exact && exact <= ours.high + 1e-12),
            (ours, exact) => prop_assert_eq!(ours.map(|ours| ours.value), exact),
        }
    }

    #[test]
    fn average_precision_lies_within_its_bounds(subject in subject()) {
        if let Some(ours) = histogram(&[], &subject).ranking(VoxelSet::All).auprc {
            let exact = average_precision(&subject);
            prop_assert!(ours.low - 1e-12 <= exact && exact <= ours.high + 1e-12, "{exact} in {ours:?}");
            prop_assert!(ours.low - 1e-12 <= ours.value && ours.value <= ours.high + 1e-12);
        }
    }

    #[test]
    fn ranking_is_invariant_under_monotone_maps(levels in prop::collection::vec((1..=32_u8, any::<bool>()), 2..100)) {
        let lesion: Vec<bool> = levels.iter().map(|level| level.1).collect();
        let brain = vec![true; lesion.len()];
        let ranked = |map: fn(f32) -> f32| {
            let scores = levels.iter().map(|level| map(f32::from(level.0) / 32.0)).collect();
            histogram(&[], &(scores, lesion.clone(), brain.clone())).ranking(VoxelSet::All)
        };
        let (plain, mapped) = (ranked(|x| x), ranked(|x| x.powi(3)));
        prop_assert_eq!(plain.auroc.map(|a| a.value), mapped.auroc.map(|a| a.value));
        prop_assert_eq!(plain.auprc.map(|a| a.value), mapped.auprc.map(|a| a.value));
        prop_assert_eq!(plain.best_dice.map(|a| a.dice.value), mapped.best_dice.map(|a| a.dice.value));
    }

    #[test]
    fn matched_thresholds_keep_the_false_positive_rate(subject in subject(), fpr in 0.0..=1.0_f64) {
        let histogram = histogram(&[], &subject);
        match histogram.threshold_at_fpr(fpr, VoxelSet::All) {
            Ok(threshold) => {
                let reached = histogram.counts_above(threshold, VoxelSet::All).unwrap().fpr().unwrap();
                prop_assert!(reached <= fpr);
            }
            Err(_) => prop_assert!(subject.1.iter().all(|lesion| *lesion)),
        }
    }

    #[test]
    fn scores_lie_in_the_unit_interval(values in prop::collection::vec(-5.0..5.0_f32, 12)) {
        let map = Array3::from_shape_vec((2, 3, 2), values).unwrap();
        for scope in [Scope::Volume, Scope::Slice, Scope::Cohort(Range { low: -1.0, high: 1.0 })] {
            let scores = normalize(map.clone(), scope).unwrap();
            prop_assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)));
        }
        let scores = normalize(map, Scope::Volume).unwrap();
        prop_assert!(scores.iter().any(|score| *score == 0.0) && scores.iter().any(|score| *score == 1.0));
    }
}

#[test]
fn above_means_strictly_above() {
    let scores = vec![0.1, 0.1_f32.next_up(), 0.2, 0.0, -0.0];
    let healthy = histogram(&[0.1, 0.2], &(scores, vec![false; 5], vec![true; 5]));
    assert_eq!(healthy.counts_above(0.1, VoxelSet::All).unwrap().fp, 2);
    assert_eq!(healthy.counts_above(0.2, VoxelSet::All).unwrap().fp, 0);
    assert_eq!(healthy.counts_above(0.0, VoxelSet::All).unwrap().fp, 3);
    assert!(matches!(healthy.counts_above(0.15, VoxelSet::All), Err(Error::Invalid(_))));
    // Minus zero is zero.
    assert_eq!(healthy.counts_above(-0.0, VoxelSet::All).unwrap().fp, 3);
    assert_eq!(Binning::new(&[-0.0]).unwrap(), Binning::new(&[0.0]).unwrap());
}

#[test]
fn counts_are_exact_at_each_of_many_thresholds() {
    let thresholds = [0.1, 0.2, 0.3, 0.7, 1.0, 0.0];
    let scores: Vec<f32> = [0.1, 0.2, 0.3, 0.7].into_iter().flat_map(|t: f32| [t, t.next_up()]).collect();
    let many = histogram(&thresholds, &(scores.clone(), vec![true; 8], vec![true; 8]));
    for threshold in thresholds {
        let above = scores.iter().filter(|score| **score > threshold).count() as u64;
        assert_eq!(many.counts_above(threshold, VoxelSet::Brain).unwrap().tp, above, "{threshold}");
    }
}

#[test]
fn a_large_subject_is_counted_in_parts_without_a_trace() {
    let voxels = (4 << 20) + 3001;
    let mut scores: Vec<f32> = (0..voxels).map(|i| (i % 1000) as f32 / 1000.0).collect();
    let lesion: Vec<bool> = (0..voxels).map(|i| i >= 4 << 20).collect();
    let brain = vec![true; voxels];
    let mut whole = ScoreHistogram::new(Binning::new(&[0.5]).unwrap());
    whole.add(&scores, Some(&lesion), &brain).unwrap();
    let mut parts = ScoreHistogram::new(Binning::new(&[0.5]).unwrap());
    for start in (0..voxels).step_by(777_777) {
        let part = start..(start + 777_777).min(voxels);
        parts.add(&scores[part.clone()], Some(&lesion[part.clone()]), &brain[part]).unwrap();
    }
    assert_eq!(whole, parts);
    assert_eq!(whole.totals(VoxelSet::All), (3001, 4 << 20));

    scores[voxels - 2] = f32::NAN;
    let error = whole.add(&scores, None, &brain).unwrap_err();
    assert!(matches!(error, Error::NotFinite { index, .. } if index == voxels - 2), "{error}");
    assert_eq!(whole, parts);
}

#[test]
fn bounds_hold_the_worst_and_the_best_order_within_a_bin() {
    // All voxels in one bin: the three lesion voxels may come first or last.
    let lesion = vec![true, false, true, false, true];
    let one_bin = histogram(&[], &(vec![0.5; 5], lesion, vec![true; 5])).ranking(VoxelSet::All);
    let (auroc, auprc) = (one_bin.auroc.unwrap(), one_bin.auprc.unwrap());
    assert_eq!((auroc.low, auroc.value, auroc.high), (0.0, 0.5, 1.0));
    assert_eq!((auprc.value, auprc.high), (0.6, 1.0));
    // Last, they would have precisions 1/3, 2/4 and 3/5.
    let worst = (1.0 / 3.0 + 0.5 + 0.6) / 3.0;
    assert!(auprc.low <= worst && worst - auprc.low < 0.1, "{auprc:?}");
    let best = one_bin.best_dice.unwrap();
    assert_eq!((best.dice.low, best.dice.value, best.dice.high), (0.75, 0.75, 1.0));
    assert!(best.threshold < 0.5 && best.threshold > 0.4998);
    // Behind one healthy voxel no precision exceeds 3/4.
    let behind = (vec![0.9, 0.5, 0.5, 0.5], vec![false, true, true, true], vec![true; 4]);
    assert_eq!(histogram(&[], &behind).ranking(VoxelSet::All).auprc.unwrap().high, 0.75);
}

#[test]
fn a_curve_leaves_out_only_points_next_to_the_last() {
    // Each voxel in a bin of its own. First lesions only, then healthy voxels only, then both.
    let n = 3000;
    let lesion: Vec<bool> = (0..n).map(|i| if i < 2000 { i % 3 == 0 } else { i >= 2500 }).collect();
    let scores: Vec<f32> = (0..n).map(|i| (i + 1) as f32 / 4096.0).collect();
    let curve = histogram(&[], &(scores, lesion.clone(), vec![true; n])).curve(VoxelSet::All);
    let all = lesion.iter().filter(|lesion| **lesion).count() as f64;
    let (mut tp, mut fp) = (0.0, 0.0);
    let mut expected: Vec<[f64; 3]> = Vec::new();
    for (i, lesion) in lesion.iter().enumerate().rev() {
        if *lesion {
            tp += 1.0;
        } else {
            fp += 1.0;
        }
        let point = [fp / (n as f64 - all), tp / all, tp / (tp + fp)];
        let near = |last: &[f64; 3]| last.iter().zip(&point).all(|(a, b)| (a - b).abs() <= 2e-3);
        if i == 0 || !expected.last().is_some_and(near) {
            expected.push(point);
        }
    }
    let found: Vec<[f64; 3]> = curve.iter().map(|point| [point.fpr, point.tpr, point.precision]).collect();
    assert_eq!(found, expected);
    assert!(found.len() < n / 2 && curve.windows(2).all(|pair| pair[0].threshold > pair[1].threshold));
}

#[test]
fn a_point_just_one_spacing_from_the_last_is_left_out() {
    // Lesion and healthy voxels in the highest, the middle and the lowest bin: one of the three rates moves by 1/500.
    for [high, middle, low] in
        [[[1000, 0], [0, 1], [0, 499]], [[0, 1000], [1, 0], [499, 0]], [[0, 499], [1, 0], [999, 1]]]
    {
        let (mut scores, mut lesion) = (Vec::new(), Vec::new());
        for (score, voxels) in [(0.9_f32, high), (0.5, middle), (0.1, low)] {
            for (is_lesion, count) in [true, false].into_iter().zip(voxels) {
                scores.extend(vec![score; count]);
                lesion.extend(vec![is_lesion; count]);
            }
        }
        let brain = vec![true; scores.len()];
        assert_eq!(histogram(&[], &(scores, lesion, brain)).curve(VoxelSet::All).len(), 2);
    }
}

#[test]
fn of_equal_best_dice_the_highest_threshold_is_taken() {
    // Dice 2/3 above 0.7 and again above 0.
    let lesion = vec![true, false, false, true];
    let tie = histogram(&[0.7], &(vec![0.9, 0.7, 0.7, 0.5], lesion, vec![true; 4])).ranking(VoxelSet::All);
    let best = tie.best_dice.unwrap();
    assert_eq!(best.dice.value, 2.0 / 3.0);
    assert!(best.threshold > 0.8, "{best:?}");
}

#[test]
fn degenerate_subjects_are_undefined_where_a_class_is_absent() {
    for lesion in [false, true] {
        let one_class = histogram(&[0.1], &(vec![0.05, 0.5], vec![lesion; 2], vec![true; 2]));
        let ranking = one_class.ranking(VoxelSet::All);
        assert!(ranking.auroc.is_none() && ranking.auprc.is_none() && ranking.best_dice.is_none());
        assert!(one_class.curve(VoxelSet::All).is_empty());
        let counts = one_class.counts_above(0.1, VoxelSet::All).unwrap();
        assert_eq!((counts.tpr().is_some(), counts.tnr().is_some()), (lesion, !lesion));
    }
}

#[test]
fn a_constant_map_shows_no_anomaly() {
    let scores = normalize(Array3::from_elem((2, 2, 2), 7.0), Scope::Volume).unwrap();
    assert!(scores.iter().all(|score| *score == 0.0));
    let lesion: Vec<bool> = (0..8).map(|i| i < 3).collect();
    let constant = histogram(&[0.1], &(scores.into_raw_vec_and_offset().0, lesion, vec![true; 8]));
    let ranking = constant.ranking(VoxelSet::All);
    let (auroc, auprc) = (ranking.auroc.unwrap(), ranking.auprc.unwrap());
    assert_eq!((auroc.low, auroc.value, auroc.high), (0.5, 0.5, 0.5));
    assert_eq!((auprc.low, auprc.value, auprc.high), (0.375, 0.375, 0.375));
    assert_eq!(constant.threshold_at_fpr(0.05, VoxelSet::All).unwrap(), 0.0);
}

#[test]
fn bad_input_is_a_named_error_and_changes_nothing() {
    let empty = ScoreHistogram::new(Binning::new(&[]).unwrap());
    let mut histogram = empty.clone();
    let brain = [true, true];
    let error = |result: anomaly_eval::Result<()>| result.unwrap_err();
    assert!(matches!(error(histogram.add(&[], None, &[])), Error::Empty { .. }));
    assert!(matches!(error(histogram.add(&[0.5, 0.5], None, &[true])), Error::ShapeMismatch { .. }));
    assert!(matches!(error(histogram.add(&[0.5, 0.5], Some(&[true]), &brain)), Error::ShapeMismatch { .. }));
    assert!(matches!(error(histogram.add(&[0.5, 0.5], None, &[false; 2])), Error::EmptyMask));
    assert!(matches!(
        error(histogram.add(&[0.5, f32::NAN], None, &brain)),
        Error::NotFinite { index: 1, .. }
    ));
    assert!(matches!(
        error(histogram.add(&[0.5, f32::INFINITY], None, &brain)),
        Error::NotFinite { index: 1, .. }
    ));
    assert!(matches!(
        error(histogram.add(&[-0.1, 0.5], None, &brain)),
        Error::ScoreOutOfRange { index: 0, .. }
    ));
    assert!(matches!(
        error(histogram.add(&[0.5, 1.1], None, &brain)),
        Error::ScoreOutOfRange { index: 1, .. }
    ));
    assert!(matches!(
        error(histogram.merge(&ScoreHistogram::new(Binning::new(&[0.1]).unwrap()))),
        Error::Invalid(_)
    ));
    assert_eq!(histogram, empty);
    assert!(Binning::new(&[1.5]).is_err() && Binning::new(&[f32::NAN]).is_err());

    let (x, short) = (Array3::<f32>::zeros((2, 2, 2)), Array3::<f32>::zeros((2, 2, 1)));
    assert!(matches!(
        anomaly_map(x.view(), short.view(), Residual::Absolute),
        Err(Error::ShapeMismatch { .. })
    ));
    let mut nan = x.clone();
    nan[[1, 0, 1]] = f32::NAN;
    assert!(matches!(
        anomaly_map(x.view(), nan.view(), Residual::Ssim),
        Err(Error::NotFinite { index: 5, .. })
    ));
    assert!(matches!(normalize(nan, Scope::Volume), Err(Error::NotFinite { index: 5, .. })));
    let (lowest, highest) = (f32::NEG_INFINITY, f32::INFINITY);
    for (low, high) in [(1.0, 1.0), (1.0, 0.0), (lowest, 1.0), (0.0, highest), (lowest, highest)] {
        assert!(normalize(x.clone(), Scope::Cohort(Range { low, high })).is_err(), "{low} {high}");
    }
}

#[test]
fn residuals_of_known_voxels() {
    let input = array![[[0.5_f32], [0.2]]];
    let reconstruction = array![[[0.25_f32], [0.7]]];
    let map = |residual| anomaly_map(input.view(), reconstruction.view(), residual).unwrap();
    assert_eq!(map(Residual::Absolute), array![[[0.25], [0.5]]]);
    assert_eq!(map(Residual::Squared), array![[[0.0625], [0.25]]]);
    assert_eq!(map(Residual::Positive), array![[[0.25], [0.0]]]);
    let same = anomaly_map(input.view(), input.view(), Residual::Ssim).unwrap();
    assert!(same.iter().all(|anomaly| anomaly.abs() < 1e-6));
}

#[test]
fn the_mean_healthy_brain_is_a_mean() {
    let mut mean = HealthyMean::new([1, 1, 2]);
    assert!(matches!(mean.mean(), Err(Error::Empty { .. })));
    mean.add(array![[[0.25_f32, 1.0]]].view()).unwrap();
    mean.add(array![[[0.75_f32, 0.0]]].view()).unwrap();
    mean.add(array![[[0.5_f32, 0.5]]].view()).unwrap();
    assert_eq!(mean.mean().unwrap(), array![[[0.5, 0.5]]]);
    assert!(matches!(mean.add(array![[[0.5_f32]]].view()), Err(Error::ShapeMismatch { .. })));
    assert!(matches!(mean.add(array![[[0.5, f32::NAN]]].view()), Err(Error::NotFinite { index: 1, .. })));
}

#[test]
fn protocols_choose_the_thresholds_they_promise() {
    // Healthy scores 0.000, 0.001 ... 0.999, all in the brain.
    let scores: Vec<f32> = (0..1000).map(|i| i as f32 / 1000.0).collect();
    let mut healthy = ScoreHistogram::new(Binning::new(&[0.1, 0.2]).unwrap());
    healthy.add(&scores, None, &[true; 1000]).unwrap();
    let settings = ProtocolSettings::default();
    let thresholds =
        |points: Vec<anomaly_eval::OperatingPoint>| points.iter().map(|p| p.threshold).collect::<Vec<_>>();
    assert_eq!(thresholds(settings.paper()), [0.1, 0.2, 0.1, 0.2]);
    let matched = settings.matched(&healthy).unwrap();
    assert!(matched.iter().all(|point| point.protocol == Protocol::Matched));
    for (point, expected) in matched.iter().zip([50, 20, 50, 20]) {
        assert_eq!(healthy.counts_above(point.threshold, point.voxels).unwrap().fp, expected);
    }
    let calibrated = settings.calibrated(&healthy).unwrap();
    for (point, expected) in calibrated.iter().zip([47, 18, 47, 18]) {
        assert_eq!(healthy.counts_above(point.threshold, point.voxels).unwrap().fp, expected);
    }
    assert!(settings.check().is_ok());
    let mut wrong = settings;
    wrong.matched_fpr = [0.05, 2.0];
    assert!(wrong.check().is_err());
}
