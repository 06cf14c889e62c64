//! What the page's scripts share with the rest of the report: bits of labels, shades, colours, and how rates are counted.

use anomaly_eval::RateFormula;
use memae_report::{INFERNO, OUTCOMES, OUTLINE};
use serde::Serialize;

use super::embed::SHADES;

/// Bits of the labels' voxels.
pub(super) const LESION: u8 = 1;
pub(super) const BRAIN: u8 = 2;

#[derive(Serialize)]
pub(super) struct Look {
    /// The byte of a white voxel.
    shades: f32,
    lesion: u8,
    brain: u8,
    /// Colours of scores, from 0 to the brightest.
    scores: [[u8; 3]; INFERNO.len()],
    /// Colour of the true outline.
    outline: &'static str,
    /// Colours of TP, FP and FN.
    outcomes: [&'static str; 3],
    rates: [RateFormula; RateFormula::ALL.len()],
}

impl Look {
    pub(super) fn of_the_page() -> Self {
        Self {
            shades: SHADES,
            lesion: LESION,
            brain: BRAIN,
            scores: INFERNO,
            outline: OUTLINE,
            outcomes: OUTCOMES,
            rates: RateFormula::ALL,
        }
    }
}
