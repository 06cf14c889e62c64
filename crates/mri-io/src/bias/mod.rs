//! Bias-field correction: N4 (Tustison et al. 2010, doi:10.1109/TMI.2010.2046908).
//!
//! A scan is taken as its anatomy times a smooth field. The field blurs the histogram of the logarithms
//! of the intensities. Each step sharpens that histogram, looks how far each voxel is from where it would
//! then lie, and adds a smooth fit of these distances to the field; from level to level the fit becomes
//! finer. The work is done on samples a few millimetres apart, the field is evaluated at every
//! voxel.

mod lattice;
mod samples;
mod sharpen;

use std::borrow::Cow;

use rayon::prelude::*;

use crate::resample::{canonical, in_order_of};
use crate::{Error, Mask, Result, Volume};
use lattice::{Fit, Rows};
use samples::Samples;
use sharpen::Sharpener;

/// How [`correct_bias`] works. The defaults suit brains of any contrast; their finest knots, 50 mm apart,
/// leave a tumour what it is, where finer ones take a part of it for bias.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct BiasSettings {
    /// Distance (mm) between the voxels that are worked on, 1 to 16.
    pub spacing: f64,
    /// Distance (mm) between the knots of the field on the first level, at least 10. Each further level
    /// halves it.
    pub knots: f64,
    /// Levels, 1 to 6.
    pub levels: usize,
    /// Most steps at each level, at least 1.
    pub iterations: usize,
    /// A level ends when a step changes the field by less than this: the coefficient of variation of the
    /// change, above 0.
    pub tolerance: f64,
    /// Full width at half maximum of the blur that is taken out of the histogram (natural logarithm of
    /// intensity), 0.01 to 1.
    pub width: f64,
    /// Constant of the Wiener filter that takes it out, above 0, at most 1.
    pub noise: f64,
}

impl Default for BiasSettings {
    fn default() -> Self {
        Self {
            spacing: 4.0,
            knots: 200.0,
            levels: 3,
            iterations: 50,
            tolerance: 1e-3,
            width: 0.15,
            noise: 0.01,
        }
    }
}

impl BiasSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first field that is out of its range.
    pub fn check(&self) -> Result<()> {
        let (name, complaint) = if !(1.0..=16.0).contains(&self.spacing) {
            ("spacing", format!("samples {} mm apart: bias correction needs 1 to 16 mm", self.spacing))
        } else if !(10.0..=1e4).contains(&self.knots) {
            ("knots", format!("knots {} mm apart: a bias field needs at least 10 mm", self.knots))
        } else if !(1..=6).contains(&self.levels) {
            ("levels", format!("bias correction has 1 to 6 levels, not {}", self.levels))
        } else if self.iterations == 0 {
            ("iterations", "bias correction needs at least 1 iteration".to_owned())
        } else if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            ("tolerance", format!("the tolerance of bias correction must be above 0, not {}", self.tolerance))
        } else if !(0.01..=1.0).contains(&self.width) {
            ("width", format!("the width of the histogram's blur must be 0.01 to 1, not {}", self.width))
        } else if !(self.noise > 0.0 && self.noise <= 1.0) {
            (
                "noise",
                format!("the noise of the Wiener filter must be above 0 and at most 1, not {}", self.noise),
            )
        } else {
            return Ok(());
        };
        Err(Error::setting(name, complaint))
    }
}

/// Result of [`correct_bias`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BiasCorrection {
    /// The volume divided by the field.
    pub volume: Volume<f32>,
    /// The field on the volume's grid: positive, its mean over the mask is 1. Beyond the mask's bounding box it
    /// goes on with its outermost values.
    pub field: Volume<f32>,
}

/// Finds and removes the smooth field that a scanner's coils multiply a scan with.
///
/// The mask, on the volume's grid, tells where to look, best the brain; without one that is where the
/// volume is brighter than its mean. Voxels that are not positive and finite do not count. The order in which the volume stores
/// its axes does not matter, to the last bit.
///
/// # Errors
/// If the mask lies on another grid or is empty, none of the voxels worked on is positive and finite, or a
/// setting is out of its range.
pub fn correct_bias(
    volume: &Volume<f32>,
    mask: Option<&Mask>,
    settings: &BiasSettings,
) -> Result<BiasCorrection> {
    settings.check()?;
    if let Some(mask) = mask {
        mask.check_on(&volume.grid())?;
    }
    let grid = volume.grid();
    let volume = canonical(volume);
    let mask = mask.map_or_else(|| Cow::Owned(brighter_than_mean(&volume)), canonical);
    let found = correct(&volume, &mask, settings)?;
    if matches!(volume, Cow::Borrowed(_)) {
        return Ok(found);
    }
    Ok(BiasCorrection { volume: in_order_of(&grid, &found.volume), field: in_order_of(&grid, &found.field) })
}

/// As [`correct_bias`], with the axes in canonical order.
fn correct(volume: &Volume<f32>, mask: &Mask, settings: &BiasSettings) -> Result<BiasCorrection> {
    let samples = Samples::of(volume, mask, settings.spacing)?;
    let log_field = Rows::new(
        estimate(&samples, settings)
            .into_iter()
            .map(|(knots, coefficients)| (samples.bases_at_voxels(volume.shape(), knots), coefficients)),
    );
    Ok(apply(volume, mask, &log_field))
}

/// The distance between knots and the coefficients of each level; the sum of the levels is the logarithm
/// of the field.
fn estimate(samples: &Samples, settings: &BiasSettings) -> Vec<(f64, Vec<f64>)> {
    let sharpener = Sharpener::new(settings.width, settings.noise);
    let mut corrected = samples.logarithms.clone();
    let mut lattices = Vec::new();
    for level in 0..settings.levels {
        let knots = settings.knots / f64::from(1 << level);
        let fit = Fit::new(samples.bases(knots), &samples.weights);
        let mut lattice: Vec<f64> = Vec::new();
        for iteration in 0..settings.iterations {
            let expected = sharpener.expected(&corrected, &samples.weights);
            let residual: Vec<f64> = corrected.iter().zip(&expected).map(|(c, e)| c - e).collect();
            let step = fit.coefficients(&residual);
            let change = fit.field(&step);
            corrected.iter_mut().zip(&change).for_each(|(corrected, change)| *corrected -= change);
            lattice.resize(step.len(), 0.0);
            lattice.iter_mut().zip(&step).for_each(|(sum, step)| *sum += step);
            let variation = samples.variation(&change);
            if variation < settings.tolerance {
                tracing::debug!(level, iteration, variation, "level of the bias field has converged");
                break;
            }
        }
        lattices.push((knots, lattice));
    }
    lattices
}

/// Divides the volume by the field, whose mean over the mask becomes 1.
fn apply(volume: &Volume<f32>, mask: &Mask, log_field: &Rows) -> BiasCorrection {
    let length = volume.shape()[2];
    let mut field = volume.map(|_| 1.0_f32);
    let sums: Vec<f64> = field
        .as_mut_slice()
        .par_chunks_mut(length)
        .zip(mask.as_slice().par_chunks(length))
        .enumerate()
        .map(|(row, (field, mask))| {
            let logarithms = log_field.row(row, length);
            field.iter_mut().zip(logarithms).for_each(|(value, log)| *value = log.exp() as f32);
            field.iter().zip(mask).map(|(&value, &inside)| if inside { f64::from(value) } else { 0.0 }).sum()
        })
        .collect();
    // Summed in the order of the rows, whatever thread each was done by.
    let mean = (sums.iter().sum::<f64>() / mask.count() as f64) as f32;
    let mut corrected = volume.clone();
    let rows =
        corrected.as_mut_slice().par_chunks_mut(length).zip(field.as_mut_slice().par_chunks_mut(length));
    rows.for_each(|(values, field)| {
        for (value, field) in values.iter_mut().zip(field) {
            *field /= mean;
            *value /= *field;
        }
    });
    BiasCorrection { volume: corrected, field }
}

fn brighter_than_mean(volume: &Volume<f32>) -> Mask {
    let finite = || volume.as_slice().iter().filter(|value| value.is_finite());
    let mean = finite().map(|&value| f64::from(value)).sum::<f64>() / finite().count().max(1) as f64;
    volume.map(|&value| f64::from(value) > mean)
}

#[cfg(test)]
mod tests;
