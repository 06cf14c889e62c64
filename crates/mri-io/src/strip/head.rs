//! Where the head is, to begin with.

use nalgebra::Vector3;

use super::working::{SPACING, Working};
use crate::percentile::percentile;
use crate::{Error, Result};

/// The head reaches this far below its top (mm) with the brain in it; what is lower is face and neck.
const HEIGHT: f64 = 150.0;
/// A cross-section of at least this area (mm^2) belongs to the head, not to noise or a marker.
const SECTION: f64 = 2000.0;
/// Heads with a smaller volume than this (mm^3) cannot hold a brain.
const SMALLEST: f64 = 300_000.0;

/// Middle (mm, world) of the head above the neck; `sorted` are all intensities in order.
pub(super) fn centre(working: &Working, sorted: &[f32]) -> Result<Vector3<f64>> {
    let [air, bright] = [2.0, 98.0].map(|percent| percentile(sorted, percent));
    let threshold = (air + 0.1 * (bright - air)) as f32;

    let nk = working.shape()[2];
    let section =
        |k: usize| working.values.slice(ndarray::s![.., .., k]).iter().filter(|&&v| v > threshold).count();
    let top = (0..nk)
        .rev()
        .find(|&k| section(k) as f64 * SPACING * SPACING >= SECTION)
        .ok_or_else(|| Error::invalid("no head was found: no axial section is large enough"))?;
    let bottom = (top + 1).saturating_sub((HEIGHT / SPACING) as usize);

    let (mut sum, mut count) = (Vector3::zeros(), 0_usize);
    for ((i, j, k), _) in working.values.indexed_iter().filter(|(_, value)| **value > threshold) {
        if (bottom..=top).contains(&k) {
            sum += Vector3::new(i as f64, j as f64, k as f64);
            count += 1;
        }
    }
    let volume = count as f64 * SPACING.powi(3);
    if volume < SMALLEST {
        return Err(Error::invalid(format!(
            "the head in the field of view has only {:.0} ml: too little to hold a brain",
            volume / 1000.0
        )));
    }
    Ok(working.world(sum / count as f64))
}
