//! Measures at thresholds and without one.

use anomaly_eval::{Evaluation, MethodSummary, Protocol, VoxelSet};

use super::cells::{complement, estimate, number};
use super::frame::{about_intervals, by_kind, by_level, framed, rule};
use crate::table::Table;

/// Precision, Dice and false-positive rates of all methods at both thresholds of a protocol.
pub fn detection(evaluation: &Evaluation, protocol: Protocol, voxels: VoxelSet) -> Table {
    let columns = [
        "",
        "Method",
        "Dice",
        "Dice pooled",
        "Precision",
        "Precision pooled",
        "FPR test",
        "FPR test pooled",
        "FPR healthy",
    ];
    let groups = by_level(evaluation, protocol, voxels, |method, at| {
        let (summary, pooled) = (&method.points[at], &method.pooled.points[at]);
        vec![
            estimate(&summary.rates.dice),
            number(pooled.rates.dice),
            estimate(&summary.rates.precision),
            number(pooled.rates.precision),
            estimate(&complement(&summary.rates.tnr)),
            number(pooled.counts.fpr()),
            estimate(&method.healthy_fpr[at].held_out),
        ]
    });
    let caption = format!("Detection, {}; {}.", voxels.label(), rule(evaluation, protocol));
    let notes = vec![
        about_intervals(evaluation),
        "FPR test: lesion-free voxels of the test scans. FPR healthy: mean over healthy validation scans, each held \
         out from the choice of the threshold. A gap between the two is domain shift or tissue displaced by the lesion."
            .into(),
    ];
    framed(evaluation, &caption, &columns, groups, notes)
}

/// Measures that need no threshold.
pub fn ranking(evaluation: &Evaluation, voxels: VoxelSet) -> Table {
    let columns =
        ["Method", "AUROC", "AUROC pooled", "AUPRC", "AUPRC pooled", "Best Dice", "Best Dice pooled"];
    let row = |method: &MethodSummary| {
        let summary = method.ranking.iter().find(|set| set.voxels == voxels)?;
        let pooled = method.pooled.ranking.iter().find(|set| set.voxels == voxels)?.ranking;
        Some(vec![
            method.label.clone(),
            estimate(&summary.auroc),
            number(pooled.auroc.map(|auroc| auroc.value)),
            estimate(&summary.auprc),
            number(pooled.auprc.map(|auprc| auprc.value)),
            estimate(&summary.best_dice),
            number(pooled.best_dice.map(|best| best.dice.value)),
        ])
    };
    let groups = by_kind(evaluation, row);
    let notes = vec![
        about_intervals(evaluation),
        "AUPRC is average precision. Best Dice is chosen on the labels: an upper limit, not a result.".into(),
    ];
    let caption = format!("Measures without a threshold, {}.", voxels.label());
    framed(evaluation, &caption, &columns, groups, notes).mark_best(&columns[1..], false)
}
