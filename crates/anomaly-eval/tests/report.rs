//! From scores to tables and figures, on a small made-up cohort.

use anomaly_eval::{
    Binning, BootstrapSettings, Decision, Error, Evaluation, Figure, Figure1, Figure1Column, Figure1Subject,
    MethodResults, MethodSummary, Metrics, Protocol, ProtocolSettings, ScoreHistogram, SubjectMetrics,
    VoxelSet, compare, curves_figure, largest_lesion_slice, write_subjects_csv,
};
use ndarray::{Array2, Array3};

const VOXELS: usize = 4000;

/// Scores without structure, but the same on each machine: healthy voxels low, lesion voxels shifted by `signal`.
fn scores(subject: usize, signal: f32, lesion: &[bool]) -> Vec<f32> {
    let score = |voxel: usize| {
        let hash = (voxel as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ (subject as u64) << 32);
        let uniform = (hash >> 40) as f32 / (1 << 24) as f32;
        0.5 * uniform.powi(4) + if lesion[voxel] { signal } else { 0.0 }
    };
    (0..VOXELS).map(score).collect()
}

fn evaluation() -> (Evaluation, Vec<SubjectMetrics>) {
    let protocols = ProtocolSettings::default();
    let bootstrap = BootstrapSettings { resamples: 200, ..Default::default() };
    let binning = Binning::new(&protocols.paper_thresholds).unwrap();
    let brain: Vec<bool> = (0..VOXELS).map(|voxel| voxel % 3 != 0).collect();
    let (mut methods, mut all, mut reference) = (Vec::new(), Vec::new(), None);
    for (id, signal) in [("ae", 0.05), ("ssim-memae", 0.1), ("intensity", 0.02)] {
        let mut validation = ScoreHistogram::new(binning.clone());
        validation.add(&scores(99, 0.0, &[false; VOXELS]), None, &brain).unwrap();
        let mut pooled = ScoreHistogram::new(binning.clone());
        let mut histograms = Vec::new();
        for subject in 0..6 {
            // The last subject has no lesion.
            let lesion: Vec<bool> = (0..VOXELS).map(|voxel| subject < 5 && voxel % 40 <= subject).collect();
            let mut histogram = ScoreHistogram::new(binning.clone());
            histogram.add(&scores(subject, signal, &lesion), Some(&lesion), &brain).unwrap();
            pooled.merge(&histogram).unwrap();
            histograms.push(histogram);
        }
        let reference = reference.get_or_insert_with(|| pooled.clone());
        let mut points = protocols.matched(&validation).unwrap();
        points.extend(protocols.paper());
        points.extend(protocols.calibrated(reference).unwrap());
        let measure = |(subject, histogram): (usize, &ScoreHistogram)| SubjectMetrics {
            subject: format!("sub-{subject:03}"),
            method: id.to_owned(),
            metrics: Metrics::measure(histogram, &points).unwrap(),
        };
        let subjects: Vec<SubjectMetrics> = histograms.iter().enumerate().map(measure).collect();
        let results = MethodResults {
            id,
            label: id,
            baseline: id == "intensity",
            points: &points,
            validation: &validation,
            pooled: &pooled,
            subjects: &subjects,
        };
        methods.push(MethodSummary::new(&results, &bootstrap).unwrap());
        all.push((id, subjects));
    }
    let comparisons = compare(&all.iter().map(|(id, subjects)| (*id, &subjects[..])).collect::<Vec<_>>());
    let decision =
        |topic: &str| Decision { topic: topic.into(), value: "volume".into(), reason: "open".into() };
    let evaluation = Evaluation {
        cohort: "Made-up scores".into(),
        synthetic: true,
        validation_subjects: 1,
        test_subjects: 6,
        protocols,
        bootstrap,
        decisions: vec![decision("normalization scope")],
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
    let mut tables = vec![evaluation.decisions_table(), evaluation.table1_tidy()];
    for voxels in VoxelSet::ALL {
        tables.extend([evaluation.ranking_table(voxels), evaluation.comparison_table(voxels)]);
        for protocol in Protocol::ALL {
            tables
                .extend([evaluation.table1(protocol, voxels), evaluation.detection_table(protocol, voxels)]);
        }
    }
    for table in tables {
        assert!(table.rows().all(|row| row.len() == table.columns.len()), "{}", table.caption);
        assert_eq!(table.to_markdown().matches("\n|").count(), table.rows().count() + 2);
        assert_eq!(table.to_csv().unwrap().lines().count(), table.rows().count() + 1);
        assert!(table.to_latex().contains("\\toprule") && table.to_text().contains(&table.caption));
    }
    assert_eq!(evaluation.table1_tidy().rows().count(), 3 * 12);
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
            assert!((target - 0.002..=target).contains(&fpr.unwrap()), "{} {fpr:?} {target}", method.id);
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
    assert!(better.unwrap().mean_difference < 0.0);
}

#[test]
fn results_survive_json_and_csv() {
    let (evaluation, subjects) = evaluation();
    let json = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap(), evaluation);
    let mut text = Vec::new();
    write_subjects_csv(&subjects, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), 1 + 3 * 6 * 12);
    let healthy = text.lines().find(|line| line.starts_with("sub-005,ae,matched,all,1,")).unwrap();
    assert!(healthy.ends_with(",,,,,") && !healthy.contains("NaN"), "{healthy}");
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
    assert_eq!(png_size(&figure).0, 2125);
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
    Figure1 { title: "Figure 1 & title".into(), spacing: [1.0, 1.0], subjects }.draw()
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
