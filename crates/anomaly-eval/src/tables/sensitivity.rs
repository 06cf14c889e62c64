//! The table of what the paper leaves open.

use super::{NONE, number};
use crate::{Evaluation, Sensitivity, Table, VoxelSet};

impl Evaluation {
    /// Average precision and Dice of each method with each residual, scope of normalization and post-processing. `None` if
    /// the run did not measure it.
    pub fn sensitivity_table(&self, voxels: VoxelSet) -> Option<Table> {
        let rows: Vec<&Sensitivity> = self.sensitivity.iter().filter(|row| row.voxels == voxels).collect();
        let first = rows.first()?;
        let methods: Vec<_> =
            self.methods.iter().filter(|method| rows.iter().any(|row| row.method == method.id)).collect();
        let columns = ["Post-processing", "Scope", "Residual"].into_iter();
        let columns: Vec<&str> = columns.chain(methods.iter().map(|method| method.label.as_str())).collect();
        let of_first = rows.iter().filter(|row| row.method == first.method).map(|row| row.variant);
        let cell = |variant, id: &String| {
            let row = rows.iter().find(|row| row.variant == variant && row.method == *id);
            row.map_or_else(
                || NONE.to_owned(),
                |row| format!("{} / {}", number(row.auprc.mean), number(row.dice.mean)),
            )
        };
        let line = |variant: crate::Variant| {
            let post = if variant.post_processed { "usual" } else { "none" };
            let start = [post, variant.scope.label(), variant.residual.label()].map(str::to_owned);
            start.into_iter().chain(methods.iter().map(|method| cell(variant, &method.id))).collect()
        };
        let lines: Vec<Vec<String>> = of_first.map(line).collect();
        let groups = lines.chunk_by(|a, b| a[..2] == b[..2]).map(<[_]>::to_vec).collect();
        let notes = vec![
            format!(
                "Each cell: AUPRC / Dice at the threshold with a false-positive rate of {} % on healthy validation scans, means \
                 over test subjects. Usual post-processing: median of 5 x 5 x 5 voxels, brain mask eroded by 3 voxels, \
                 detections below 10 voxels removed.",
                (1e5 * self.protocols.matched_fpr[0]).round() / 1e3
            ),
            "Nothing of this was used to choose a setting.".into(),
        ];
        let caption = format!("What the paper leaves open, {}.", voxels.label());
        Some(self.table(&caption, &columns, groups, notes))
    }
}
