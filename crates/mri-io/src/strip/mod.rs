//! Skull stripping for any contrast, with two small networks of our own; nothing is downloaded.
//!
//! 1. The scan is averaged onto a grid of 2 mm along its own axes.
//! 2. A network that sees the whole head at 4 mm says how deep each voxel lies in the brain; another says it
//!    again at 2 mm, near the surface that the first has found.
//! 3. The brain is what lies deeper than 0, in one piece, without holes; its surface is interpolated between the voxels of
//!    the grid, so that it is finer than they are.
//!
//! What counts as brain: the brain with the fluid in its sulci and around it up to the inner side of the dura, as HD-BET
//! has it. [`StripSettings::rim`] moves the surface.

mod background;
mod grid;
mod network;
mod quality;
mod search;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::str::FromStr;

use crate::{Error, Mask, Result, Volume};
use background::Foreground;
pub(crate) use background::background;
pub use background::foreground;
use grid::SPACING;
use search::Found;

/// Overlap (Dice) of a scan's foreground with the brain that the networks find above which the scan is stripped already. Of
/// brains the networks peel something off: they have 0.88 and more. A child's head, neck cut off, has 0.75 at most.
const STRIPPED: f64 = 0.83;
/// Brains without the fluid in their sulci overlap less: all but this share of them lies within the brain that the networks find,
/// and they fill at least half of it. Of a whole head on a background of one value a quarter and more lies outside.
const OUTSIDE: f64 = 0.05;

/// Whether a scan has a skull.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(any(feature = "serde", feature = "lists"), derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(any(feature = "serde", feature = "lists"), serde(rename_all = "lowercase"))]
pub enum Skull {
    /// Found out: none is there where what stands out from a background of one value is what looks like a brain.
    #[default]
    Guess,
    /// There is one to be removed.
    Remove,
    /// There is none: what stands out from the background is the brain, whatever it looks like.
    Keep,
}

impl FromStr for Skull {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "guess" => Ok(Self::Guess),
            "remove" => Ok(Self::Remove),
            "keep" => Ok(Self::Keep),
            _ => Err("is guess, remove or keep".to_owned()),
        }
    }
}

/// How a scan is stripped. The defaults serve every contrast, and need no tuning per scan.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct StripSettings {
    /// Whether the scan has a skull.
    pub skull: Skull,
    /// Distance (mm, -5 to 5) by which the surface of the brain is moved outwards from the inner side of the dura.
    pub rim: f64,
}

/// The brain in a scan, and how far to trust it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SkullStrip {
    /// The brain, on the scan's own grid.
    pub mask: Mask,
    /// Plausibility from 0 (certainly wrong) to 1 (nothing suspicious).
    pub quality: f64,
    /// What is suspicious about the result, for a human to check; empty if nothing is.
    pub warnings: Vec<String>,
    /// Whether the scan had no skull, so that the mask is what stood out from its background.
    pub stripped: bool,
}

/// Finds the brain in a scan of a head of any contrast, whatever its orientation, spacing and slice thickness.
///
/// A scan whose background has one value right up to what looks like a brain is stripped already: its mask is that object, with
/// a warning. [`StripSettings::skull`] says otherwise. Voxels that are not finite count as 0, with a warning.
///
/// # Errors
/// If all voxels have the same value or none is finite, an axis has fewer than three voxels, nothing in the scan looks like a
/// brain, the scan is said to be stripped and has no background of one value, or `settings.rim` is not between -5 and 5.
pub fn skull_strip(scan: &Volume<f32>, settings: &StripSettings) -> Result<SkullStrip> {
    check(scan, settings)?;
    let (scan, warning) = scan.as_scan()?;
    let foreground = if settings.skull == Skull::Remove { None } else { Foreground::of(&scan) };
    let mut found = strip(&scan, settings, foreground)?;
    found.warnings.extend(warning);
    Ok(found)
}

/// The brain of a scan that stands out from a background of one value, as [`skull_strip`] finds it by default; `None` for other
/// scans, which cost no search, and where nothing looks like a brain.
pub(crate) fn strip_if_background(scan: &Volume<f32>) -> Option<SkullStrip> {
    let settings = StripSettings::default();
    check(scan, &settings).ok()?;
    let (scan, _) = scan.as_scan().ok()?;
    let foreground = Foreground::of(&scan)?;
    strip(&scan, &settings, Some(foreground)).ok()
}

/// As [`skull_strip`], by settings that were checked; `foreground` is what stands out from the background, if that matters.
fn strip(scan: &Volume<f32>, settings: &StripSettings, foreground: Option<Foreground>) -> Result<SkullStrip> {
    if settings.skull == Skull::Keep {
        let Foreground { object, .. } = foreground.ok_or(Error::NoBrain(
            "the scan is said to be stripped, but it has no background of one value around a brain: let it be found out \
             (`skull` guess), or have the skull removed",
        ))?;
        let (quality, warnings) = quality::judge_shape(&object);
        return Ok(SkullStrip { mask: object, quality, warnings, stripped: true });
    }
    let as_stripped = |object: &Mask, found: &Found| {
        let (quality, mut warnings) = quality::judge(object, found);
        warnings
            .push("the scan is stripped already: what stands out from its background is the mask".to_owned());
        SkullStrip { mask: object.clone(), quality, warnings, stripped: true }
    };
    if let Some(foreground) = &foreground
        && foreground.object.millilitres() <= quality::LARGEST
        && let Some(found) = found_alone(foreground, scan)?
    {
        return Ok(as_stripped(&foreground.object, &found));
    }
    let seen = foreground.as_ref().map_or(Cow::Borrowed(scan), |foreground| foreground.on_dark(scan));
    let (grid, found) = search::search(&seen).ok_or(Error::NoBrain(
        "nothing in the scan looks like a brain: is it a scan of a head, and not a map of labels?",
    ))?;
    let rim = settings.rim * SPACING / grid.spacing;
    let mask = grid.above(scan, &found.depth, found.begin, -rim as f32)?;
    // Of part of a brain, more is found where its field of view ends.
    if let Some(Foreground { object, .. }) = &foreground
        && is_the_brain(object, &mask)?
    {
        return Ok(as_stripped(object, &found));
    }
    let (quality, warnings) = quality::judge(&mask, &found);
    Ok(SkullStrip { mask, quality, warnings, stripped: false })
}

/// What the networks find where they see nothing but what stands out from the background, if that is the brain.
fn found_alone(foreground: &Foreground, scan: &Volume<f32>) -> Result<Option<Found>> {
    let (alone, object) = foreground.alone(scan);
    let Some((grid, found)) = search::search(&alone) else { return Ok(None) };
    let brain = grid.above(&alone, &found.depth, found.begin, 0.0)?;
    Ok(is_the_brain(&object, &brain)?.then_some(found))
}

/// The brain, if the scan is stripped already: what stands out from a background of one value, if it is what looks like a brain.
pub fn already_stripped(scan: &Volume<f32>) -> Option<Mask> {
    strip_if_background(scan).filter(|found| found.stripped).map(|found| found.mask)
}

/// Whether what stands out from the background is the brain that the networks find, or that without its fluid.
fn is_the_brain(object: &Mask, brain: &Mask) -> Result<bool> {
    let pairs = || object.as_slice().iter().zip(brain.as_slice());
    let outside = pairs().filter(|(object, brain)| **object && !**brain).count();
    let within = (outside as f64) < OUTSIDE * object.count() as f64 && 2 * object.count() > brain.count();
    Ok(within || object.dice(brain)? > STRIPPED)
}

impl StripSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Setting`] if a field is out of its range.
    pub fn check(&self) -> Result<()> {
        if (-5.0..=5.0).contains(&self.rim) {
            return Ok(());
        }
        Err(Error::setting("rim", format!("the rim around the brain must be -5 to 5 mm, not {}", self.rim)))
    }
}

fn check(scan: &Volume<f32>, settings: &StripSettings) -> Result<()> {
    settings.check()?;
    let shape = scan.shape();
    if shape.iter().any(|&n| n < 3) {
        return Err(Error::TooFewVoxels { shape, step: "skull stripping", least: 3 });
    }
    Ok(())
}
