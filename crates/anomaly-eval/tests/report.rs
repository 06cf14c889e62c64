//! From scores to tables and figures, on a small made-up cohort.

mod schema;

use std::sync::LazyLock;

use anomaly_eval::{
    Binning, BootstrapSettings, Copying, Decision, Error, Evaluation, Figure, Figure1, Figure1Column,
    Figure1Subject, HealthyScan, LesionSettings, Lesions, METRICS_SCHEMA, Measure, MethodResults,
    MethodSummary, Protocol, ProtocolSettings, ScoreHistogram, Sensitivity, SubjectCurves, SubjectMetrics,
    Variant, VariantMetrics, VoxelSet, calibration_figure, compare, curves_figure, largest_lesion_slice,
    seed_spread, seed_table, signed_rank, subjects_figure, write_subjects_csv,
};
use ndarray::{Array2, Array3};

const VOXELS: usize = 4000;
const GRID: [usize; 3] = [10, 10, 40];

/// Scores without structure, but the same on each machine: healthy voxels low, lesion voxels shifted by `signal`.
fn scores(subject: usize, signal: f32, lesion: &[bool]) -> Vec<f32> {
    let score = |voxel: usize| {
        let hash = (voxel as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ (subject as u64) << 32);
        let uniform = (hash >> 40) as f32 / (1 << 24) as f32;
        0.5 * uniform.powi(4) + if lesion[voxel] { signal } else { 0.0 }
    };
    (0..VOXELS).map(score).collect()
}

/// Two methods under all variants, the second without the last, on one subject.
fn sensitivity(bootstrap: &BootstrapSettings, ill: bool) -> Vec<Sensitivity> {
    let rows = [("ae", 0.5, 0), ("intensity", 0.375, 1)].into_iter().flat_map(|(method, auprc, missing)| {
        let kept = Variant::ALL.len() - missing;
        Variant::ALL.into_iter().take(kept).flat_map(move |variant| {
            let metrics = VoxelSet::ALL.map(|voxels| VariantMetrics {
                voxels,
                auroc: Some(0.9),
                auprc: ill.then_some(if variant == Variant::Paper { 0.25 } else { auprc }),
                best_dice: None,
                dice: Some(if voxels == VoxelSet::All { 0.125 } else { 0.75 }),
            });
            Sensitivity::of(method, variant, [0.3, 0.4], &[metrics], bootstrap)
        })
    });
    rows.collect()
}

fn evaluation() -> (Evaluation, Vec<SubjectMetrics>) {
    static EVALUATION: LazyLock<(Evaluation, Vec<SubjectMetrics>)> = LazyLock::new(|| make_evaluation(5));
    EVALUATION.clone()
}

/// Six test subjects, of whom the first `ill` have a lesion.
fn make_evaluation(ill: usize) -> (Evaluation, Vec<SubjectMetrics>) {
    let protocols = ProtocolSettings::default();
    let lesions = LesionSettings::default();
    let bootstrap = BootstrapSettings { resamples: 200, ..Default::default() };
    let binning = Binning::new(&protocols.paper_thresholds).unwrap();
    let brain: Vec<bool> = (0..VOXELS).map(|voxel| voxel % 3 != 0).collect();
    let (mut methods, mut all, mut reference) = (Vec::new(), Vec::new(), None);
    for (id, signal) in [("ae", 0.05), ("ssim-memae", 0.1), ("intensity", 0.02)] {
        let mut validation = ScoreHistogram::new(binning.clone());
        let scans = [96, 97, 98, 99].map(|subject| {
            let mut scan = ScoreHistogram::new(binning.clone());
            scan.add(&scores(subject, 0.0, &[false; VOXELS]), None, &brain).unwrap();
            validation.merge(&scan).unwrap();
            scan
        });
        let mut pooled = ScoreHistogram::new(binning.clone());
        let mut histograms = Vec::new();
        for subject in 0..6 {
            let lesion: Vec<bool> = (0..VOXELS).map(|voxel| subject < ill && voxel % 40 <= subject).collect();
            let mut histogram = ScoreHistogram::new(binning.clone());
            let scores = scores(subject, signal, &lesion);
            histogram.add(&scores, Some(&lesion), &brain).unwrap();
            pooled.merge(&histogram).unwrap();
            let grid = |flags: &[bool]| Array3::from_shape_vec(GRID, flags.to_vec()).unwrap();
            let map = Array3::from_shape_vec(GRID, scores).unwrap();
            let (truth, mask) = (grid(&lesion), grid(&brain));
            let of_subject = Lesions::measure(map.view(), Some(truth.view()), mask.view(), 0.5, &lesions);
            histograms.push((histogram, of_subject.unwrap()));
        }
        let reference = reference.get_or_insert_with(|| pooled.clone());
        let mut points = protocols.matched(&validation).unwrap();
        points.extend(protocols.paper());
        points.extend(protocols.calibrated(reference).unwrap());
        points.extend(protocols.fixed_rate(&validation).unwrap());
        let measure = |(subject, (histogram, lesions)): (usize, &(ScoreHistogram, Vec<Lesions>))| {
            let name = format!("sub-{subject:03}");
            let measured = SubjectMetrics::measure(name, id, histogram, lesions.clone(), &points).unwrap();
            // Each lesion is repeated by half, but the last subject has none.
            let copying = Copying { lesion: (subject < ill).then_some(0.5), fluid: Some(0.75) };
            SubjectMetrics { copying: (id != "intensity").then_some(copying), ..measured }
        };
        let subjects: Vec<SubjectMetrics> = histograms.iter().enumerate().map(measure).collect();
        let mut curves = SubjectCurves::new(&pooled);
        for (histogram, _) in &histograms {
            curves.add(histogram);
        }
        let healthy: Vec<HealthyScan> = scans
            .iter()
            .map(|scan| HealthyScan::measure("scan", scan, &validation, &points, &protocols).unwrap())
            .collect();
        let results = MethodResults {
            id,
            label: id,
            baseline: id == "intensity",
            points: &points,
            validation: &validation,
            pooled: &pooled,
            curves: &curves,
            healthy: &healthy,
            subjects: &subjects,
        };
        methods.push(MethodSummary::new(&results, &lesions, &bootstrap).unwrap());
        all.push((id, subjects));
    }
    let comparisons =
        compare(&all.iter().map(|(id, subjects)| (*id, &subjects[..])).collect::<Vec<_>>(), &bootstrap);
    let decision =
        |topic: &str| Decision { topic: topic.into(), value: "volume".into(), reason: "open".into() };
    let evaluation = Evaluation {
        cohort: "Made-up scores".into(),
        synthetic: true,
        validation_subjects: 4,
        test_subjects: 6,
        protocols,
        lesions,
        bootstrap,
        decisions: vec![decision("normalization scope")],
        sensitivity: sensitivity(&bootstrap, ill > 0),
        methods,
        comparisons,
    };
    (evaluation, all.into_iter().flat_map(|(_, subjects)| subjects).collect())
}

#[test]
fn table1_shows_ours_beside_the_papers() {
    let (evaluation, _) = evaluation();
    let table = evaluation.table1(Protocol::Matched, VoxelSet::All);
    assert!(table.caption.contains("Synthetic data") && table.caption.contains("5 % (T1) and 2 % (T2)"));
    assert!(table.caption.contains("all voxels"));
    let rows: Vec<_> = table.rows().collect();
    assert_eq!(rows.len(), 6);
    let paper = table.columns.iter().position(|column| column == "TPR paper").unwrap();
    assert_eq!(
        (rows[0][paper].as_str(), rows[4][paper].as_str(), rows[2][paper].as_str()),
        ("0.583", "0.432", "–")
    );
    // One of six subjects has no lesion, so no TPR.
    assert!(rows[0][3].ends_with("(n = 5)"), "{}", rows[0][3]);
    let pooled = evaluation.methods[0].pooled.points[0].rates.tpr.unwrap();
    assert_eq!(rows[0][4], format!("{pooled:.3}"));

    assert!(!evaluation.table1(Protocol::Paper, VoxelSet::Brain).columns.contains(&"TPR paper".to_owned()));
    assert!(evaluation.table1(Protocol::Paper, VoxelSet::All).caption.contains("assumed"));
    assert!(evaluation.table1(Protocol::Calibrated, VoxelSet::All).caption.contains("oracle"));
}

#[test]
fn every_table_is_rectangular_in_every_format() {
    let (evaluation, _) = evaluation();
    let mut tables = vec![
        evaluation.decisions_table(),
        evaluation.table1_tidy(),
        evaluation.subject_detection_table(),
        evaluation.headline_table(),
        evaluation.copying_table(),
    ];
    for voxels in VoxelSet::ALL {
        tables.extend([evaluation.ranking_table(voxels), evaluation.comparison_table(voxels)]);
        let sensitivity = evaluation.sensitivity_table(voxels).unwrap();
        assert_eq!((sensitivity.groups.len(), sensitivity.columns.len()), (3, 1 + 3));
        let dice = if voxels == VoxelSet::All { "0.125" } else { "0.750" };
        let cells = [format!("0.250 / {dice}"), "–".into(), format!("0.250 / {dice}")];
        assert_eq!(
            sensitivity.groups[0],
            [[&["as the paper, within the brain".to_owned()], &cells[..]].concat()]
        );
        let cells = [format!("0.500 (+0.250) / {dice}"), "–".into(), format!("0.375 (+0.125) / {dice}")];
        assert_eq!(sensitivity.groups[1][0][1..], cells);
        // The last way was not measured for the last method.
        let last = sensitivity.rows().last().unwrap();
        assert_eq!(last[1..], [cells[0].clone(), "–".into(), "–".into()]);
        assert_eq!(sensitivity.rows().count(), Variant::ALL.len());
        tables.push(sensitivity);
        tables.extend([evaluation.fixed_rate_table(voxels), evaluation.froc_table(voxels)]);
        for protocol in Protocol::ALL {
            tables.extend([
                evaluation.table1(protocol, voxels),
                evaluation.detection_table(protocol, voxels),
                evaluation.lesion_table(protocol, voxels),
            ]);
        }
    }
    for table in tables {
        assert!(table.rows().all(|row| row.len() == table.columns.len()), "{}", table.caption);
        assert_eq!(table.to_markdown().matches("\n|").count(), table.rows().count() + 2);
        assert_eq!(table.to_csv().unwrap().lines().count(), table.rows().count() + 1);
        assert!(table.to_latex().contains("\\toprule") && table.to_text().contains(&table.caption));
    }
    assert_eq!(evaluation.table1_tidy().rows().count(), 3 * 20);
    assert_eq!(evaluation.fixed_rate_table(VoxelSet::All).rows().count(), 3 * 6);
}

#[test]
fn the_headline_has_the_papers_measure_and_the_usual_one_and_marks_the_best() {
    let (evaluation, _) = evaluation();
    let table = evaluation.headline_table();
    let tpr = |method: usize| number(evaluation.methods[method].points[0].rates.tpr.mean);
    let rows: Vec<_> = table.rows().collect();
    for (method, row) in rows.iter().enumerate() {
        assert!(row[1].starts_with(&tpr(method)), "{row:?}");
    }
    // AUPRC of the paper's map, and post-processed.
    assert_eq!([&rows[0][5], &rows[0][6]], ["0.250", "0.500"]);
    assert_eq!(rows[2][6], "0.375");
    // The second method has the highest TPR; the first is the best of those whose post-processed maps were measured.
    assert!(table.best.contains(&[0, 1, 1]) && table.best.contains(&[0, 0, 6]), "{:?}", table.best);
    assert!(!table.best.contains(&[1, 0, 6]));
}

#[test]
fn the_finding_names_the_best_model_and_is_honest_about_baselines() {
    let (mut evaluation, _) = evaluation();
    let finding = evaluation.finding();
    assert!(finding.contains("6 synthetic test subjects, ae finds lesions best"), "{finding}");
    assert!(finding.contains("1.3 times T2 intensity treated alike (0.375)"), "{finding}");
    for row in evaluation.sensitivity.iter_mut().filter(|row| row.method == "ae") {
        row.auprc.mean = Some(0.3);
    }
    let mut proposed = evaluation.sensitivity.clone();
    proposed.retain(|row| row.method == "ae");
    for row in &mut proposed {
        row.method = "ssim-memae".into();
        row.auprc.mean = Some(0.2);
    }
    evaluation.sensitivity.extend(proposed);
    let finding = evaluation.finding();
    assert!(finding.contains("no better than T2 intensity treated alike (0.375)"), "{finding}");
    assert!(finding.contains("The proposed model, ssim-memae, reaches 0.200"), "{finding}");
    for row in evaluation.sensitivity.iter_mut().filter(|row| row.method == "ssim-memae") {
        row.auprc.mean = Some(0.9);
    }
    let finding = evaluation.finding();
    assert!(finding.contains("ssim-memae, the proposed model, finds lesions best"), "{finding}");
}

#[test]
fn without_any_lesion_there_is_a_report_of_undefined_rates() {
    let (evaluation, subjects) = make_evaluation(0);
    assert!(evaluation.finding().contains("No test subject has a lesion"));
    let row = evaluation.headline_table().groups[0][0].clone();
    assert_eq!([&row[1], &row[5]], ["– (n = 0)"; 2]);
    for voxels in VoxelSet::ALL {
        curves_figure(&evaluation, voxels).to_svg();
        subjects_figure(&evaluation, &subjects, voxels).to_svg();
        assert!(evaluation.sensitivity_table(voxels).unwrap().to_markdown().contains("– / "));
        for table in [evaluation.table1(Protocol::Matched, voxels), evaluation.froc_table(voxels)] {
            assert!(table.to_markdown().contains('–'));
        }
    }
    calibration_figure(&evaluation).to_svg();
    let schema: serde_json::Value = serde_json::from_str(METRICS_SCHEMA).unwrap();
    assert_eq!(schema::problems(&schema, &serde_json::to_value(&evaluation).unwrap()), [""; 0]);
}

#[test]
fn of_few_subjects_there_are_no_intervals_and_no_tests() {
    let (mut evaluation, subjects) = evaluation();
    let few: Vec<_> =
        subjects.iter().filter(|subject| subject.subject.as_str() < "sub-004").cloned().collect();
    let (a, b) = few.split_at(4);
    let bootstrap = BootstrapSettings { resamples: 100, ..Default::default() };
    assert!(compare(&[("ae", a), ("ssim-memae", &b[..4])], &bootstrap).is_empty());
    evaluation.test_subjects = 4;
    evaluation.comparisons.clear();
    for table in [evaluation.headline_table(), evaluation.comparison_table(VoxelSet::Brain)] {
        assert!(
            table.notes.iter().any(|note| note.contains("too few for intervals and tests (5")),
            "{:?}",
            table.notes
        );
    }
}

#[test]
fn copying_is_told_of_methods_that_reconstruct() {
    let (evaluation, _) = evaluation();
    let table = evaluation.copying_table();
    let row = ["ae", "0.500 [0.500, 0.500] (n = 5)", "0.750 [0.750, 0.750]"];
    assert_eq!(table.groups[0][0], row);
    assert!(table.groups[1].is_empty());
    assert_eq!(evaluation.methods[2].copying, None);
}

/// Three decimals, or a dash.
fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.3}"))
}

#[test]
fn tables_without_a_threshold_show_what_was_measured() {
    let (evaluation, _) = evaluation();
    let decision = ["normalization scope", "volume", "open"];
    assert_eq!(evaluation.decisions_table().groups, [[decision.map(str::to_owned)]]);
    let detection = evaluation.subject_detection_table();
    for (set, voxels) in VoxelSet::ALL.into_iter().enumerate() {
        let (ranking, froc) = (evaluation.ranking_table(voxels), evaluation.froc_table(voxels));
        for table in [&ranking, &froc, &detection] {
            // Models, then baselines.
            assert_eq!([table.groups[0].len(), table.groups[1].len()], [2, 1], "{}", table.caption);
        }
        assert!(ranking.notes[0].contains("95 % BCa"));
        for (at, method) in evaluation.methods.iter().enumerate() {
            let [ranking, froc, detection] =
                [&ranking, &froc, &detection].map(|table| table.rows().nth(at).unwrap());
            let (mean, pooled) = (&method.ranking[set], method.pooled.ranking[set].ranking);
            assert_eq!(ranking[0], method.label);
            for (cell, mean) in [&mean.auroc, &mean.auprc, &mean.best_dice].into_iter().enumerate() {
                assert!(ranking[2 * cell + 1].starts_with(&number(mean.mean)), "{ranking:?}");
            }
            let pooled = [
                pooled.auroc.map(|auroc| auroc.value),
                pooled.auprc.map(|auprc| auprc.value),
                pooled.best_dice.map(|best| best.dice.value),
            ];
            assert_eq!([2, 4, 6].map(|cell| ranking[cell].clone()), pooled.map(number));
            let sensitivities = method.lesions[set].froc_sensitivity.iter().map(|value| number(*value));
            assert_eq!(froc[1..], sensitivities.collect::<Vec<_>>());
            let areas = &method.subject_detection[set];
            for (cell, area) in [&areas.mean, &areas.p99].into_iter().enumerate() {
                let [low, high] = area.interval.unwrap();
                let expected = format!("{} [{low:.3}, {high:.3}]", number(area.auroc));
                assert_eq!(detection[1 + 2 * set + cell], expected);
            }
        }
    }
}

#[test]
fn tables_at_thresholds_show_what_was_measured() {
    let (evaluation, _) = evaluation();
    for (set, voxels) in VoxelSet::ALL.into_iter().enumerate() {
        let detection = evaluation.detection_table(Protocol::Matched, voxels);
        let lesions = evaluation.lesion_table(Protocol::Matched, voxels);
        let rates = evaluation.fixed_rate_table(voxels);
        // Rates of 0.1, 0.5, 1, 2, 5 and 10 %: the fifth is the matched one of threshold 1.
        assert_eq!(rates.groups[5][0][0], "10 %");
        for (at, method) in evaluation.methods.iter().enumerate() {
            let row = detection.groups[0][at].as_slice();
            let point = method.points.iter().position(|summary| {
                (summary.point.protocol, summary.point.voxels, summary.point.level)
                    == (Protocol::Matched, voxels, 1)
            });
            let point = point.unwrap();
            let (summary, pooled) = (&method.points[point], &method.pooled.points[point]);
            let fpr = summary.rates.tnr.mean.map(|tnr| 1.0 - tnr);
            assert_eq!(row[..2], ["T1", &method.label]);
            assert!(row[2].starts_with(&number(summary.rates.dice.mean)), "{row:?}");
            assert_eq!([&row[3], &row[5]], [&number(pooled.rates.dice), &number(pooled.rates.precision)]);
            assert!(row[6].starts_with(&number(fpr)), "{row:?}");
            assert_eq!(row[7], number(pooled.counts.fpr()));
            assert!(row[8].starts_with(&number(method.healthy_fpr[point].held_out.mean)), "{row:?}");
            let fixed = &rates.groups[4][at];
            assert_eq!([&fixed[0], &fixed[1]], ["5 %", &method.label]);
            assert_eq!([&fixed[2], &fixed[4]], [&format!("{:.4}", summary.point.threshold), &row[3]]);
            assert_eq!([&fixed[3], &fixed[6], &fixed[7]], [&row[2], &row[8], &row[6]]);

            let summary = &method.lesions[set];
            let row = lesions.groups[0][at].as_slice();
            assert!(lesions.columns[2].contains(&format!("All ({})", summary.sizes[0].lesions)));
            let found =
                summary.sizes[0].points.iter().find(|at| (at.protocol, at.level) == (Protocol::Matched, 1));
            assert!(row[2].starts_with(&number(found.unwrap().sensitivity.mean)), "{row:?}");
            assert_eq!(row[6], number(found.unwrap().pooled));
        }
    }
    let tidy = evaluation.table1_tidy();
    let column = |name: &str| tidy.columns.iter().position(|column| column == name).unwrap();
    for row in tidy.rows() {
        let has_paper = row[column("voxels")] == "all"
            && ["1", "2"].contains(&row[column("level")].as_str())
            && row[column("method")] != "intensity";
        assert_eq!(!row[column("tpr_paper")].is_empty(), has_paper, "{row:?}");
    }
}

#[test]
fn comparisons_are_of_the_same_subjects_measure_and_voxels() {
    let (evaluation, subjects) = evaluation();
    let (a, b) = (&subjects[..6], &subjects[6..12]);
    let value = |subject: &SubjectMetrics, measure: Measure, set: usize| {
        let ranking = subject.metrics.ranking[set].ranking;
        let rates = subject.metrics.points.iter().find(|at| {
            (at.point.protocol, at.point.voxels, at.point.level) == (Protocol::Matched, VoxelSet::ALL[set], 1)
        });
        match measure {
            Measure::Auroc => ranking.auroc.map(|auroc| auroc.value),
            Measure::Auprc => ranking.auprc.map(|auprc| auprc.value),
            Measure::BestDice => ranking.best_dice.map(|best| best.dice.value),
            Measure::MatchedDice => rates.unwrap().rates.dice,
            Measure::MatchedTpr => rates.unwrap().rates.tpr,
        }
    };
    let reversed: Vec<SubjectMetrics> = b.iter().rev().cloned().collect();
    let found = compare(&[("ae", a), ("ssim-memae", &reversed)], &evaluation.bootstrap);
    let mut found = found.iter();
    for measure in Measure::ALL {
        for (set, voxels) in VoxelSet::ALL.into_iter().enumerate() {
            let of = |subject| value(subject, measure, set);
            let differences: Vec<f64> = a.iter().zip(b).filter_map(|(a, b)| Some(of(a)? - of(b)?)).collect();
            let found = found.next().unwrap();
            assert_eq!((found.measure, found.voxels), (measure, voxels));
            let mean = differences.iter().sum::<f64>() / 5.0;
            approx::assert_abs_diff_eq!(found.difference.mean.unwrap(), mean, epsilon = 1e-12);
            assert_eq!(Some(found.test), signed_rank(&differences));
            let table = evaluation.comparison_table(voxels);
            let row = table.rows().find(|row| row[0] == measure.label()).unwrap();
            assert_eq!([&row[1], &row[2], &row[5]], ["ae", "ssim-memae", &found.test.n.to_string()]);
            assert!(row[3].starts_with(&format!("{mean:+.4}")), "{row:?}");
            assert_eq!(table.rows().count(), 5 * 3);
        }
    }
}

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
fn runs_with_other_seeds_have_a_spread() {
    let (run, _) = evaluation();
    let mut other = run.clone();
    other.methods[0].ranking[0].auroc.mean = run.methods[0].ranking[0].auroc.mean.map(|mean| mean - 0.02);
    let runs = [run, other];
    let spreads = seed_spread(&runs).unwrap();
    assert_eq!(spreads.len(), 2 * 5 * 3);
    approx::assert_abs_diff_eq!(spreads[0].deviation.unwrap(), 0.02 / 2.0_f64.sqrt(), epsilon = 1e-12);
    assert_eq!(spreads[1].deviation, Some(0.0));
    let matched = spreads.iter().find(|spread| spread.measure == Measure::MatchedTpr).unwrap();
    assert_eq!(matched.mean, runs[0].methods[0].points[0].rates.tpr.mean);
    let table = seed_table(&runs, &spreads);
    let [all, brain] = &table.groups[..] else { panic!("a group for each voxel set") };
    assert!(all[0][2].starts_with(&format!("{:.3} ± 0.014", spreads[0].mean.unwrap())), "{}", all[0][2]);
    assert!(brain[0][2].contains("± 0.000"), "{}", brain[0][2]);
    assert!(table.caption.contains("Synthetic") && table.rows().all(|row| row.len() == table.columns.len()));

    assert!(seed_spread(&runs[..1]).is_err() && seed_spread(&[]).is_err());
    let mut different = runs;
    different[1].methods.pop();
    assert!(seed_spread(&different).unwrap_err().to_string().contains("differ"));
}

/// Width and height of a PNG, which must be marked with 300 dots per inch.
fn png_size(figure: &Figure) -> (u32, u32) {
    let bytes = figure.to_png().unwrap();
    let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    assert_eq!(reader.info().pixel_dims.unwrap().xppu, 11811);
    (reader.info().width, reader.info().height)
}

#[test]
fn curves_are_drawn_and_marked_synthetic() {
    let figure = curves_figure(&evaluation().0, VoxelSet::All);
    let svg = figure.to_svg();
    for part in ["(synthetic data)", "stroke-dasharray=\"5 3\"", "ssim-memae: AUROC 0."] {
        assert!(svg.contains(part), "{part}");
    }
    assert_eq!(svg.matches("<polyline").count(), 6);
    assert_eq!(svg.matches("<polygon").count(), 6);
    assert_eq!(png_size(&figure).0, 2125);
}

#[test]
fn subjects_and_calibration_are_drawn() {
    let (evaluation, subjects) = evaluation();
    let boxes = subjects_figure(&evaluation, &subjects, VoxelSet::Brain);
    // Both measures of three methods on the five subjects that have a lesion.
    assert_eq!(boxes.to_svg().matches("<circle").count(), 2 * 3 * 5);
    let calibration = calibration_figure(&evaluation);
    // Both rates of three methods over two voxel sets.
    assert_eq!(calibration.to_svg().matches("<polyline").count(), 2 * 3 * 2);
    for figure in [boxes, calibration] {
        assert!(figure.to_svg().contains("(synthetic data)"));
        assert_eq!(png_size(&figure).0, 2125);
    }
}

fn slice_of(label: &str, methods: usize) -> Figure1Subject {
    let input =
        Array2::from_shape_fn((40, 48), |(i, j)| if i > 4 && j > 4 { 0.02 * (i % 30) as f32 } else { 0.0 });
    let lesion = input.mapv(|value| value > 0.4);
    let column = |index: usize| Figure1Column {
        label: format!("method {index}"),
        reconstruction: (index > 0).then(|| input.mapv(|value| 0.5 * value)),
        anomaly: input.mapv(|value| 0.5 * value),
        detection: lesion.clone(),
    };
    let columns = (0..methods).map(column).collect();
    Figure1Subject { label: label.into(), truth: Some(lesion.clone()), columns, input }
}

fn figure1(subjects: Vec<Figure1Subject>) -> anomaly_eval::Result<Figure> {
    Figure1 { title: "Figure 1 & title".into(), spacing: [1.0, 1.0], scale: None, subjects }.draw()
}

#[test]
fn figure1_has_a_picture_for_each_cell() {
    let figure = figure1(vec![slice_of("one", 3), slice_of("two", 3)]).unwrap();
    let svg = figure.to_svg();
    // Per subject: input, input with outline, 3 anomaly maps and detections, 2 reconstructions, a colour bar.
    assert_eq!(svg.matches("<image").count(), 2 * (2 + 3 + 3 + 2 + 1));
    assert!(svg.contains("Figure 1 &amp; title") && svg.contains(">R</text>") && svg.contains(">L</text>"));
    assert_eq!(png_size(&figure).0, 2250);
    assert_eq!(figure.to_png().unwrap(), figure.to_png().unwrap());

    let strip = figure1(vec![slice_of("one", 1)]).unwrap();
    assert!(png_size(&strip).0 > 2 * png_size(&strip).1);
}

#[test]
fn figure1_names_what_does_not_fit() {
    assert!(matches!(figure1(vec![]), Err(Error::Empty { .. })));
    assert!(matches!(figure1(vec![slice_of("none", 0)]), Err(Error::Empty { .. })));
    assert!(matches!(figure1(vec![slice_of("a", 2), slice_of("b", 3)]), Err(Error::Invalid(_))));
    let mut wrong = slice_of("wrong", 2);
    wrong.columns[1].anomaly = Array2::zeros((40, 47));
    assert!(matches!(figure1(vec![wrong]), Err(Error::ShapeMismatch { .. })));
}

#[test]
fn the_slice_with_most_lesion_is_found() {
    let mut lesion = Array3::from_elem((3, 3, 4), false);
    assert_eq!(largest_lesion_slice(lesion.view()), None);
    lesion[[1, 1, 1]] = true;
    lesion[[1, 1, 2]] = true;
    lesion[[1, 2, 2]] = true;
    assert_eq!(largest_lesion_slice(lesion.view()), Some(2));
}

#[test]
fn subjects_with_a_lesion_are_told_from_those_without() {
    let (evaluation, _) = evaluation();
    for method in &evaluation.methods {
        for set in &method.subject_detection {
            // Three healthy scans and one test subject without a lesion.
            assert_eq!((set.mean.with_lesion, set.mean.without_lesion), (5, 5));
            assert!(set.mean.auroc.unwrap() > 0.5);
        }
    }
    let table = evaluation.subject_detection_table();
    assert!(table.notes[0].contains("5 with a lesion, 5 without"), "{}", table.notes[0]);
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
