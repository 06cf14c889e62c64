//! Files that mark voxels: label maps and masks.

use std::path::Path;

use super::fault::Fault;
use super::reading::read;
use super::stored::{LABEL_TOLERANCE, StoredVolume};
use super::writing::Voxel;
use crate::{Error, Mask, Result, Volume};

/// Reads a label map in any integer type. A value within half a step of the file's slope, or 1e-3, of a whole number is that
/// number: labels that went through floats are labels still.
///
/// # Errors
/// As [`read`]; also if a value is no whole number, or none that the type holds.
pub fn read_labels<T: Voxel + TryFrom<i128>>(path: impl AsRef<Path>) -> Result<Volume<T>> {
    let path = path.as_ref();
    StoredVolume::read(path)?.whole().map_err(|reason| Error::nifti(path, Fault::Values, reason.to_string()))
}

/// Reads a mask: every voxel above zero is inside. Where values are not whole, the mask was interpolated or holds
/// probabilities: inside is what has at least half of what stands for certain (1, 100, 255 or 65535, which the largest value
/// tells, and which a spline may have exceeded), and a warning event says so. The same holds for whole numbers of many levels, up to 50 and more, that change from voxel to voxel, as
/// soft masks are stored in bytes and percent; label maps have the same value over whole regions. Where the largest value is
/// none of a probability, or nearly no voxel has it, the file is taken for a scan and refused.
///
/// # Errors
/// As [`read`]; also if a voxel is not a number, or no voxel is above zero while some are below.
pub fn read_mask(path: impl AsRef<Path>) -> Result<Mask> {
    let path = path.as_ref();
    let volume = read(path)?;
    let voxels = volume.as_slice();
    if voxels.iter().any(|value| value.is_nan()) {
        return Err(Error::nifti(
            path,
            Fault::Values,
            "holds voxels that are not a number, so it is no mask",
        ));
    }
    let is_whole = |value: &f32| (value - value.round()).abs() <= LABEL_TOLERANCE as f32;
    let highest = voxels.iter().copied().fold(0.0, f32::max);
    let what = if !voxels.iter().all(is_whole) {
        "values that are not whole numbers"
    } else if is_soft(&volume, highest) {
        "whole numbers of many levels"
    } else {
        if highest <= 0.0 && voxels.iter().any(|&value| value < 0.0) {
            return Err(Error::nifti(
                path,
                Fault::Values,
                "holds no value above 0, so nothing would be inside: write a mask with 1 inside and 0 outside",
            ));
        }
        return Ok(volume.map(|&value| value.round() > 0.0));
    };
    let Some(certain) = certain(voxels, highest) else {
        let reason = format!(
            "holds {what}, up to {highest}, as a scan does, and is no mask: give a file with 1 inside and 0 outside"
        );
        return Err(Error::nifti(path, Fault::Values, reason));
    };
    let half = 0.5 * certain;
    tracing::warn!(
        "{}: holds {what}, up to {highest}: taken as a mask where they are at least {half}",
        path.display()
    );
    Ok(volume.map(|&value| value >= half))
}

/// The value that stands for certainly inside. `None` if the largest value is none that a probability reaches, nor what a spline
/// makes of one, or if hardly any voxel is near it, while a mask has an inside that is certain: then values are those of a scan.
fn certain(voxels: &[f32], highest: f32) -> Option<f32> {
    /// Each with the largest values that it is told from.
    const SCALES: [(f32, [f32; 2]); 4] = [
        (1.0, [0.0, 2.0]),
        (100.0, [50.0, 165.0]),
        (255.0, [230.0, 420.0]),
        (65535.0, [60_000.0, 105_000.0]),
    ];
    /// Fewer voxels may be a small lesion's, all of them border.
    const MANY: usize = 10_000;
    let (scale, _) = SCALES.into_iter().find(|&(_, [low, high])| (low..=high).contains(&highest))?;
    let above = |limit: f32| voxels.iter().filter(|&&value| value >= limit).count();
    let (some, inside) = (above(0.1 * scale), above(0.9 * scale.min(highest)));
    (some <= MANY || 200 * inside >= some).then_some(scale)
}

/// Whether whole numbers are probabilities times their largest value, and not labels: of the neighbours along the last axis
/// that are inside, but not both certainly inside, fewer than half are equal.
fn is_soft(volume: &Volume<f32>, highest: f32) -> bool {
    const LEAST_SCALE: f32 = 50.0;
    const LEAST_LEVELS: usize = 16;
    let voxels = volume.as_slice();
    if !(LEAST_SCALE..=f32::from(u16::MAX)).contains(&highest) || voxels.iter().any(|&value| value < 0.0) {
        return false;
    }
    let mut seen = vec![false; highest.round() as usize + 1];
    for value in voxels {
        seen[value.round() as usize] = true;
    }
    if seen.iter().filter(|&&seen| seen).count() <= LEAST_LEVELS {
        return false;
    }
    let (mut pairs, mut equal) = (0_usize, 0_usize);
    for line in volume.data().lanes(ndarray::Axis(2)) {
        for (&a, &b) in line.iter().zip(line.iter().skip(1)) {
            if a > 0.5 && b > 0.5 && a.min(b) < highest - 0.5 {
                pairs += 1;
                equal += usize::from((a - b).abs() < 0.5);
            }
        }
    }
    2 * equal < pairs
}
