//! What is registered.

use crate::{Mask, Volume};

/// A volume, and where in it to look. A volume alone turns into one without a mask:
/// `register_rigid(&fixed, Scan::within(&moving, &brain), &settings)`.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// The volume.
    pub volume: &'a Volume<f32>,
    /// The part of it that counts, on its grid; all of it if `None`.
    pub mask: Option<&'a Mask>,
}

impl<'a> Scan<'a> {
    /// A volume that counts within a mask.
    pub fn within(volume: &'a Volume<f32>, mask: &'a Mask) -> Self {
        Self { volume, mask: Some(mask) }
    }
}

impl<'a> From<&'a Volume<f32>> for Scan<'a> {
    fn from(volume: &'a Volume<f32>) -> Self {
        Self { volume, mask: None }
    }
}
