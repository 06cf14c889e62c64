//! What a page's scripts share with all pictures: shades and colours.

use memae_report::{INFERNO, OUTLINE};
use serde::Serialize;

use super::embed::SHADES;

#[derive(Serialize)]
pub(crate) struct Look {
    /// The byte of a white voxel.
    shades: f32,
    /// Colours of scores, from 0 to the brightest.
    scores: [[u8; 3]; INFERNO.len()],
    /// Colour of outlines.
    outline: &'static str,
}

impl Look {
    pub(crate) const OF_ALL_PICTURES: Self = Self { shades: SHADES, scores: INFERNO, outline: OUTLINE };
}
