//! How a method is drawn, the same in each figure, and the legend.

use super::colour::{BASELINES, MODELS};
use super::svg::{Anchor, Figure, TextStyle};
use anomaly_eval::{Evaluation, MethodSummary};

/// Height of a line of the legend.
pub(crate) const LEGEND_LINE: f64 = 15.0;

/// A method with its colour. Baselines are dashed.
pub(crate) struct Series<'a> {
    pub(crate) method: &'a MethodSummary,
    pub(crate) colour: &'static str,
    pub(crate) dash: &'static str,
}

impl Series<'_> {
    /// Attributes of a line.
    pub(crate) fn line(&self) -> String {
        let Self { colour, dash, .. } = self;
        format!("stroke=\"{colour}\" stroke-width=\"1.6\" stroke-linejoin=\"round\"{dash}")
    }
}

/// All methods in the order of tables.
pub(crate) fn series(evaluation: &Evaluation) -> Vec<Series<'_>> {
    let (mut models, mut baselines) = (0, 0);
    let mut all = Vec::new();
    for method in &evaluation.methods {
        let (counter, colours): (_, &[&'static str]) =
            if method.baseline { (&mut baselines, &BASELINES) } else { (&mut models, &MODELS) };
        let colour = colours[*counter % colours.len()];
        *counter += 1;
        all.push(Series {
            method,
            colour,
            dash: if method.baseline { " stroke-dasharray=\"5 3\"" } else { "" },
        });
    }
    all
}

/// Lines of a legend in two columns.
pub(crate) fn legend_lines(entries: usize) -> usize {
    entries.div_ceil(2).max(1)
}

/// Draws the legend in two columns from `top` down, with each method's text.
pub(crate) fn draw_legend(
    figure: &mut Figure,
    all: &[Series<'_>],
    top: f64,
    text: impl Fn(&MethodSummary) -> String,
) {
    let lines = legend_lines(all.len());
    for (index, series) in all.iter().enumerate() {
        let (column, line) = (index / lines, index % lines);
        let (x, y) = (55.0 + 340.0 * column as f64, top + LEGEND_LINE * line as f64);
        figure.line((x, y - 3.5), (x + 26.0, y - 3.5), &series.line());
        figure.text(x + 33.0, y, &text(series.method), TextStyle::new(10.5, Anchor::Start));
    }
}

/// Title of a figure: cohort, what is shown, and a mark where the data is synthetic.
pub(crate) fn draw_title(figure: &mut Figure, evaluation: &Evaluation, shown: &str) {
    let synthetic = if evaluation.synthetic { " (synthetic data)" } else { "" };
    let title = format!("{}, {shown}{synthetic}", evaluation.cohort);
    figure.text(340.0, 20.0, &title, TextStyle::new(12.5, Anchor::Middle).bold());
}
