//! Skull stripping with a small built-in atlas, for any contrast; no network.
//!
//! 1. The scan is averaged onto an isotropic 2 mm grid along the world axes ([`working`]).
//! 2. An atlas of tissue classes ([`atlas`]) is brought onto it by the affine transform ([`pose`]) and the
//!    stiff deformation ([`warp`]) under which class and intensity share most information ([`metric`]).
//!    Nothing is assumed about which class is bright.
//! 3. The intensities of each class are estimated from the scan, and give with the atlas the probability that
//!    a voxel is brain ([`classify`]).
//! 4. A brain in one piece is made of it ([`decide`]) and brought to the scan's own grid. Intensities move the
//!    surface by 10 mm at most, so that no tumour is cut out of it.
//!
//! What counts as brain: the brain with the sulcal CSF inside the hull of the pia mater, with a rim of
//! [`StripSettings::rim`].

mod atlas;
mod classify;
mod decide;
mod head;
mod metric;
mod minimize;
mod morphology;
mod pose;
mod quality;
mod samples;
#[cfg(test)]
mod tests;
mod warp;
mod working;

use nalgebra::Point3;
use ndarray::Array3;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Error, Mask, Result, Volume};
pub use quality::already_stripped;
use samples::{Samples, Scale};
use working::Working;

/// How a scan is stripped. The defaults serve every contrast, and need no tuning per scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StripSettings {
    /// Width (mm, 0 to 5) of the fluid that is kept around the pia, as far as there is fluid.
    pub rim: f64,
}

impl Default for StripSettings {
    fn default() -> Self {
        Self { rim: 1.0 }
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

/// Finds the brain in a scan of a head of any contrast, whatever its orientation, spacing and slice thickness.
///
/// A scan whose background is exactly 0 right up to a brain-sized object is taken as stripped already: its
/// mask is that object, with a warning.
///
/// # Errors
/// If a voxel is not finite, the scan is constant, an axis has fewer than three voxels, the field of view is
/// too small for a brain, no head is found, or `settings.rim` is not between 0 and 5.
pub fn skull_strip(scan: &Volume<f32>, settings: &StripSettings) -> Result<SkullStrip> {
    check(scan, settings)?;
    if let Some(mask) = quality::already_stripped(scan) {
        let warnings = vec!["the scan is stripped already: its non-zero voxels are the mask".to_owned()];
        return Ok(SkullStrip { mask, quality: 1.0, warnings });
    }
    let working = Working::of(scan);
    let sorted = working.sorted();
    let scale = Scale::of(&sorted);
    let [fine, coarse] = [2, 4].map(|edge| Samples::of(&working, scale, edge));
    let pose = pose::find(&coarse, &fine, head::centre(&working, &sorted)?);
    let warp = warp::bend(pose, &fine);
    let probabilities = classify::classify(&working, scale, &warp);
    let inside = decide::decide(&probabilities, settings.rim);
    let mask = at_native_resolution(scan, &working, &inside.mapv(|inside| f32::from(u8::from(inside))))?;
    let evidence = quality::Evidence::of(&fine, &warp, &probabilities, &inside, pose.upright());
    let (quality, warnings) = quality::judge(&mask, &evidence);
    Ok(SkullStrip { mask, quality, warnings })
}

impl StripSettings {
    /// Checks every field.
    pub(crate) fn check(&self) -> Result<()> {
        if (0.0..=5.0).contains(&self.rim) {
            return Ok(());
        }
        Err(Error::invalid(format!("the rim around the brain must be 0 to 5 mm, not {}", self.rim)))
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
