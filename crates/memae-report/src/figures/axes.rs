//! The frame of a plot.

use super::svg::{Anchor, Figure, TextStyle};

/// A square plot. Positions along both axes run from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axes {
    /// Left end of the x axis.
    pub(crate) left: f64,
    /// Top end of the y axis.
    pub(crate) top: f64,
    /// Length of both axes.
    pub(crate) side: f64,
}

/// Position along an axis, and what is written there.
pub(crate) type Tick = (f64, String);

const SMALL: f64 = 10.0;
const LABEL: f64 = 11.5;

/// Ticks at 0, 0.2 and so on of an axis that ends with the tick of number `last`; 5 is for shares up to 1.
pub(crate) fn fifths(last: u32) -> Vec<Tick> {
    let tick = |at: u32| (f64::from(at) / f64::from(last), format!("{:.1}", f64::from(at) / 5.0));
    (0..=last).map(tick).collect()
}

impl Axes {
    /// Position of a point of the plot in the figure.
    pub(crate) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + self.side * x, self.top + self.side * (1.0 - y))
    }

    /// Draws frame, grid, ticks, labels and title.
    pub(crate) fn draw(
        &self,
        figure: &mut Figure,
        title: &str,
        (x_label, x_ticks): (&str, &[Tick]),
        (y_label, y_ticks): (&str, &[Tick]),
    ) {
        let Self { left, top, side } = *self;
        let grid = "stroke=\"#E0E0E0\" stroke-width=\"0.6\"";
        for (position, label) in x_ticks {
            figure.line(self.at(*position, 0.0), self.at(*position, 1.0), grid);
            let (x, y) = self.at(*position, 0.0);
            figure.text(x, y + 14.0, label, TextStyle::new(SMALL, Anchor::Middle));
        }
        for (position, label) in y_ticks {
            figure.line(self.at(0.0, *position), self.at(1.0, *position), grid);
            let (x, y) = self.at(0.0, *position);
            figure.text(x - 6.0, y + 3.5, label, TextStyle::new(SMALL, Anchor::End));
        }
        figure.raw(&format!(
            "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{side:.2}\" height=\"{side:.2}\" fill=\"none\" \
             stroke=\"#000000\" stroke-width=\"0.8\"/>"
        ));
        let middle = left + side / 2.0;
        figure.text(middle, top - 8.0, title, TextStyle::new(LABEL, Anchor::Middle).bold());
        figure.text(middle, top + side + 31.0, x_label, TextStyle::new(LABEL, Anchor::Middle));
        figure.text(left - 36.0, top + side / 2.0, y_label, TextStyle::new(LABEL, Anchor::Middle).upright());
    }
}
