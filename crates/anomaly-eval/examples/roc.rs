//! From anomaly maps to a ROC curve, its area, and the sensitivity at a threshold that healthy scans chose:
//! `cargo run --example roc`
//!
//! The maps here are made up. With maps of your own, give their voxels in C order, scores from 0 to 1.

use anomaly_eval::{Binning, CurvePoint, ProtocolSettings, ScoreHistogram, VoxelSet};

/// A map with its true lesion and its brain mask.
pub(crate) struct Map {
    pub(crate) scores: Vec<f32>,
    pub(crate) lesion: Vec<bool>,
    pub(crate) brain: Vec<bool>,
}

/// What the maps of all subjects together show.
pub(crate) struct Roc {
    pub(crate) points: Vec<CurvePoint>,
    pub(crate) auroc: Option<f64>,
    /// Sensitivity at the threshold at which 5 % of the healthy brain voxels are above it.
    pub(crate) sensitivity: Option<f64>,
}

/// One pass over each map; memory does not grow with their number.
pub(crate) fn roc(healthy: &[Map], ill: &[Map]) -> anomaly_eval::Result<Roc> {
    let protocols = ProtocolSettings::default();
    let binning = Binning::new(&protocols.paper_thresholds)?;
    let mut validation = ScoreHistogram::new(binning.clone());
    for map in healthy {
        validation.add(&map.scores, None, &map.brain)?;
    }
    let mut test = ScoreHistogram::new(binning);
    for map in ill {
        test.add(&map.scores, Some(&map.lesion), &map.brain)?;
    }
    let points = protocols.matched(&validation)?;
    let at = points.iter().find(|point| point.voxels == VoxelSet::Brain && point.level == 1);
    let threshold = at.expect("there are two levels for each set of voxels").threshold;
    Ok(Roc {
        points: test.curve(VoxelSet::Brain),
        auroc: test.ranking(VoxelSet::Brain).auroc.map(|auroc| auroc.value),
        sensitivity: test.counts_above(threshold, VoxelSet::Brain)?.tpr(),
    })
}

/// A made-up map: lesion voxels score higher by `signal`.
pub(crate) fn made_up(subject: usize, signal: f32) -> Map {
    let lesion: Vec<bool> = (0..2000).map(|voxel| signal > 0.0 && voxel % 50 == subject % 50).collect();
    let score = |voxel: usize| {
        let noise = (voxel * 7919 + subject * 104_729) % 1000;
        0.5 * noise as f32 / 1000.0 + if lesion[voxel] { signal } else { 0.0 }
    };
    Map { scores: (0..2000).map(score).collect(), brain: vec![true; 2000], lesion }
}

#[allow(dead_code)] // The test of the examples calls the functions above.
fn main() -> anomaly_eval::Result<()> {
    let maps = |signal: f32| (0..5).map(|subject| made_up(subject, signal)).collect::<Vec<_>>();
    let found = roc(&maps(0.0), &maps(0.3))?;
    println!("AUROC {:.3}", found.auroc.unwrap_or(f64::NAN));
    println!("sensitivity at 5 % false positives {:.3}", found.sensitivity.unwrap_or(f64::NAN));
    for point in found.points.iter().step_by(found.points.len().div_ceil(10)) {
        println!("FPR {:.3}  TPR {:.3}", point.fpr, point.tpr);
    }
    Ok(())
}
