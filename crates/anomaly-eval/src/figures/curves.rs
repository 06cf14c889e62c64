//! ROC and precision-recall curves of all methods.

use super::axes::Axes;
use super::colour::{BASELINES, MODELS};
use super::svg::{Anchor, Figure, TextStyle};
use crate::{CurvePoint, Evaluation, MethodSummary, VoxelSet};

const SIDE: f64 = 265.0;
const LEGEND_LINE: f64 = 15.0;

/// ROC (left) and precision-recall curve (right) of the pooled voxels, with the pooled AUROC and AUPRC in the legend.
/// Baselines are dashed; dotted lines are chance.
pub fn curves_figure(evaluation: &Evaluation, voxels: VoxelSet) -> Figure {
    let lines = evaluation.methods.len().div_ceil(2).max(1);
    let mut figure = Figure::new(680.0, 380.0 + LEGEND_LINE * lines as f64);
    let [roc, pr] = [55.0, 395.0].map(|left| Axes { left, top: 52.0, side: SIDE });
    let synthetic = if evaluation.synthetic { " (synthetic data)" } else { "" };
    let title = format!("{}, {}{synthetic}", evaluation.cohort, voxels.label());
    figure.text(340.0, 20.0, &title, TextStyle::new(12.5, Anchor::Middle).bold());
    roc.draw(&mut figure, "ROC", "False-positive rate", "Sensitivity (TPR)");
    pr.draw(&mut figure, "Precision-recall", "Recall (TPR)", "Precision");
    draw_chance(&mut figure, evaluation, voxels, &roc, &pr);

    let (mut models, mut baselines) = (0, 0);
    for (index, method) in evaluation.methods.iter().enumerate() {
        let counter = if method.baseline { &mut baselines } else { &mut models };
        let colours: &[&str] = if method.baseline { &BASELINES } else { &MODELS };
        let dash = if method.baseline { " stroke-dasharray=\"5 3\"" } else { "" };
        let style = format!(
            "stroke=\"{}\" stroke-width=\"1.6\" stroke-linejoin=\"round\"{dash}",
            colours[*counter % colours.len()]
        );
        *counter += 1;
        let Some(curve) = method.curves.iter().find(|curve| curve.voxels == voxels) else { continue };
        let start = std::iter::once(roc.at(0.0, 0.0));
        figure.polyline(start.chain(curve.points.iter().map(|point| roc.at(point.fpr, point.tpr))), &style);
        figure.polyline(
            curve.points.iter().map(|point: &CurvePoint| pr.at(point.tpr, point.precision)),
            &style,
        );

        let (column, line) = (index / lines, index % lines);
        let (x, y) = (55.0 + 340.0 * column as f64, 378.0 + LEGEND_LINE * line as f64);
        figure.line((x, y - 3.5), (x + 26.0, y - 3.5), &style);
        figure.text(x + 33.0, y, &legend(method, voxels), TextStyle::new(10.5, Anchor::Start));
    }
    figure
}

/// Dotted lines that scores without information reach: the diagonal, and the share of lesion voxels.
fn draw_chance(figure: &mut Figure, evaluation: &Evaluation, voxels: VoxelSet, roc: &Axes, pr: &Axes) {
    let dotted = "stroke=\"#7F7F7F\" stroke-width=\"1\" stroke-dasharray=\"1.5 2.5\"";
    figure.line(roc.at(0.0, 0.0), roc.at(1.0, 1.0), dotted);
    let pooled = evaluation.methods.first().map(|method| &method.pooled.points);
    if let Some(at) =
        pooled.and_then(|points| points.iter().find(|at| at.point.voxels == voxels && at.counts.total() > 0))
    {
        let prevalence = (at.counts.tp + at.counts.fn_) as f64 / at.counts.total() as f64;
        figure.line(pr.at(0.0, prevalence), pr.at(1.0, prevalence), dotted);
    }
}

fn legend(method: &MethodSummary, voxels: VoxelSet) -> String {
    let ranking = method.pooled.ranking.iter().find(|set| set.voxels == voxels).map(|set| set.ranking);
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let auroc = ranking.and_then(|ranking| ranking.auroc).map(|auroc| auroc.value);
    let auprc = ranking.and_then(|ranking| ranking.auprc).map(|auprc| auprc.value);
    format!("{}: AUROC {}, AUPRC {}", method.label, number(auroc), number(auprc))
}
