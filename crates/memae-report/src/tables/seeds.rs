//! Runs that differ in the training seed.

use anomaly_eval::{Evaluation, Measure, MethodSummary, SeedSpread, VoxelSet};

use crate::table::Table;

/// The spreads as a table: mean and standard deviation over runs, in brackets the lowest and the highest run.
pub fn seeds(runs: &[Evaluation], spreads: &[SeedSpread]) -> Table {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let cell = |spread: &SeedSpread| {
        let deviation = spread.deviation.map_or_else(String::new, |sd| format!(" ± {sd:.3}"));
        let range = spread.range.map_or_else(String::new, |[low, high]| format!(" [{low:.3}, {high:.3}]"));
        number(spread.mean) + &deviation + &range
    };
    let methods = runs.first().map_or(&[][..], |run| &run.methods);
    let group = |voxels: VoxelSet| {
        let row = |method: &MethodSummary| {
            let own = spreads.iter().filter(|spread| spread.voxels == voxels && spread.method == method.id);
            let start = [voxels.label().to_owned(), method.label.clone()];
            start.into_iter().chain(own.map(cell)).collect()
        };
        methods.iter().map(row).collect()
    };
    let columns = ["Voxels", "Method"].into_iter().chain(Measure::ALL.map(Measure::label));
    let synthetic = if runs.iter().any(|run| run.synthetic) { " Synthetic data, not patients." } else { "" };
    Table {
        caption: format!("{} runs that differ in the training seed.{synthetic}", runs.len()),
        columns: columns.map(str::to_owned).collect(),
        groups: VoxelSet::ALL.map(group).to_vec(),
        notes: vec![
            "Mean ± standard deviation over runs [lowest, highest run] of the mean over test subjects."
                .into(),
        ],
        best: Vec::new(),
    }
}
