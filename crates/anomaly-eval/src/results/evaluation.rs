//! All results of a run, as written to `metrics.json`.

use crate::{BootstrapSettings, Comparison, LesionSettings, MethodSummary, ProtocolSettings, Sensitivity};

/// JSON Schema (draft 2020-12) of `metrics.json`, an [`Evaluation`].
pub const METRICS_SCHEMA: &str = include_str!("../../schema/metrics.schema.json");

/// A decision that the paper leaves open, as it was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Decision {
    /// What was decided, such as "skull stripping".
    pub topic: String,
    /// The value in force.
    pub value: String,
    /// Why, or where it is from.
    pub reason: String,
}

/// All results of a run.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Evaluation {
    /// What the numbers were measured on, such as "quick synthetic cohort"; appears in each caption.
    pub cohort: String,
    /// Whether the cohort is synthetic; each caption says so.
    pub synthetic: bool,
    /// Number of healthy validation scans.
    pub validation_subjects: usize,
    /// Number of test scans.
    pub test_subjects: usize,
    /// Settings of the protocols.
    pub protocols: ProtocolSettings,
    /// When a lesion counts as detected, and what is a small one.
    pub lesions: LesionSettings,
    /// Settings of the confidence intervals.
    pub bootstrap: BootstrapSettings,
    /// Decisions in force.
    pub decisions: Vec<Decision>,
    /// Models, then baselines, in the order of tables.
    pub methods: Vec<MethodSummary>,
    /// Paired tests between methods.
    pub comparisons: Vec<Comparison>,
    /// What the methods reach with other residuals, scopes and post-processing; empty where it was not asked for.
    pub sensitivity: Vec<Sensitivity>,
}

impl Evaluation {
    /// What was found of a method.
    pub fn method(&self, id: &str) -> Option<&MethodSummary> {
        self.methods.iter().find(|method| method.id == id)
    }
}
