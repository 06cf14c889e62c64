//! Tables that count lesions instead of voxels.

use anomaly_eval::{
    Evaluation, FROC_RATES, LesionDetection, LesionSummary, MethodSummary, Protocol, VoxelSet,
};

use super::cells::{estimate, number};
use super::frame::{about_intervals, by_kind, framed, rule};
use crate::table::Table;

/// Share of detected lesions by size, at both thresholds of a protocol.
pub fn lesions(evaluation: &Evaluation, protocol: Protocol, voxels: VoxelSet) -> Table {
    let [small, large] = evaluation.lesions.size_limits_ml;
    let sizes = [
        "All".to_owned(),
        format!("below {small} ml"),
        format!("{small} to {large} ml"),
        format!("from {large} ml"),
    ];
    let number_of = |size: usize| {
        let summary = evaluation.methods.first().and_then(|method| of_set(method, voxels));
        summary.map_or(0, |summary| summary.sizes[size].lesions)
    };
    let titles: Vec<String> = sizes
        .iter()
        .enumerate()
        .map(|(at, size)| format!("{size} ({})", number_of(at)))
        .chain(["All pooled".to_owned()])
        .collect();
    let columns: Vec<&str> = ["", "Method"].into_iter().chain(titles.iter().map(String::as_str)).collect();
    let group = |level: u8| {
        let row = |method: &MethodSummary| {
            let found = |point: &&LesionDetection| (point.protocol, point.level) == (protocol, level);
            let points: Vec<&LesionDetection> = of_set(method, voxels)?
                .sizes
                .iter()
                .filter_map(|size| size.points.iter().find(found))
                .collect();
            let pooled = number(points.first()?.pooled);
            let sensitivities = points.iter().map(|point| estimate(&point.sensitivity));
            let start = [format!("T{level}"), method.label.clone()];
            Some(start.into_iter().chain(sensitivities).chain([pooled]).collect())
        };
        evaluation.methods.iter().filter_map(row).collect()
    };
    let caption =
        format!("Lesion-wise sensitivity by size, {}; {}.", voxels.label(), rule(evaluation, protocol));
    let notes = vec![
        about_intervals(evaluation),
        format!(
            "Lesions are connected components of the truth (26 neighbours); in brackets, how many. A lesion is detected \
             where at least {} % of its voxels are above the threshold.",
            100.0 * evaluation.lesions.overlap
        ),
    ];
    framed(evaluation, &caption, &columns, vec![group(1), group(2)], notes)
}

/// Lesion-wise sensitivity at fixed numbers of false components per scan, read from the FROC curves.
pub fn froc(evaluation: &Evaluation, voxels: VoxelSet) -> Table {
    let titles = FROC_RATES.map(|rate| format!("{rate} per scan"));
    let columns: Vec<&str> = std::iter::once("Method").chain(titles.iter().map(String::as_str)).collect();
    let row = |method: &MethodSummary| {
        let sensitivities = of_set(method, voxels)?.froc_sensitivity.iter().map(|value| number(*value));
        Some(std::iter::once(method.label.clone()).chain(sensitivities).collect())
    };
    let groups = by_kind(evaluation, row);
    let notes = vec![
        "Sensitivity: share of detected lesions of all subjects together. False components: connected (26 neighbours) \
         voxels above the threshold, of any size, without a lesion voxel; mean over test scans. –: more of them \
         at every threshold."
            .into(),
    ];
    let caption = format!("Lesion-wise sensitivity by false components per scan (FROC), {}.", voxels.label());
    framed(evaluation, &caption, &columns, groups, notes)
}

fn of_set(method: &MethodSummary, voxels: VoxelSet) -> Option<&LesionSummary> {
    method.lesions.iter().find(|summary| summary.voxels == voxels)
}
