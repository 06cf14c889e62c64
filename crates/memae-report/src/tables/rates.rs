//! Tables over false-positive rates and over subjects.

use anomaly_eval::{Evaluation, MethodSummary, Protocol, SubjectAuroc, VoxelSet};

use super::cells::{NONE, complement, estimate, number};
use super::frame::{about_intervals, by_kind, framed};
use crate::table::Table;

/// Dice and sensitivity of all methods at each false-positive rate of the `matched` and `fixed-rate` protocols, and what
/// becomes of the rate on scans that did not choose the threshold.
pub fn fixed_rates(evaluation: &Evaluation, voxels: VoxelSet) -> Table {
    let columns = ["Rate", "Method", "Threshold", "Dice", "Dice pooled", "TPR", "FPR healthy", "FPR test"];
    let groups = rates(evaluation)
        .into_iter()
        .map(|(rate, protocol, level)| {
            let row = |method: &MethodSummary| {
                let at = method.position(protocol, voxels, level)?;
                let summary = &method.points[at];
                Some(vec![
                    format!("{} %", (1e5 * rate).round() / 1e3),
                    method.label.clone(),
                    format!("{:.4}", summary.point.threshold),
                    estimate(&summary.rates.dice),
                    number(method.pooled.points[at].rates.dice),
                    estimate(&summary.rates.tpr),
                    estimate(&method.healthy_fpr[at].held_out),
                    estimate(&complement(&summary.rates.tnr)),
                ])
            };
            evaluation.methods.iter().filter_map(row).collect()
        })
        .collect();
    let caption = format!("Dice at fixed false-positive rates, {}.", voxels.label());
    let notes = vec![
        about_intervals(evaluation),
        "Each threshold is the lowest at which the healthy validation scans together have at most this rate. FPR \
         healthy: mean over these scans, each held out from the choice. FPR test: lesion-free voxels of the test \
         scans."
            .into(),
    ];
    framed(evaluation, &caption, &columns, groups, notes)
}

/// Rates that thresholds were chosen for on healthy scans, ascending, with their protocol and level.
fn rates(evaluation: &Evaluation) -> Vec<(f64, Protocol, u8)> {
    let of = |protocol: Protocol, rates: &[f64]| -> Vec<_> {
        rates.iter().zip(1..).map(|(rate, level)| (*rate, protocol, level)).collect()
    };
    let matched = of(Protocol::Matched, &evaluation.protocols.matched_fpr);
    let mut rates = [matched, of(Protocol::FixedRate, &evaluation.protocols.fixed_fpr)].concat();
    rates.sort_by(|a, b| a.0.total_cmp(&b.0));
    rates
}

/// How well each method tells subjects with a lesion from subjects without, by one score for each subject.
pub fn subject_detection(evaluation: &Evaluation) -> Table {
    let columns = ["Method", "Mean, all", "99th percentile, all", "Mean, brain", "99th percentile, brain"];
    let row = |method: &MethodSummary| {
        let areas = method.subject_detection.iter().flat_map(|set| [&set.mean, &set.p99]).map(area);
        Some(std::iter::once(method.label.clone()).chain(areas).collect())
    };
    let sizes = evaluation.methods.first().and_then(|method| method.subject_detection.first());
    let sizes = sizes.map_or_else(
        || NONE.to_owned(),
        |set| format!("{} with a lesion, {} without", set.mean.with_lesion, set.mean.without_lesion),
    );
    let notes = vec![
        format!(
            "AUROC over subjects ({sizes}) [{} % BCa bootstrap interval], by the mean and by the 99th percentile of a \
             subject's scores.",
            100.0 * evaluation.bootstrap.level
        ),
        "Subjects without a lesion are the healthy validation scans and test subjects without ground truth. Where the \
         two groups come from different cohorts, a method can tell the scanners apart instead of the lesions."
            .into(),
    ];
    let groups = by_kind(evaluation, row);
    framed(evaluation, "Detection of subjects with a lesion.", &columns, groups, notes)
}

/// How much of a lesion's contrast, and of fluid's, each method's reconstructions repeat.
pub fn copying(evaluation: &Evaluation) -> Table {
    let row = |method: &MethodSummary| {
        let copying = method.copying.as_ref()?;
        Some(vec![method.label.clone(), estimate(&copying.lesion), estimate(&copying.fluid)])
    };
    let notes = vec![
        "Contrast against the brain 3 to 8 mm around, in the reconstruction over that in the scan: 1 where all of it is \
         repeated, 0 where none is. A lesion that is repeated leaves no residual; fluid, the brightest structure of \
         the mean healthy brain, is healthy and should be repeated."
            .into(),
        about_intervals(evaluation),
    ];
    let columns = ["Method", "Lesions repeated", "Fluid repeated"];
    let caption = "Copying: what of the scan the reconstructions repeat.";
    framed(evaluation, caption, &columns, by_kind(evaluation, row), notes)
}

fn area(area: &SubjectAuroc) -> String {
    let interval = area.interval.map_or_else(String::new, |[low, high]| format!(" [{low:.3}, {high:.3}]"));
    number(area.auroc) + &interval
}
