//! From scores to the results of a run, on a small made-up cohort.

mod made_up;
mod schema;

use anomaly_eval::{Evaluation, Lesions, METRICS_SCHEMA, Protocol, VoxelSet, write_subjects_csv};
use made_up::{evaluation, make_evaluation};

#[test]
fn matched_thresholds_hold_their_rate_and_calibrated_ones_the_papers_specificity() {
    let (evaluation, _) = evaluation();
    for method in &evaluation.methods {
        for (fpr, point) in method
            .healthy_fpr
            .iter()
            .zip(&method.points)
            .filter(|(_, at)| at.point.protocol == Protocol::Matched)
        {
            let target = evaluation.protocols.matched_fpr[usize::from(point.point.level) - 1];
            assert!(
                (target - 0.002..=target).contains(&fpr.pooled.unwrap()),
                "{} {fpr:?} {target}",
                method.id
            );
            assert!((fpr.held_out.mean.unwrap() - target).abs() < 0.01 && fpr.held_out.n == 4, "{fpr:?}");
        }
    }
    let reference = &evaluation.methods[0].pooled.points;
    let calibrated = |voxels| {
        reference
            .iter()
            .filter(move |at| (at.point.protocol, at.point.voxels) == (Protocol::Calibrated, voxels))
    };
    for (at, target) in calibrated(VoxelSet::All).zip(evaluation.protocols.calibrated_tnr) {
        assert!((target..target + 0.002).contains(&at.rates.tnr.unwrap()));
    }
    let thresholds = |voxels| calibrated(voxels).map(|at| at.point.threshold).collect::<Vec<_>>();
    assert_eq!(thresholds(VoxelSet::All), thresholds(VoxelSet::Brain));
}

#[test]
fn comparisons_are_corrected_within_a_family() {
    let (evaluation, _) = evaluation();
    assert_eq!(evaluation.comparisons.len(), 5 * 2 * 3);
    for comparison in &evaluation.comparisons {
        assert!(comparison.p_holm >= comparison.test.p && comparison.p_holm <= 1.0);
    }
    let better =
        evaluation.comparisons.iter().find(|test| (test.a.as_str(), test.b.as_str()) == ("ae", "ssim-memae"));
    let better = better.unwrap();
    let [low, high] = better.difference.interval.unwrap();
    assert!(low < high && high < 0.0 && better.test.effect == -1.0, "{better:?}");
}

#[test]
fn results_survive_json_and_csv() {
    let (evaluation, subjects) = evaluation();
    let json = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap(), evaluation);
    let mut text = Vec::new();
    write_subjects_csv(&subjects, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), 1 + 3 * 6 * 20);
    let healthy = text.lines().find(|line| line.starts_with("sub-005,ae,matched,all,1,")).unwrap();
    // No TPR, Dice, AUROC and so on; scores, no lesion of 0 ml that could be detected or copied, and fluid that is.
    assert!(
        healthy.contains(",,,,,,") && healthy.ends_with(",0,0,,0,,0.75") && !healthy.contains("NaN"),
        "{healthy}"
    );
}

#[test]
fn a_row_of_the_csv_holds_what_was_measured_there() {
    let (_, subjects) = evaluation();
    let mut text = Vec::new();
    write_subjects_csv(&subjects, &mut text).unwrap();
    let mut reader = csv::Reader::from_reader(&text[..]);
    let columns = reader.headers().unwrap().clone();
    let mut rows = reader.records().map(Result::unwrap);
    for subject in &subjects {
        for at in &subject.metrics.points {
            let row = rows.next().unwrap();
            let field = |name: &str| &row[columns.iter().position(|column| column == name).unwrap()];
            let written = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
            let set = usize::from(at.point.voxels == VoxelSet::Brain);
            let Lesions { lesions, .. } = &subject.lesions[set];
            let found = lesions.iter().filter(|lesion| lesion.score > at.point.threshold).count();
            let share = (!lesions.is_empty()).then(|| found as f64 / lesions.len() as f64);
            let ranking = subject.metrics.ranking[set].ranking;
            assert_eq!(field("subject"), subject.subject);
            assert_eq!((field("voxels"), field("tp")), (at.point.voxels.id(), &*at.counts.tp.to_string()));
            assert_eq!(field("auroc"), written(ranking.auroc.map(|auroc| auroc.value)));
            assert_eq!(field("score_mean"), written(subject.scores[set].mean));
            assert_eq!(
                (field("lesions"), field("lesions_detected")),
                (&*lesions.len().to_string(), &*found.to_string())
            );
            assert_eq!(field("lesion_sensitivity"), written(share));
            let ml: f64 = lesions.iter().map(|lesion| lesion.ml).sum();
            assert!((field("lesion_ml").parse::<f64>().unwrap() - ml).abs() < 1e-9);
        }
    }
    assert!(rows.next().is_none());
}

#[test]
fn metrics_hold_to_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(METRICS_SCHEMA).unwrap();
    let value = serde_json::to_value(evaluation().0).unwrap();
    assert_eq!(schema::problems(&schema, &value), [""; 0]);

    let mut broken = value.clone();
    broken["methods"][0]["pooled"]["points"][0]["rates"]["tpr"] = 1.5.into();
    broken["methods"][1]["pooled"]["points"][0]["counts"]["fp"] = (-1).into();
    broken["protocols"]["extra"] = true.into();
    broken["methods"][2].as_object_mut().unwrap().remove("lesions");
    // NaN becomes null in JSON.
    broken["methods"][0]["curves"][0]["points"][0]["fpr"] = f64::NAN.into();
    let problems = schema::problems(&schema, &broken);
    for part in ["rates/tpr", "counts/fp", "extra", "\"lesions\" is missing", "points/0/fpr"] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part} in {problems:?}");
    }
    assert_eq!(problems.len(), 5, "{problems:?}");
}

#[test]
fn lesions_are_counted_by_size() {
    let (evaluation, _) = evaluation();
    for summary in evaluation.methods.iter().flat_map(|method| &method.lesions) {
        let [all, classes @ ..] = &summary.sizes[..] else { panic!("all lesions, then by size") };
        assert!(all.lesions > 0);
        assert_eq!(classes.iter().map(|class| class.lesions).sum::<usize>(), all.lesions);
        // Points over one voxel set: two of each protocol, four fixed rates.
        assert!(summary.sizes.iter().all(|size| size.points.len() == 10));
        for class in &summary.sizes {
            assert_eq!(class.points[0].pooled.is_some(), class.lesions > 0);
            assert_eq!(class.points[0].sensitivity.mean.is_some(), class.lesions > 0);
        }
        assert!(summary.froc.windows(2).all(|pair| pair[0].sensitivity >= pair[1].sensitivity));
        assert!(summary.froc_sensitivity.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}

#[test]
fn undefined_rates_hold_to_the_schema() {
    let (evaluation, _) = make_evaluation(0);
    let schema: serde_json::Value = serde_json::from_str(METRICS_SCHEMA).unwrap();
    assert_eq!(schema::problems(&schema, &serde_json::to_value(&evaluation).unwrap()), [""; 0]);
}
