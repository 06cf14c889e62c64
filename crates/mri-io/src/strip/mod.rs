//! Skull stripping without an atlas or a network.
//!
//! 1. The scan is averaged onto an isotropic 2 mm grid along the world axes ([`working`]).
//! 2. Robust intensities and the place of the brain are estimated from the head ([`estimate`]).
//! 3. A triangle mesh grows from inside the brain until it meets the dark band of skull and dura, in the
//!    way of Smith, "Fast robust automated brain extraction", Human Brain Mapping 17 (2002) ([`surface`]).
//!    A stiff coarse mesh bounds a fine one.
//! 4. The region inside is cleaned voxel by voxel, and the bright CSF around the brain peeled off, ([`cleanup`]) and brought to the scan's own grid.
//!
//! What counts as brain: the brain with the sulcal CSF inside the hull of the pia mater.

mod cleanup;
mod estimate;
mod icosphere;
mod morphology;
mod quality;
mod surface;
#[cfg(test)]
mod tests;
mod working;

use nalgebra::Point3;
use ndarray::Array3;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Error, Mask, Result, Volume};
pub use quality::already_stripped;
use working::Working;

/// How a scan is stripped. The defaults serve T2, and need no tuning per scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StripSettings {
    /// Where between air (0) and brain (1) the surface stops, above 0 and below 1. A larger value gives a
    /// smaller brain.
    pub threshold: f64,
}

impl Default for StripSettings {
    fn default() -> Self {
        Self { threshold: 0.5 }
    }
}

/// The brain in a scan, and how far to trust it.
#[derive(Clone, Debug)]
pub struct SkullStrip {
    /// The brain, on the scan's own grid.
    pub mask: Mask,
    /// Plausibility from 0 (certainly wrong) to 1 (nothing suspicious).
    pub quality: f64,
    /// What is suspicious about the result, for a human to check; empty if nothing is.
    pub warnings: Vec<String>,
}

/// Finds the brain in a scan of a head, whatever its orientation, spacing and slice thickness.
///
/// A scan whose background is exactly 0 right up to a brain-sized object is taken as stripped already: its
/// mask is that object, with a warning.
///
/// # Errors
/// If a voxel is not finite, the scan is constant, an axis has fewer than three voxels, the field of view is
/// too small for a brain, no head is found, or `settings.threshold` is not between 0 and 1.
pub fn skull_strip(scan: &Volume<f32>, settings: &StripSettings) -> Result<SkullStrip> {
    check(scan, settings)?;
    if let Some(mask) = quality::already_stripped(scan) {
        let warnings = vec!["the scan is stripped already: its non-zero voxels are the mask".to_owned()];
        return Ok(SkullStrip { mask, quality: 1.0, warnings });
    }
    let working = Working::of(scan);
    let mut estimate = estimate::of_head(&working)?;
    let first = surface::grow(&working, &estimate, settings.threshold);
    estimate.refine(&working, &first);
    let mesh = surface::grow(&working, &estimate, settings.threshold);
    let inside = cleanup::clean(&working, mesh.occupancy(&working), &estimate);
    let mask = at_native_resolution(scan, &working, &inside)?;
    let (quality, warnings) = quality::judge(&mask);
    Ok(SkullStrip { mask, quality, warnings })
}

impl StripSettings {
    /// Checks every field.
    pub(crate) fn check(&self) -> Result<()> {
        if self.threshold > 0.0 && self.threshold < 1.0 {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the stripping threshold must lie between 0 and 1, not {}",
            self.threshold
        )))
    }
}

fn check(scan: &Volume<f32>, settings: &StripSettings) -> Result<()> {
    settings.check()?;
    let shape = scan.shape();
    if shape.iter().any(|&n| n < 3) {
        return Err(Error::invalid(format!(
            "skull stripping needs a volume, and this one has {shape:?} voxels: give at least 3 along each axis"
        )));
    }
    scan.check_values()
}

/// The mask on the scan's grid: where the occupancy, interpolated between the working voxels, is at least
/// one half.
fn at_native_resolution(scan: &Volume<f32>, working: &Working, occupancy: &Array3<f32>) -> Result<Mask> {
    let [_, nj, nk] = scan.shape();
    let mut inside = Array3::from_elem(scan.shape(), false);
    let planes = inside.as_slice_mut().expect("a new array is contiguous");
    planes.par_chunks_mut(nj * nk).enumerate().for_each(|(i, plane)| {
        for (jk, voxel) in plane.iter_mut().enumerate() {
            let index = Point3::new(i as f64, (jk / nk) as f64, (jk % nk) as f64);
            let world = scan.affine().voxel_to_world(index);
            *voxel = working.interpolate(occupancy, &working.position_of(world)) >= 0.5;
        }
    });
    Mask::new(inside, *scan.affine())
}
