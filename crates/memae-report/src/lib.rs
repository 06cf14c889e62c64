#![doc = include_str!("../README.md")]
// Array views are passed by value, as slices are.
#![allow(clippy::needless_pass_by_value)]

mod error;
mod figures;
mod paper;
mod table;
pub mod tables;

pub use error::{Error, Result};
pub use figures::{
    DotPanel, Figure, Figure1, Figure1Column, Figure1Subject, INFERNO, OUTCOMES, OUTLINE, calibration_figure,
    curves_figure, dots_figure, largest_lesion_slice, subjects_figure,
};
pub use paper::{PaperRates, paper_rates};
pub use table::Table;
