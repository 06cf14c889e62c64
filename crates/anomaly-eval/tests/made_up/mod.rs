//! A small made-up cohort, evaluated. The tests of `memae-report` use it too.
#![allow(unreachable_pub, dead_code)] // Not every test needs all of it.

use std::sync::LazyLock;

use anomaly_eval::{
    Binning, BootstrapSettings, Copying, Decision, Evaluation, HealthyScan, LesionSettings, Lesions,
    MethodResults, MethodSummary, ProtocolSettings, ScoreHistogram, Sensitivity, SubjectCurves,
    SubjectMetrics, Variant, VariantMetrics, VoxelSet, compare,
};
use ndarray::Array3;

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

pub fn evaluation() -> (Evaluation, Vec<SubjectMetrics>) {
    static EVALUATION: LazyLock<(Evaluation, Vec<SubjectMetrics>)> = LazyLock::new(|| make_evaluation(5));
    EVALUATION.clone()
}

/// Six test subjects, of whom the first `ill` have a lesion.
pub fn make_evaluation(ill: usize) -> (Evaluation, Vec<SubjectMetrics>) {
    let protocols = ProtocolSettings::default();
    let lesions = LesionSettings::default();
    let mut bootstrap = BootstrapSettings::default();
    bootstrap.resamples = 200;
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
