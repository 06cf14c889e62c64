//! Figures: drawn once as SVG, and turned into PNG from there.

mod axes;
mod boxes;
mod calibration;
mod colour;
mod curves;
mod dots;
mod figure1;
mod series;
mod svg;

pub use boxes::subjects_figure;
pub use calibration::calibration_figure;
pub use colour::{INFERNO, OUTCOMES, OUTLINE};
pub use curves::curves_figure;
pub use dots::{DotPanel, dots_figure};
pub use figure1::{Figure1, Figure1Column, Figure1Subject, largest_lesion_slice};
pub use svg::Figure;
