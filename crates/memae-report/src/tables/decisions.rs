//! What was decided where the paper is silent.

use anomaly_eval::{Decision, Evaluation};

use super::frame::framed;
use crate::table::Table;

/// The decisions in force where the paper is silent.
pub fn decisions(evaluation: &Evaluation) -> Table {
    let row =
        |decision: &Decision| vec![decision.topic.clone(), decision.value.clone(), decision.reason.clone()];
    let groups = vec![evaluation.decisions.iter().map(row).collect()];
    framed(
        evaluation,
        "Decisions in force where the paper is silent.",
        &["Topic", "Value", "Reason"],
        groups,
        Vec::new(),
    )
}
