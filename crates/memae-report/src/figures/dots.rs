//! Values of many settings beside each other, each measure in a panel of its own.

use super::colour::MODELS;
use super::svg::{Anchor, Figure, TextStyle};

const LABELS: f64 = 250.0;
const PANEL: f64 = 130.0;
const GAP: f64 = 22.0;
const LINE: f64 = 17.0;
const TOP: f64 = 58.0;

/// One measure of a figure by [`dots_figure`].
#[derive(Clone, Debug, PartialEq)]
pub struct DotPanel {
    /// What is measured.
    pub title: String,
    /// For each row the values of its repetitions; none where it is not known.
    pub values: Vec<Vec<f64>>,
}

/// Draws for each row and panel the mean of the repetitions as a dot, and their range as a line. Each panel has its own
/// scale, from the least to the greatest value in it.
pub fn dots_figure(title: &str, rows: &[String], panels: &[DotPanel]) -> Figure {
    let width = LABELS + (PANEL + GAP) * panels.len() as f64;
    let bottom = TOP + LINE * rows.len() as f64;
    let mut figure = Figure::new(width, bottom + 28.0);
    figure.text(width / 2.0, 20.0, title, TextStyle::new(11.5, Anchor::Middle).bold());
    for (row, label) in rows.iter().enumerate() {
        figure.text(LABELS - 12.0, middle(row) + 3.5, label, TextStyle::new(10.0, Anchor::End));
    }
    for (column, panel) in panels.iter().enumerate() {
        let left = LABELS + (PANEL + GAP) * column as f64;
        draw(&mut figure, panel, left, bottom, MODELS[column % MODELS.len()]);
    }
    figure
}

fn middle(row: usize) -> f64 {
    TOP + LINE * (row as f64 + 0.5)
}

fn draw(figure: &mut Figure, panel: &DotPanel, left: f64, bottom: f64, colour: &str) {
    let centre = left + PANEL / 2.0;
    figure.text(centre, TOP - 10.0, &panel.title, TextStyle::new(11.0, Anchor::Middle).bold());
    figure.raw(&format!(
        "<rect x=\"{left:.2}\" y=\"{TOP:.2}\" width=\"{PANEL:.2}\" height=\"{:.2}\" fill=\"none\" stroke=\"#000000\" \
         stroke-width=\"0.8\"/>",
        bottom - TOP
    ));
    let all = || panel.values.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return;
    }
    // Values at the ends stay off the frame.
    let margin = (0.06 * (high - low)).max(1e-6);
    let at = |value: f64| left + PANEL * (value - low + margin) / (high - low + 2.0 * margin);
    for tick in [low, 0.5 * (low + high), high] {
        let x = at(tick);
        figure.line((x, TOP), (x, bottom), "stroke=\"#E0E0E0\" stroke-width=\"0.6\"");
        // No minus before what is written as 0.
        let written = if tick.abs() < 0.005 { 0.0 } else { tick };
        figure.text(x, bottom + 14.0, &format!("{written:.2}"), TextStyle::new(9.5, Anchor::Middle));
    }
    for (row, values) in panel.values.iter().enumerate().filter(|(_, values)| !values.is_empty()) {
        let y = middle(row);
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        figure.line((at(low), y), (at(high), y), &format!("stroke=\"{colour}\" stroke-width=\"1.6\""));
        figure.raw(&format!("<circle cx=\"{:.2}\" cy=\"{y:.2}\" r=\"3.2\" fill=\"{colour}\"/>", at(mean)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_row_has_a_dot_in_each_panel() {
        let rows = ["one", "two", "three"].map(str::to_owned);
        let panel = |values: Vec<Vec<f64>>| DotPanel { title: "AUROC".into(), values };
        let panels = [panel(vec![vec![0.5, 0.7], vec![0.9], vec![]]), panel(vec![vec![], vec![], vec![]])];
        let svg = dots_figure("A study", &rows, &panels).to_svg();
        assert_eq!(svg.matches("<circle").count(), 2);
        for text in ["three", "0.50", "0.70", "0.90", "A study"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(!dots_figure("", &rows, &panels).to_png().unwrap().is_empty());
    }
}
