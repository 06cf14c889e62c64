//! ROC and precision-recall curves of all methods.

use super::axes::{Axes, fifths};
use super::series::{LEGEND_LINE, Series, draw_legend, draw_title, legend_lines, series};
use super::svg::{Anchor, Figure, TextStyle};
use anomaly_eval::{Band, Curve, Evaluation, MethodSummary, VoxelSet};

const SIDE: f64 = 265.0;

/// ROC (left) and precision-recall curve (right) of the pooled voxels with their bootstrap bands over subjects, and the
/// pooled AUROC and AUPRC in the legend. Baselines are dashed; dotted lines are chance.
pub fn curves_figure(evaluation: &Evaluation, voxels: VoxelSet) -> Figure {
    let all = series(evaluation);
    let lines = legend_lines(all.len());
    let mut figure = Figure::new(680.0, 398.0 + LEGEND_LINE * lines as f64);
    let [roc, pr] = [55.0, 395.0].map(|left| Axes { left, top: 52.0, side: SIDE });
    draw_title(&mut figure, evaluation, voxels.label());
    let ticks = fifths(5);
    roc.draw(&mut figure, "ROC", ("False-positive rate", &ticks), ("Sensitivity (TPR)", &ticks));
    pr.draw(&mut figure, "Precision-recall", ("Recall (TPR)", &ticks), ("Precision", &ticks));
    draw_chance(&mut figure, evaluation, voxels, &roc, &pr);

    let curves: Vec<(&Series<'_>, &Curve)> = all
        .iter()
        .filter_map(|one| Some((one, one.method.curves.iter().find(|curve| curve.voxels == voxels)?)))
        .filter(|(_, curve)| curve.points.len() > 1)
        .collect();
    if curves.is_empty() {
        for axes in [&roc, &pr] {
            let (x, y) = axes.at(0.5, 0.75);
            figure.text(x, y, "No curve: no test subject has a lesion.", TextStyle::new(9.5, Anchor::Middle));
        }
    }
    // All bands lie below all lines.
    for (one, curve) in &curves {
        draw_band(&mut figure, &roc, &curve.bands.roc, one.colour);
        draw_band(&mut figure, &pr, &curve.bands.precision_recall, one.colour);
    }
    for (one, curve) in &curves {
        let start = std::iter::once(roc.at(0.0, 0.0));
        let points = &curve.points;
        figure.polyline(start.chain(points.iter().map(|at| roc.at(at.fpr, at.tpr))), &one.line());
        figure.polyline(points.iter().map(|at| pr.at(at.tpr, at.precision)), &one.line());
    }
    draw_legend(&mut figure, &all, 378.0, |method| legend(method, voxels));
    let key = format!(
        "Voxels of all test subjects together. Bands: {} % bootstrap intervals over subjects. Dotted: chance.",
        100.0 * evaluation.bootstrap.level
    );
    figure.text(55.0, 384.0 + LEGEND_LINE * lines as f64, &key, TextStyle::new(9.5, Anchor::Start));
    figure
}

fn draw_band(figure: &mut Figure, axes: &Axes, bands: &[Band], colour: &str) {
    let low = bands.iter().map(|band| axes.at(band.x, band.low));
    let high = bands.iter().rev().map(|band| axes.at(band.x, band.high));
    figure.polygon(low.chain(high), &format!("fill=\"{colour}\" fill-opacity=\"0.15\""));
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
