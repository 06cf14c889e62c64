//! The frame of a plot with linear axes from 0 to 1.

use super::svg::{Anchor, Figure, TextStyle};

/// A square plot of two shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axes {
    /// Left end of the x axis.
    pub(crate) left: f64,
    /// Top end of the y axis.
    pub(crate) top: f64,
    /// Length of both axes.
    pub(crate) side: f64,
}

const SMALL: f64 = 10.0;
const LABEL: f64 = 11.5;

impl Axes {
    /// Position of a point of the plot in the figure.
    pub(crate) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + self.side * x, self.top + self.side * (1.0 - y))
    }

    /// Draws frame, grid, ticks, labels and title.
    pub(crate) fn draw(&self, figure: &mut Figure, title: &str, x_label: &str, y_label: &str) {
        let Self { left, top, side } = *self;
        for tick in 0..=5 {
            let share = f64::from(tick) / 5.0;
            let label = format!("{share:.1}");
            let grid = "stroke=\"#E0E0E0\" stroke-width=\"0.6\"";
            figure.line(self.at(share, 0.0), self.at(share, 1.0), grid);
            figure.line(self.at(0.0, share), self.at(1.0, share), grid);
            let (x, y) = self.at(share, 0.0);
            figure.text(x, y + 14.0, &label, TextStyle::new(SMALL, Anchor::Middle));
            let (x, y) = self.at(0.0, share);
            figure.text(x - 6.0, y + 3.5, &label, TextStyle::new(SMALL, Anchor::End));
        }
        figure.raw(&format!(
            "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{side:.2}\" height=\"{side:.2}\" fill=\"none\" \
             stroke=\"#000000\" stroke-width=\"0.8\"/>"
        ));
        let middle = left + side / 2.0;
        figure.text(middle, top - 8.0, title, TextStyle::new(LABEL, Anchor::Middle).bold());
        figure.text(middle, top + side + 31.0, x_label, TextStyle::new(LABEL, Anchor::Middle));
        figure.text(left - 32.0, top + side / 2.0, y_label, TextStyle::new(LABEL, Anchor::Middle).upright());
    }
}
