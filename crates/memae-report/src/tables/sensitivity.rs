//! The table of what the paper leaves open, and of what else helps.

use anomaly_eval::{Evaluation, MethodSummary, Variant, VoxelSet};

use super::cells::{NONE, number};
use super::frame::{framed, reached};
use crate::table::Table;

/// Average precision and Dice of each method by each way to scores, and what it gains over the paper's. `None` if the
/// run measured those of the headline alone.
pub fn sensitivity(evaluation: &Evaluation, voxels: VoxelSet) -> Option<Table> {
    let measured = |variant: &Variant| evaluation.sensitivity.iter().any(|row| row.variant == *variant);
    let variants: Vec<Variant> = Variant::ALL.into_iter().filter(measured).collect();
    if variants.len() <= Variant::HEADLINE.len() {
        return None;
    }
    let columns: Vec<&str> =
        std::iter::once("Map").chain(evaluation.methods.iter().map(|method| method.label.as_str())).collect();
    let cell = |variant: Variant, method: &MethodSummary| {
        let Some(row) = reached(evaluation, method, variant, voxels) else { return NONE.to_owned() };
        let paper = reached(evaluation, method, Variant::Paper, voxels).and_then(|paper| paper.auprc.mean);
        let gain = row.auprc.mean.zip(paper).filter(|_| variant != Variant::Paper);
        let gain = gain.map_or_else(String::new, |(ours, paper)| format!(" ({:+.3})", ours - paper));
        format!("{}{gain} / {}", number(row.auprc.mean), number(row.dice.mean))
    };
    let line = |variant: &Variant| {
        let cells = evaluation.methods.iter().map(|method| cell(*variant, method));
        std::iter::once(variant.label().to_owned()).chain(cells).collect()
    };
    let groups = variants
        .chunk_by(|a, b| a.group() == b.group())
        .map(|group| group.iter().map(line).collect())
        .collect();
    let notes = vec![
        format!(
            "Each cell: AUPRC (gain over the first row) / Dice at the threshold with a false-positive rate of {} % on healthy \
             validation scans, means over test subjects. First the paper's map, then one thing of it changed at a time, \
             then several. Where median and erosion go together, detections below 10 voxels are removed too.",
            (1e5 * evaluation.protocols.matched_fpr[0]).round() / 1e3
        ),
        "T2 intensity has no reconstruction to be compared with, so residual and match do not change it. Nothing of this \
         was used to choose a setting."
            .into(),
    ];
    let caption = format!("What the paper leaves open, and what helps, {}.", voxels.label());
    Some(framed(evaluation, &caption, &columns, groups, notes))
}
