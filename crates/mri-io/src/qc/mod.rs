//! Quality control: what is wrong with a scan, and pictures that show whether a result is right.

mod check;
#[cfg(feature = "picture")]
mod picture;

pub use crate::finding::{Finding, Severity};
pub use check::{Contrast, ScanFacts, ScanReport, check_scan, check_table, check_volume, find_copies};
#[cfg(feature = "picture")]
pub use picture::{Caption, Picture, Section, quality_picture, thumbnail};
