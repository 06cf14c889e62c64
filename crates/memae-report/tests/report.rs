//! Tables and figures of a small made-up cohort.

#[path = "../../anomaly-eval/tests/made_up/mod.rs"]
mod made_up;

use anomaly_eval::{
    BootstrapSettings, Measure, Protocol, SubjectMetrics, Variant, VoxelSet, compare, seed_spread,
    signed_rank,
};
use made_up::{evaluation, make_evaluation};
use memae_report::{
    Error, Figure, Figure1, Figure1Column, Figure1Subject, calibration_figure, curves_figure,
    largest_lesion_slice, subjects_figure, tables,
};
use ndarray::{Array2, Array3};

#[test]
fn table1_shows_ours_beside_the_papers() {
    let (evaluation, _) = evaluation();
    let table = tables::table1(&evaluation, Protocol::Matched, VoxelSet::All);
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

    assert!(
        !tables::table1(&evaluation, Protocol::Paper, VoxelSet::Brain)
            .columns
            .contains(&"TPR paper".to_owned())
    );
    assert!(tables::table1(&evaluation, Protocol::Paper, VoxelSet::All).caption.contains("assumed"));
    assert!(tables::table1(&evaluation, Protocol::Calibrated, VoxelSet::All).caption.contains("oracle"));
}

#[test]
fn every_table_is_rectangular_in_every_format() {
    let (evaluation, _) = evaluation();
    let mut tables = vec![
        tables::decisions(&evaluation),
        tables::table1_tidy(&evaluation),
        tables::subject_detection(&evaluation),
        tables::headline(&evaluation),
        tables::copying(&evaluation),
    ];
    for voxels in VoxelSet::ALL {
        tables.extend([tables::ranking(&evaluation, voxels), tables::comparisons(&evaluation, voxels)]);
        let sensitivity = tables::sensitivity(&evaluation, voxels).unwrap();
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
        tables.extend([tables::fixed_rates(&evaluation, voxels), tables::froc(&evaluation, voxels)]);
        for protocol in Protocol::ALL {
            tables.extend([
                tables::table1(&evaluation, protocol, voxels),
                tables::detection(&evaluation, protocol, voxels),
                tables::lesions(&evaluation, protocol, voxels),
            ]);
        }
    }
    for table in tables {
        assert!(table.rows().all(|row| row.len() == table.columns.len()), "{}", table.caption);
        assert_eq!(table.to_markdown().matches("\n|").count(), table.rows().count() + 2);
        assert_eq!(table.to_csv().unwrap().lines().count(), table.rows().count() + 1);
        assert!(table.to_latex().contains("\\toprule") && table.to_text().contains(&table.caption));
    }
    assert_eq!(tables::table1_tidy(&evaluation).rows().count(), 3 * 20);
    assert_eq!(tables::fixed_rates(&evaluation, VoxelSet::All).rows().count(), 3 * 6);
}

#[test]
fn the_headline_has_the_papers_measure_and_the_usual_one_and_marks_the_best() {
    let (evaluation, _) = evaluation();
    let table = tables::headline(&evaluation);
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
    let finding = tables::finding(&evaluation);
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
    let finding = tables::finding(&evaluation);
    assert!(finding.contains("no better than T2 intensity treated alike (0.375)"), "{finding}");
    assert!(finding.contains("The proposed model, ssim-memae, reaches 0.200"), "{finding}");
    for row in evaluation.sensitivity.iter_mut().filter(|row| row.method == "ssim-memae") {
        row.auprc.mean = Some(0.9);
    }
    let finding = tables::finding(&evaluation);
    assert!(finding.contains("ssim-memae, the proposed model, finds lesions best"), "{finding}");
}

#[test]
fn without_any_lesion_there_is_a_report_of_undefined_rates() {
    let (evaluation, subjects) = make_evaluation(0);
    assert!(tables::finding(&evaluation).contains("No test subject has a lesion"));
    let row = tables::headline(&evaluation).groups[0][0].clone();
    assert_eq!([&row[1], &row[5]], ["– (n = 0)"; 2]);
    for voxels in VoxelSet::ALL {
        curves_figure(&evaluation, voxels).to_svg();
        subjects_figure(&evaluation, &subjects, voxels).to_svg();
        assert!(tables::sensitivity(&evaluation, voxels).unwrap().to_markdown().contains("– / "));
        for table in
            [tables::table1(&evaluation, Protocol::Matched, voxels), tables::froc(&evaluation, voxels)]
        {
            assert!(table.to_markdown().contains('–'));
        }
    }
    calibration_figure(&evaluation).to_svg();
}

#[test]
fn of_few_subjects_there_are_no_intervals_and_no_tests() {
    let (mut evaluation, subjects) = evaluation();
    let few: Vec<_> =
        subjects.iter().filter(|subject| subject.subject.as_str() < "sub-004").cloned().collect();
    let (a, b) = few.split_at(4);
    let mut bootstrap = BootstrapSettings::default();
    bootstrap.resamples = 100;
    assert!(compare(&[("ae", a), ("ssim-memae", &b[..4])], &bootstrap).is_empty());
    evaluation.test_subjects = 4;
    evaluation.comparisons.clear();
    for table in [tables::headline(&evaluation), tables::comparisons(&evaluation, VoxelSet::Brain)] {
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
    let table = tables::copying(&evaluation);
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
    assert_eq!(tables::decisions(&evaluation).groups, [[decision.map(str::to_owned)]]);
    let detection = tables::subject_detection(&evaluation);
    for (set, voxels) in VoxelSet::ALL.into_iter().enumerate() {
        let (ranking, froc) = (tables::ranking(&evaluation, voxels), tables::froc(&evaluation, voxels));
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
        let detection = tables::detection(&evaluation, Protocol::Matched, voxels);
        let lesions = tables::lesions(&evaluation, Protocol::Matched, voxels);
        let rates = tables::fixed_rates(&evaluation, voxels);
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
    let tidy = tables::table1_tidy(&evaluation);
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
            let table = tables::comparisons(&evaluation, voxels);
            let row = table.rows().find(|row| row[0] == measure.label()).unwrap();
            assert_eq!([&row[1], &row[2], &row[5]], ["ae", "ssim-memae", &found.test.n.to_string()]);
            assert!(row[3].starts_with(&format!("{mean:+.4}")), "{row:?}");
            assert_eq!(table.rows().count(), 5 * 3);
        }
    }
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
    let table = tables::seeds(&runs, &spreads);
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

fn figure1(subjects: Vec<Figure1Subject>) -> memae_report::Result<Figure> {
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
    assert!(matches!(figure1(vec![]), Err(Error::Invalid(_))));
    assert!(matches!(figure1(vec![slice_of("none", 0)]), Err(Error::Invalid(_))));
    assert!(matches!(figure1(vec![slice_of("a", 2), slice_of("b", 3)]), Err(Error::Invalid(_))));
    let mut wrong = slice_of("wrong", 2);
    wrong.columns[1].anomaly = Array2::zeros((40, 47));
    assert!(matches!(figure1(vec![wrong]), Err(Error::Input(anomaly_eval::Error::ShapeMismatch { .. }))));
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
    let table = tables::subject_detection(&evaluation);
    assert!(table.notes[0].contains("5 with a lesion, 5 without"), "{}", table.notes[0]);
}
