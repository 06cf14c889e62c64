//! Calibration plot: what share of healthy voxels is above a threshold.

use super::axes::{Axes, Tick};
use super::series::{LEGEND_LINE, draw_legend, draw_title, legend_lines, series};
use super::svg::{Anchor, Figure, TextStyle};
use anomaly_eval::{CalibrationPoint, Evaluation, VoxelSet};

const SIDE: f64 = 265.0;
/// Exponents of 2 that the threshold axis spans, and of 10 that the rate axis spans.
const THRESHOLDS: (i32, i32) = (-8, 0);
const RATES: (i32, i32) = (-5, 0);

/// False-positive rate of all methods as a function of the threshold, over all voxels (left) and over brain voxels (right),
/// both axes logarithmic: thick lines on healthy validation scans, thin ones on the lesion-free voxels of test scans. Level
/// lines are the rates of the `matched` protocol.
pub fn calibration_figure(evaluation: &Evaluation) -> Figure {
    let all = series(evaluation);
    let lines = legend_lines(all.len());
    let mut figure = Figure::new(680.0, 398.0 + LEGEND_LINE * lines as f64);
    draw_title(&mut figure, evaluation, "false-positive rate by threshold");
    for (voxels, left) in VoxelSet::ALL.into_iter().zip([55.0, 395.0]) {
        let axes = Axes { left, top: 52.0, side: SIDE };
        axes.draw(
            &mut figure,
            match voxels {
                VoxelSet::All => "All voxels",
                VoxelSet::Brain => "Brain voxels",
            },
            ("Threshold", &threshold_ticks()),
            ("False-positive rate", &rate_ticks()),
        );
        for rate in evaluation.protocols.matched_fpr.into_iter().filter(|rate| *rate > 0.0) {
            let y = position(rate, 10.0, RATES).clamp(0.0, 1.0);
            let dotted = "stroke=\"#7F7F7F\" stroke-width=\"1\" stroke-dasharray=\"1.5 2.5\"";
            figure.line(axes.at(0.0, y), axes.at(1.0, y), dotted);
        }
        for one in &all {
            let Some(calibration) = one.method.calibration.iter().find(|of| of.voxels == voxels) else {
                continue;
            };
            let curve = |rate: fn(&CalibrationPoint) -> Option<f64>| {
                let shown = move |point: &CalibrationPoint| {
                    let y = position(rate(point)?, 10.0, RATES);
                    (y >= 0.0).then(|| axes.at(position(f64::from(point.threshold), 2.0, THRESHOLDS), y))
                };
                calibration.points.iter().filter_map(shown).collect::<Vec<_>>()
            };
            let style =
                |width: f64| format!("stroke=\"{}\" stroke-width=\"{width}\"{}", one.colour, one.dash);
            figure.polyline(curve(|point| point.healthy), &style(2.0));
            figure.polyline(curve(|point| point.test), &style(0.7));
        }
    }
    draw_legend(&mut figure, &all, 378.0, |method| method.label.clone());
    let key = "Thick: healthy validation scans. Thin: lesion-free voxels of test scans. Dotted: rates of the matched protocol.";
    figure.text(55.0, 384.0 + LEGEND_LINE * lines as f64, key, TextStyle::new(9.5, Anchor::Start));
    figure
}

/// Place of a value on a logarithmic axis between two powers of `base`; below 0 for a value off the axis.
fn position(value: f64, base: f64, (from, to): (i32, i32)) -> f64 {
    (value.log(base) - f64::from(from)) / f64::from(to - from)
}

/// Ticks at powers of ten, written like "1e-3".
fn rate_ticks() -> Vec<Tick> {
    let (from, to) = RATES;
    (from..=to).map(|power| (position(10.0_f64.powi(power), 10.0, RATES), format!("1e{power}"))).collect()
}

/// Ticks at powers of four, written like "1/64".
fn threshold_ticks() -> Vec<Tick> {
    let (from, to) = THRESHOLDS;
    let tick = |power: i32| {
        let label = if power == 0 { "1".to_owned() } else { format!("1/{}", 1 << -power) };
        (position(2.0_f64.powi(power), 2.0, THRESHOLDS), label)
    };
    (from..=to).step_by(2).map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_lie_where_their_labels_say() {
        let written =
            |ticks: Vec<Tick>| ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ");
        assert_eq!(written(threshold_ticks()), "1/256 1/64 1/16 1/4 1");
        assert_eq!(written(rate_ticks()), "1e-5 1e-4 1e-3 1e-2 1e-1 1e0");
        let quarter = threshold_ticks()[3].0;
        approx::assert_abs_diff_eq!(quarter, 0.75, epsilon = 1e-12);
        approx::assert_abs_diff_eq!(position(0.01, 10.0, RATES), 0.6, epsilon = 1e-12);
    }
}
