//! Figures: drawn once as SVG, and turned into PNG from there.

mod axes;
mod colour;
mod curves;
mod figure1;
mod svg;

pub use curves::curves_figure;
pub use figure1::{Figure1, Figure1Column, Figure1Subject, largest_lesion_slice};
pub use svg::Figure;
