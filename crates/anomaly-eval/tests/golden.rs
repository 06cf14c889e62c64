//! Against scikit-learn, `SciPy`, statsmodels and scikit-image; see golden/generate.py.

use anomaly_eval::{Binning, ScoreHistogram, VoxelSet, holm, signed_rank, ssim_map};
use approx::assert_abs_diff_eq;
use ndarray::Array2;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    ranking: Vec<RankingCase>,
    wilcoxon: Vec<WilcoxonCase>,
    holm: Vec<HolmCase>,
    ssim: SsimCase,
}

#[derive(Deserialize)]
struct RankingCase {
    name: String,
    scores: Vec<f32>,
    lesion: String,
    brain: String,
    expected: [Expected; 2],
}

#[derive(Deserialize)]
struct Expected {
    auroc: f64,
    auprc: f64,
    best_dice: f64,
    counts: Vec<[u64; 4]>,
    roc: Vec<[f64; 2]>,
}

#[derive(Deserialize)]
struct WilcoxonCase {
    differences: Vec<f64>,
    statistic: f64,
    p: f64,
    effect: f64,
}

#[derive(Deserialize)]
struct HolmCase {
    p: Vec<f64>,
    corrected: Vec<f64>,
}

#[derive(Deserialize)]
struct SsimCase {
    x: Vec<Vec<f64>>,
    y: Vec<Vec<f64>>,
    ssim: Vec<Vec<f64>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/golden.json")).expect("golden.json is as generate.py writes it")
}

fn flags(digits: &str) -> Vec<bool> {
    digits.bytes().map(|digit| digit == b'1').collect()
}

#[test]
fn ranking_and_counts_match_scikit_learn() {
    let thresholds = [0.1, 0.2];
    for case in golden().ranking {
        let mut histogram = ScoreHistogram::new(Binning::new(&thresholds).unwrap());
        histogram.add(&case.scores, Some(&flags(&case.lesion)), &flags(&case.brain)).unwrap();
        for (voxels, expected) in VoxelSet::ALL.into_iter().zip(&case.expected) {
            let ranking = histogram.ranking(voxels);
            let (auroc, auprc) = (ranking.auroc.unwrap(), ranking.auprc.unwrap());
            let best = ranking.best_dice.unwrap().dice;
            for (what, ours, reference) in [
                ("auroc", auroc, expected.auroc),
                ("auprc", auprc, expected.auprc),
                ("dice", best, expected.best_dice),
            ] {
                let place = format!("{what} of {:?} in {}: {ours:?} vs {reference}", voxels, case.name);
                assert!(
                    ours.low - 1e-12 <= reference && reference <= ours.high + 1e-12,
                    "outside bounds: {place}"
                );
                let tolerance = if case.name == "tied" { 1e-12 } else { 5e-4 };
                assert!((ours.value - reference).abs() < tolerance, "{place}");
            }
            for (threshold, [tp, fp, tn, fn_]) in thresholds.iter().zip(&expected.counts) {
                let counts = histogram.counts_above(*threshold, voxels).unwrap();
                assert_eq!(
                    [counts.tp, counts.fp, counts.tn, counts.fn_],
                    [*tp, *fp, *tn, *fn_],
                    "{}",
                    case.name
                );
            }
            if case.name == "tied" {
                let curve = histogram.curve(voxels);
                for [fpr, tpr] in &expected.roc {
                    let near = |a: f64, b: f64| (a - b).abs() < 2.1e-3;
                    assert!(
                        curve.iter().any(|point| near(point.fpr, *fpr) && near(point.tpr, *tpr)),
                        "{fpr} {tpr}"
                    );
                }
            }
        }
    }
}

#[test]
fn signed_rank_matches_scipy() {
    for case in golden().wilcoxon {
        let test = signed_rank(&case.differences).unwrap();
        assert_eq!(test.statistic, case.statistic);
        assert_abs_diff_eq!(test.p, case.p, epsilon = 1e-12);
        assert_abs_diff_eq!(test.effect, case.effect, epsilon = 1e-14);
    }
}

#[test]
fn holm_matches_statsmodels() {
    for case in golden().holm {
        let corrected = holm(&case.p);
        assert_eq!(corrected.len(), case.corrected.len());
        for (ours, reference) in corrected.iter().zip(&case.corrected) {
            assert_abs_diff_eq!(ours, reference, epsilon = 1e-15);
        }
    }
}

#[test]
fn ssim_matches_scikit_image() {
    let SsimCase { x, y, ssim } = golden().ssim;
    let array = |rows: Vec<Vec<f64>>| {
        let columns = rows[0].len();
        Array2::from_shape_vec((rows.len(), columns), rows.concat()).unwrap()
    };
    let ours = ssim_map(array(x).view(), array(y).view());
    for (ours, reference) in ours.iter().zip(&array(ssim)) {
        assert_abs_diff_eq!(ours, reference, epsilon = 1e-12);
    }
}
