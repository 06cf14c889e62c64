//! What was done and what came of it, counted.

use std::collections::BTreeMap;
use std::fmt::Write;

/// One fault.
pub(super) struct Row {
    fault: String,
    /// Stage or folder that it hit.
    place: String,
    outcome: String,
}

impl Row {
    pub(super) fn new(fault: &str, place: impl Into<String>, outcome: &str) -> Self {
        Self { fault: fault.to_owned(), place: place.into(), outcome: outcome.to_owned() }
    }
}

/// A Markdown table of the faults: how many of each kind at each place, with what outcome.
pub(super) fn table(rows: &[Row]) -> String {
    let mut counts: BTreeMap<[&str; 3], usize> = BTreeMap::new();
    for Row { fault, place, outcome } in rows {
        *counts.entry([fault, place, outcome]).or_default() += 1;
    }
    let mut text = "| fault | at | outcome | times |\n|---|---|---|---|\n".to_owned();
    for ([fault, place, outcome], times) in counts {
        let _ = writeln!(text, "| {fault} | {place} | {outcome} | {times} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_counted_together() {
        let rows = [Row::new("kill", "train", "resumed"), Row::new("kill", "synth", "resumed")];
        let rows: Vec<Row> = rows.into_iter().chain([Row::new("kill", "train", "resumed")]).collect();
        let table = table(&rows);
        assert!(table.contains("| kill | train | resumed | 2 |"), "{table}");
        assert!(table.contains("| kill | synth | resumed | 1 |"), "{table}");
    }
}
