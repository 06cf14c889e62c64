//! What all tables share: caption, notes, and the order of their rows.

use anomaly_eval::{Evaluation, FEWEST_SUBJECTS, MethodSummary, Protocol, Sensitivity, Variant, VoxelSet};

use crate::table::Table;

/// One group of rows for each threshold level; `cells` gives a method's cells at the point of that index.
pub(super) fn by_level(
    evaluation: &Evaluation,
    protocol: Protocol,
    voxels: VoxelSet,
    cells: impl Fn(&MethodSummary, usize) -> Vec<String>,
) -> Vec<Vec<Vec<String>>> {
    let group = |level: u8| {
        let row = |method: &MethodSummary| {
            let at = method.position(protocol, voxels, level)?;
            let start = [format!("T{level}"), method.label.clone()];
            Some(start.into_iter().chain(cells(method, at)).collect())
        };
        evaluation.methods.iter().filter_map(row).collect()
    };
    vec![group(1), group(2)]
}

/// Rows of the models, then of the baselines.
pub(super) fn by_kind(
    evaluation: &Evaluation,
    row: impl Fn(&MethodSummary) -> Option<Vec<String>>,
) -> Vec<Vec<Vec<String>>> {
    let group = |baseline: bool| {
        evaluation.methods.iter().filter(|method| method.baseline == baseline).filter_map(&row).collect()
    };
    vec![group(false), group(true)]
}

pub(super) fn framed(
    evaluation: &Evaluation,
    caption: &str,
    columns: &[&str],
    groups: Vec<Vec<Vec<String>>>,
    notes: Vec<String>,
) -> Table {
    let synthetic = if evaluation.synthetic { " Synthetic data, not patients." } else { "" };
    let caption =
        format!("{caption} {}, {} test subjects.{synthetic}", evaluation.cohort, evaluation.test_subjects);
    let columns = columns.iter().map(|&title| title.to_owned()).collect();
    Table { caption, columns, groups, notes, best: Vec::new() }
}

/// How the thresholds of a protocol were chosen, for captions.
pub(super) fn rule(evaluation: &Evaluation, protocol: Protocol) -> String {
    let percent = |shares: [f64; 2]| {
        let [first, second] = shares.map(|share| format!("{}", (1e5 * share).round() / 1e3));
        format!("{first} % (T1) and {second} % (T2)")
    };
    match protocol {
        Protocol::Matched => format!(
            "protocol matched: false-positive rate of {} on {} healthy validation scans",
            percent(evaluation.protocols.matched_fpr),
            evaluation.validation_subjects
        ),
        Protocol::Paper => {
            let [first, second] = evaluation.protocols.paper_thresholds;
            format!("protocol paper: T1 = {first}, T2 = {second} (assumed, the paper's values are lost)")
        }
        Protocol::FixedRate => "protocol fixed-rate: false-positive rates on healthy validation scans".into(),
        Protocol::Calibrated => format!(
            "protocol calibrated (oracle, uses test labels): thresholds at which AE has a TNR of {} on the test set",
            percent(evaluation.protocols.calibrated_tnr)
        ),
    }
}

pub(super) fn about_intervals(evaluation: &Evaluation) -> String {
    if let Some(too_few) = too_few(evaluation) {
        return format!("Mean over subjects{too_few}; pooled: all voxels of all subjects together.");
    }
    format!(
        "Mean over subjects [{} % BCa bootstrap interval]; pooled: all voxels of all subjects together.",
        100.0 * evaluation.bootstrap.level
    )
}

/// Why there are no intervals and tests, where there are none.
pub(super) fn too_few(evaluation: &Evaluation) -> Option<String> {
    (evaluation.test_subjects < FEWEST_SUBJECTS).then(|| {
        format!(", of which there are too few for intervals and tests ({FEWEST_SUBJECTS} are needed)")
    })
}

/// What a method reaches under a variant, if the run measured it.
pub(super) fn reached<'a>(
    evaluation: &'a Evaluation,
    method: &MethodSummary,
    variant: Variant,
    voxels: VoxelSet,
) -> Option<&'a Sensitivity> {
    evaluation
        .sensitivity
        .iter()
        .find(|row| (row.variant, row.voxels) == (variant, voxels) && row.method == method.id)
}
