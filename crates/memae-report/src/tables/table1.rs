//! Table 1 of the paper.

use anomaly_eval::{Evaluation, Protocol, VoxelSet};

use super::cells::{estimate, number};
use super::frame::{about_intervals, by_level, framed, rule};
use crate::paper::paper_rates;
use crate::table::Table;

/// Table 1: sensitivity and specificity of all methods at both thresholds of a protocol, ours beside the paper's. The
/// paper's values are shown over all voxels only: its specificities make no sense over brain voxels.
pub fn table1(evaluation: &Evaluation, protocol: Protocol, voxels: VoxelSet) -> Table {
    let mut columns = vec!["", "Method", "Threshold", "TPR", "TPR pooled"];
    let with_paper = voxels == VoxelSet::All;
    columns.extend(with_paper.then_some("TPR paper"));
    columns.extend(["TNR", "TNR pooled"]);
    columns.extend(with_paper.then_some("TNR paper"));
    let groups = by_level(evaluation, protocol, voxels, |method, at| {
        let (summary, pooled) = (&method.points[at], &method.pooled.points[at].rates);
        let paper = paper_rates(&method.id, summary.point.level);
        let mut row =
            vec![format!("{:.4}", summary.point.threshold), estimate(&summary.rates.tpr), number(pooled.tpr)];
        row.extend(with_paper.then(|| number(paper.map(|paper| paper.tpr))));
        row.extend([estimate(&summary.rates.tnr), number(pooled.tnr)]);
        row.extend(with_paper.then(|| number(paper.map(|paper| paper.tnr))));
        row
    });
    let caption = format!(
        "Sensitivity (TPR) and specificity (TNR) as in Table 1 of the paper, {}; {}.",
        voxels.label(),
        rule(evaluation, protocol)
    );
    let mut notes = vec![about_intervals(evaluation)];
    if with_paper {
        notes.push(
            "Paper: Cam-CAN to BraTS 2019, T2w, 335 subjects; the values of its two thresholds are not known.".into(),
        );
    }
    // At thresholds that are matched, a higher TPR is better; of the other protocols neither rate is by itself.
    let ranked: &[&str] = if protocol == Protocol::Matched { &["TPR"] } else { &[] };
    framed(evaluation, &caption, &columns, groups, notes).mark_best(ranked, true)
}

/// All of Table 1 as one tidy table of plain numbers: a row for each protocol, voxel set, threshold and method. For
/// `table1.csv`; undefined values are empty.
pub fn table1_tidy(evaluation: &Evaluation) -> Table {
    let columns = [
        "protocol",
        "voxels",
        "level",
        "method",
        "threshold",
        "tpr",
        "tpr_low",
        "tpr_high",
        "tpr_pooled",
        "tpr_paper",
        "tnr",
        "tnr_low",
        "tnr_high",
        "tnr_pooled",
        "tnr_paper",
        "subjects",
        "cohort",
        "synthetic",
    ];
    let plain = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let mut rows = Vec::new();
    for method in &evaluation.methods {
        for (summary, pooled) in method.points.iter().zip(&method.pooled.points) {
            let point = &summary.point;
            let paper = paper_rates(&method.id, point.level).filter(|_| point.voxels == VoxelSet::All);
            let mut row = vec![
                point.protocol.id().to_owned(),
                point.voxels.id().to_owned(),
                point.level.to_string(),
                method.id.clone(),
                point.threshold.to_string(),
            ];
            for (rate, pooled, paper) in [
                (&summary.rates.tpr, pooled.rates.tpr, paper.map(|paper| paper.tpr)),
                (&summary.rates.tnr, pooled.rates.tnr, paper.map(|paper| paper.tnr)),
            ] {
                let [low, high] = rate.interval.map_or([None; 2], |interval| interval.map(Some));
                row.extend([rate.mean, low, high, pooled, paper].map(plain));
            }
            row.extend([
                method.subjects.to_string(),
                evaluation.cohort.clone(),
                evaluation.synthetic.to_string(),
            ]);
            rows.push(row);
        }
    }
    framed(evaluation, "Table 1 in tidy form.", &columns, vec![rows], Vec::new())
}
