//! Paired tests of methods.

use anomaly_eval::{Evaluation, Measure, VoxelSet};

use super::cells::{difference, p_value};
use super::frame::{framed, too_few};
use crate::table::Table;

/// Paired tests between methods over one voxel set.
pub fn comparisons(evaluation: &Evaluation, voxels: VoxelSet) -> Table {
    let columns = ["Measure", "A", "B", "Mean A - B", "Effect", "n", "p", "p (Holm)"];
    let label = |id: &String| evaluation.method(id).map_or(id, |method| &method.label).clone();
    let family = |measure: Measure| {
        let tests =
            evaluation.comparisons.iter().filter(|test| (test.measure, test.voxels) == (measure, voxels));
        tests
            .map(|test| {
                vec![
                    measure.label().to_owned(),
                    label(&test.a),
                    label(&test.b),
                    difference(&test.difference),
                    format!("{:+.2}", test.test.effect),
                    test.test.n.to_string(),
                    p_value(test.test.p),
                    p_value(test.p_holm),
                ]
            })
            .collect()
    };
    let mut notes = Vec::new();
    if let Some(too_few) = too_few(evaluation) {
        notes.push(format!("Tests are over subjects{too_few}."));
    }
    notes.push(format!(
        "Two-sided Wilcoxon signed-rank tests over subjects; Holm's correction within each measure. Effect: matched-pairs \
             rank-biserial correlation, from -1 to 1. Mean difference [{} % BCa bootstrap interval].",
        100.0 * evaluation.bootstrap.level
    ));
    let caption = format!("Paired comparison of methods, {}.", voxels.label());
    framed(evaluation, &caption, &columns, Measure::ALL.map(family).to_vec(), notes)
}
