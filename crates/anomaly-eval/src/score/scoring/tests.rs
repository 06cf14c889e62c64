//! Each step against `SciPy`, and what must hold of their order.

use ndarray::s;
use proptest::prelude::*;

use super::*;

#[derive(serde::Deserialize)]
struct Golden {
    shape: [usize; 3],
    spacing: [f64; 3],
    brain: String,
    scan: Vec<f32>,
    reconstruction: Vec<f32>,
    depth: Vec<f32>,
    mm: f64,
    smoothed: Vec<f32>,
    matched: Vec<f32>,
    healthy: Vec<Vec<f32>>,
    brains: Vec<String>,
    floor: f64,
    mean: Vec<f32>,
    spread: Vec<f32>,
    median_7: Vec<f32>,
}

impl Golden {
    fn read() -> Self {
        serde_json::from_str(include_str!("../../../tests/golden/scoring.json")).unwrap()
    }

    fn volume(&self, values: &[f32]) -> Array3<f32> {
        Array3::from_shape_vec(self.shape, values.to_vec()).unwrap()
    }

    fn flags(&self, digits: &str) -> Array3<bool> {
        Array3::from_shape_vec(self.shape, digits.bytes().map(|digit| digit == b'1').collect()).unwrap()
    }
}

fn assert_near(ours: &Array3<f32>, expected: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), expected.len());
    for (at, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        assert!((ours - expected).abs() <= tolerance, "{ours} instead of {expected} at {at}");
    }
}

fn scoring(outside: Outside, post_processing: PostProcessing) -> Scoring {
    Scoring { residual: Residual::Positive, outside, post_processing }
}

#[test]
fn each_step_matches_scipy() {
    let golden = Golden::read();
    let (brain, scan) = (golden.flags(&golden.brain), golden.volume(&golden.scan));
    let reconstruction = golden.volume(&golden.reconstruction);
    let depth = distance_to(brain.mapv(|inside| !inside).view(), golden.spacing);
    assert_near(&depth, &golden.depth, 1e-6);
    let smoothed = gaussian::smooth_within(scan.view(), brain.view(), golden.mm, golden.spacing);
    assert_near(&smoothed, &golden.smoothed, 1e-6);
    let matched = quantiles::match_quantiles(scan.view(), reconstruction.view(), brain.view());
    assert_near(&matched, &golden.matched, 1e-6);
    assert_near(&median(scan.view(), brain.mapv(|_| true).view(), 7), &golden.median_7, 0.0);
}

#[test]
fn calibration_by_place_matches_scipy_to_its_8_bits() {
    let golden = Golden::read();
    let mut statistics = PlaceStatistics::new(golden.shape);
    for (residual, brain) in golden.healthy.iter().zip(&golden.brains) {
        statistics.add(golden.volume(residual).view(), golden.flags(brain).view()).unwrap();
    }
    let settings = PlaceSettings { smooth_mm: golden.mm, floor: golden.floor };
    let found = statistics.calibration(&settings, golden.spacing).unwrap();
    let volume = |quantized: &Quantized| {
        let step = (quantized.high - quantized.low) / 255.0;
        (quantized.values.mapv(|value| quantized.low + step * f32::from(value)), step)
    };
    for (ours, expected) in [(found.mean(), &golden.mean), (found.spread(), &golden.spread)] {
        let (values, step) = volume(ours);
        assert_near(&values, expected, 0.501 * step);
    }
    // As it was made, from its parts as they are stored.
    assert_eq!(PlaceCalibration::new(found.mean().clone(), found.spread().clone()).unwrap(), found);
}

#[test]
fn a_place_without_healthy_brains_has_the_mean_and_the_spread_of_all() {
    let mut statistics = PlaceStatistics::new([60, 1, 1]);
    let brain = Array3::from_shape_fn((60, 1, 1), |(i, _, _)| i < 20);
    for residual in [0.2, 0.4] {
        statistics.add(Array3::from_elem((60, 1, 1), residual).view(), brain.view()).unwrap();
    }
    let found = statistics.calibration(&PlaceSettings { smooth_mm: 2.0, floor: 0.5 }, [1.0; 3]).unwrap();
    // Every score is one healthy standard deviation above or below.
    let scores = found.apply(Array3::from_elem((60, 1, 1), 0.4), brain.mapv(|_| true).view()).unwrap();
    assert!(scores.iter().all(|score| (score - 1.0).abs() < 1e-3), "{scores}");
    let outside = found.apply(Array3::from_elem((60, 1, 1), 0.4), brain.mapv(|_| false).view()).unwrap();
    assert!(outside.iter().all(|score| *score == 0.0));
}

#[test]
fn calibration_by_place_refuses_what_it_cannot_be_made_of() {
    let settings = PlaceSettings::default();
    let mut statistics = PlaceStatistics::new([2, 2, 2]);
    assert!(matches!(statistics.calibration(&settings, [1.0; 3]), Err(Error::Empty { .. })));
    let (flat, brain) = (Array3::from_elem((2, 2, 2), 0.5_f32), Array3::from_elem((2, 2, 2), true));
    statistics.add(flat.view(), brain.view()).unwrap();
    assert!(matches!(statistics.calibration(&settings, [1.0; 3]), Err(Error::Invalid(_))));
    let short = flat.slice(s![..1, .., ..]);
    assert!(matches!(statistics.add(short, brain.view()), Err(Error::ShapeMismatch { .. })));
    let quantized = |low, high| Quantized { values: Array3::zeros((2, 2, 2)), low, high };
    assert!(PlaceCalibration::new(quantized(-1.0, 1.0), quantized(0.5, 1.0)).is_ok());
    assert!(PlaceCalibration::new(quantized(-1.0, 1.0), quantized(0.0, 1.0)).is_err());
    assert!(PlaceCalibration::new(quantized(1.0, -1.0), quantized(0.5, 1.0)).is_err());
    let small = Quantized { values: Array3::zeros((1, 2, 2)), low: 0.5, high: 1.0 };
    assert!(PlaceCalibration::new(quantized(0.0, 1.0), small).is_err());
    // Asked for, but not there.
    let pair = ScanPair { scan: flat.view(), expected: None, brain: brain.view(), spacing: [1.0; 3] };
    let asked = scoring(Outside::Masked, PostProcessing { place: Some(settings), ..PostProcessing::NONE });
    assert!(matches!(asked.map(&pair, None), Err(Error::Invalid(_))));
}

/// A scan with a bright background beside a brain of 8 x 8 x 8 voxels.
fn bright_outside() -> (Array3<f32>, Array3<f32>, Array3<bool>) {
    let shape = (14, 12, 10);
    let brain =
        Array3::from_shape_fn(shape, |(i, j, k)| (3..11).contains(&i) && (2..10).contains(&j) && k < 8);
    let reconstruction =
        Array3::from_shape_fn(shape, |(i, j, k)| 0.1 + 0.01 * ((i * 5 + j * 3 + k) % 11) as f32);
    let scan = Array3::from_shape_fn(shape, |at| {
        if brain[at] { reconstruction[at] + 0.02 * ((at.0 + 2 * at.1 + at.2) % 5) as f32 } else { 1.0 }
    });
    (scan, reconstruction, brain)
}

#[test]
fn no_map_goes_beyond_the_brain_unless_it_is_kept() {
    let (scan, reconstruction, brain) = bright_outside();
    for expected in [Some(reconstruction.view()), None] {
        let pair = ScanPair { scan: scan.view(), expected, brain: brain.view(), spacing: [1.0, 2.0, 3.0] };
        let steps = [
            PostProcessing::NONE,
            PostProcessing { match_quantiles: true, ..PostProcessing::NONE },
            PostProcessing { smooth_mm: 2.0, ..PostProcessing::NONE },
            PostProcessing { median: 3, ..PostProcessing::NONE },
            PostProcessing { erosion: 1, ..PostProcessing::NONE },
            PostProcessing { border_mm: 4.0, ..PostProcessing::NONE },
            PostProcessing { smooth_mm: 1.0, erosion: 1, border_mm: 3.0, ..PostProcessing::USUAL },
        ];
        for steps in steps {
            let map = scoring(Outside::Masked, steps).map(&pair, None).unwrap();
            assert!(map.iter().zip(&brain).all(|(value, inside)| *inside || *value == 0.0), "{steps:?}");
            // Nor does the background leak in.
            assert!(expected.is_none() || map.iter().all(|value| *value < 0.5), "{steps:?}");
        }
        let kept = scoring(Outside::Kept, PostProcessing::NONE).map(&pair, None).unwrap();
        assert!(kept.iter().zip(&brain).any(|(value, inside)| !inside && *value > 0.5));
    }
    let pair = ScanPair { scan: scan.view(), expected: None, brain: brain.view(), spacing: [1.0; 3] };
    let eroded = scoring(Outside::Masked, PostProcessing { erosion: 4, ..PostProcessing::NONE });
    assert!(matches!(eroded.map(&pair, None), Err(Error::EmptyMask)));
}

#[test]
fn weights_at_the_border_grow_with_depth() {
    let (scan, _, brain) = bright_outside();
    let flat = scan.mapv(|_| 1.0_f32);
    let pair = ScanPair { scan: flat.view(), expected: None, brain: brain.view(), spacing: [1.0; 3] };
    let steps = PostProcessing { border_mm: 4.0, ..PostProcessing::NONE };
    let map = scoring(Outside::Masked, steps).map(&pair, None).unwrap();
    let line: Vec<f32> = map.slice(s![2..8, 5, 0]).to_vec();
    assert_eq!(line, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]);
}

#[test]
fn a_scan_on_another_scale_is_matched_to_its_reconstruction() {
    let (_, reconstruction, brain) = bright_outside();
    // Another scanner: the same tissue, darker and with another contrast.
    let scan = reconstruction.mapv(|x| 0.4 * x * x);
    let pair = ScanPair {
        scan: scan.view(),
        expected: Some(reconstruction.view()),
        brain: brain.view(),
        spacing: [1.0; 3],
    };
    let residual = |match_quantiles| {
        let steps = PostProcessing { match_quantiles, ..PostProcessing::NONE };
        let scoring = Scoring { residual: Residual::Absolute, ..scoring(Outside::Masked, steps) };
        scoring.residual(&pair).unwrap().sum()
    };
    assert!(residual(true) < 0.02 * residual(false), "{} of {}", residual(true), residual(false));
}

fn volume() -> impl Strategy<Value = Array3<f32>> {
    prop::collection::vec(0.0..=1.0_f32, 6 * 5 * 4)
        .prop_map(|values| Array3::from_shape_vec((6, 5, 4), values).unwrap())
}

proptest! {
    #[test]
    fn matched_intensities_keep_their_order_and_the_ends_of_the_reconstruction(scan in volume(), target in volume()) {
        let brain = scan.mapv(|_| true);
        let matched = quantiles::match_quantiles(scan.view(), target.view(), brain.view());
        let mut pairs: Vec<(f32, f32)> = scan.iter().copied().zip(matched.iter().copied()).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ordered = pairs.windows(2).all(|pair| pair[0].1 <= pair[1].1);
        prop_assert!(ordered);
        let high = |volume: &Array3<f32>| volume.iter().copied().fold(0.0, f32::max);
        prop_assert!((high(&matched) - high(&target)).abs() < 1e-6);
    }

    #[test]
    fn smoothing_stays_within_the_range_and_keeps_a_constant(scan in volume(), inside in volume(), mm in 0.5..4.0_f64) {
        let brain = inside.mapv(|value| value > 0.4);
        let smoothed = gaussian::smooth_within(scan.view(), brain.view(), mm, [1.0, 1.5, 2.0]);
        let flat = gaussian::smooth_within(scan.mapv(|_| 0.7).view(), brain.view(), mm, [1.0, 1.5, 2.0]);
        for ((value, flat), inside) in smoothed.iter().zip(&flat).zip(&brain) {
            let kept = if *inside { (flat - 0.7).abs() < 1e-5 } else { *flat == 0.0 && *value == 0.0 };
            prop_assert!(kept);
            prop_assert!((0.0..=1.000_01).contains(value));
        }
    }

    #[test]
    fn distances_are_those_to_the_nearest_marked_voxel(marks in volume(), share in 0.0..1.0_f32) {
        let marked = marks.mapv(|value| value > share);
        let spacing = [1.0, 1.5, 2.0];
        let at = |(i, j, k): (usize, usize, usize)| [i, j, k].map(|at| at as f64);
        for (voxel, distance) in distance_to(marked.view(), spacing).indexed_iter() {
            let to = |other| {
                let (a, b) = (at(voxel), at(other));
                (0..3).map(|axis| ((a[axis] - b[axis]) * spacing[axis]).powi(2)).sum::<f64>().sqrt()
            };
            let marked = marked.indexed_iter().filter(|(_, marked)| **marked);
            let nearest = marked.map(|(other, _)| to(other)).fold(f64::INFINITY, f64::min);
            prop_assert!(f64::from(*distance) == nearest || (f64::from(*distance) - nearest).abs() < 1e-5);
        }
    }
}
