//! What a run shows, in one table and in one sentence.

use anomaly_eval::{Estimate, Evaluation, MethodSummary, Protocol, Variant, VoxelSet};

use super::cells::{NONE, estimate, number};
use super::frame::{about_intervals, by_kind, framed, reached, rule};
use crate::paper::{PROPOSED, paper_rates};
use crate::table::Table;

/// The baseline that every model has to beat.
const INTENSITY: &str = "intensity";

/// The paper's measure beside what is usual in the field since: sensitivity and specificity over all voxels, and average
/// precision and best Dice in the brain, of the paper's map and after the usual post-processing.
pub fn headline(evaluation: &Evaluation) -> Table {
    let columns = [
        "Method",
        "TPR",
        "TPR paper",
        "TNR",
        "TNR paper",
        "AUPRC",
        "AUPRC post-processed",
        "Best Dice post-processed",
    ];
    let row = |method: &MethodSummary| {
        let point = method.at(Protocol::Matched, VoxelSet::All, 1)?;
        let paper = paper_rates(&method.id, 1);
        let plain = reached(evaluation, method, Variant::Paper, VoxelSet::Brain);
        let processed = reached(evaluation, method, Variant::PositiveUsual, VoxelSet::Brain);
        let written = |value: Option<&Estimate>| value.map_or_else(|| NONE.to_owned(), estimate);
        Some(vec![
            method.label.clone(),
            estimate(&point.rates.tpr),
            number(paper.map(|paper| paper.tpr)),
            estimate(&point.rates.tnr),
            number(paper.map(|paper| paper.tnr)),
            written(plain.map(|row| &row.auprc)),
            written(processed.map(|row| &row.auprc)),
            written(processed.map(|row| &row.best_dice)),
        ])
    };
    let groups = by_kind(evaluation, row);
    let notes = vec![
        format!(
            "TPR, TNR: all voxels, threshold 1, {}. AUPRC, Best Dice: brain voxels, no threshold; of the paper's map, and \
             post-processed: positive part of the difference, median of 5 x 5 x 5 voxels, brain eroded by 3 voxels. Best \
             Dice is chosen on the labels: an upper limit.",
            rule(evaluation, Protocol::Matched)
        ),
        about_intervals(evaluation),
        "Paper: Cam-CAN to BraTS 2019, T2w, 335 subjects.".into(),
    ];
    let ranked = ["TPR", "AUPRC", "AUPRC post-processed", "Best Dice post-processed"];
    framed(evaluation, "As in the paper, and post-processed.", &columns, groups, notes)
        .mark_best(&ranked, false)
}

/// One sentence or two of what the run shows: the best model by average precision in the brain after the usual
/// post-processing, against the baselines treated alike, and where the proposed model stands.
pub fn finding(evaluation: &Evaluation) -> String {
    let score = |method: &MethodSummary| {
        reached(evaluation, method, Variant::PositiveUsual, VoxelSet::Brain).and_then(|row| row.auprc.mean)
    };
    let scored = |baseline: bool| {
        let methods = evaluation.methods.iter().filter(move |method| method.baseline == baseline);
        methods.filter_map(move |method| Some((method, score(method)?)))
    };
    let best_of = |baseline| scored(baseline).reduce(|best, next| if next.1 > best.1 { next } else { best });
    let Some((best, precision)) = best_of(false) else {
        return "No test subject has a lesion in the brain: there is nothing to find, and every measure of finding it \
                is undefined."
            .into();
    };
    let group = if evaluation.synthetic { "synthetic test subjects" } else { "test subjects" };
    let proposed = if best.id == PROPOSED { ", the proposed model," } else { "" };
    let mut sentences = vec![format!(
        "On {} {group}, {}{proposed} finds lesions best of the models: average precision {precision:.3} in the brain, \
         post-processed.",
        evaluation.test_subjects, best.label
    )];
    if let Some((_, intensity)) = scored(true).find(|(method, _)| method.id == INTENSITY) {
        let ratio = precision / intensity;
        // As written, 1.0 times would say nothing.
        if ratio >= 1.05 && ratio.is_finite() {
            sentences.push(format!("That is {ratio:.1} times T2 intensity treated alike ({intensity:.3})."));
        } else if ratio < 1.05 {
            sentences.push(format!("That is no better than T2 intensity treated alike ({intensity:.3})."));
        }
    }
    if let Some((baseline, better)) = best_of(true).filter(|(method, _)| method.id != INTENSITY)
        && better > precision
    {
        sentences.push(format!("{}, which needs no network, reaches {better:.3}.", baseline.label));
    }
    if let Some((method, theirs)) =
        scored(false).find(|(method, _)| method.id == PROPOSED && method.id != best.id)
    {
        sentences.push(format!("The proposed model, {}, reaches {theirs:.3}.", method.label));
    }
    sentences.join(" ")
}
