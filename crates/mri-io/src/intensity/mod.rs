//! Intensity normalization over the brain.

mod nyul;
#[cfg(feature = "serde")]
mod scale_file;

use rayon::prelude::*;

use crate::percentile::percentile;
use crate::{Error, Mask, Result, Volume};

pub use nyul::StandardScale;

/// How intensities inside the brain are brought to a common scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Normalization {
    /// The smallest value of the brain becomes 0, the largest 1 (the paper, section II).
    #[default]
    MinMax,
    /// As min-max, between two percentiles (0 to 100); values beyond them become 0 and 1.
    Percentile {
        /// Becomes 0.
        low: f64,
        /// Becomes 1.
        high: f64,
    },
    /// Mean 0 and standard deviation 1 over the brain.
    ZScore,
    /// The landmarks of the brain's histogram become those of a reference or a cohort (Nyul and Udupa), what
    /// lies between them moves linearly. On a scale that was learned from a cohort the percentiles 1 and 99
    /// become 0 and 1; values beyond them go on along the outermost pieces, below 0 and above 1.
    Nyul(StandardScale),
}

impl Normalization {
    /// Whether the settings are in their ranges.
    ///
    /// # Errors
    /// If the percentiles are not `0 <= low < high <= 100`, or the landmarks of a scale do not rise.
    pub fn check(&self) -> Result<()> {
        match *self {
            Self::Percentile { low, high } if !(0.0 <= low && low < high && high <= 100.0) => {
                Err(Error::setting(
                    "percentile",
                    format!("percentiles must fulfil 0 <= low < high <= 100, not {low} and {high}"),
                ))
            }
            Self::Nyul(scale) => scale.check(),
            _ => Ok(()),
        }
    }
}

/// Normalizes the voxels inside `mask`; those outside become exactly 0.
///
/// # Errors
/// If the grids differ, the mask is empty, a voxel inside is not finite, all voxels inside have the same
/// value, or [`Normalization::check`] fails.
pub fn normalize(volume: &mut Volume<f32>, mask: &Mask, method: &Normalization) -> Result<()> {
    method.check()?;
    let mut inside = brain_values(volume, mask)?;
    match *method {
        Normalization::MinMax => {
            let low = inside.iter().copied().fold(f32::INFINITY, f32::min);
            let high = inside.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let scaled = linear(f64::from(low), f64::from(high) - f64::from(low))?;
            replace(volume, mask, scaled);
        }
        Normalization::Percentile { low, high } => {
            inside.par_sort_unstable_by(f32::total_cmp);
            let [low, high] = [low, high].map(|percent| percentile(&inside, percent));
            let scaled = linear(low, high - low)?;
            replace(volume, mask, |value| scaled(value).clamp(0.0, 1.0));
        }
        Normalization::ZScore => {
            let count = inside.len() as f64;
            let mean = inside.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
            let variance = inside.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / count;
            let scaled = linear(mean, variance.sqrt())?;
            replace(volume, mask, scaled);
        }
        Normalization::Nyul(target) => {
            let own = StandardScale::of_values(&mut inside)?;
            replace(volume, mask, |value| own.map_to(&target, value));
        }
    }
    Ok(())
}

/// The values of the voxels inside.
fn brain_values(volume: &Volume<f32>, mask: &Mask) -> Result<Vec<f32>> {
    mask.check_on(&volume.grid())?;
    let voxels = volume.as_slice().iter().zip(mask.as_slice());
    let inside: Vec<f32> = voxels.filter(|&(_, &inside)| inside).map(|(&value, _)| value).collect();
    let not_finite = inside.iter().filter(|value| !value.is_finite()).count();
    if not_finite > 0 {
        return Err(Error::NotFinite { count: not_finite, voxels: inside.len(), masked: true });
    }
    Ok(inside)
}

/// The map that brings `offset` to 0 and `offset + scale` to 1.
fn linear(offset: f64, scale: f64) -> Result<impl Fn(f64) -> f64> {
    // Rounding gives even a constant brain a tiny deviation.
    if scale <= 1e-6 * offset.abs() {
        return Err(Error::Constant { value: offset, masked: true });
    }
    Ok(move |value| (value - offset) / scale)
}

/// Maps the voxels inside; those outside become 0.
fn replace(volume: &mut Volume<f32>, mask: &Mask, map: impl Fn(f64) -> f64 + Sync) {
    volume.as_mut_slice().par_iter_mut().zip(mask.as_slice()).with_min_len(4096).for_each(
        |(value, &inside)| {
            *value = if inside { map(f64::from(*value)) as f32 } else { 0.0 };
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;
    use proptest::prelude::*;

    fn row(values: &[f32]) -> Volume<f32> {
        let mut volume =
            Volume::filled(&Grid::centred([values.len(), 1, 1], [1.0; 3]).unwrap(), 0.0).unwrap();
        volume.as_mut_slice().copy_from_slice(values);
        volume
    }

    #[test]
    fn min_max_spans_the_brain_and_zeroes_the_rest() {
        let mut volume = row(&[100.0, 2.0, 4.0, 3.0]);
        let mask = row(&[0.0, 1.0, 1.0, 1.0]).map(|&value| value > 0.0);
        normalize(&mut volume, &mask, &Normalization::MinMax).unwrap();
        assert_eq!(volume.as_slice(), [0.0, 0.0, 1.0, 0.5]);
    }

    #[test]
    fn what_cannot_be_normalized_is_named() {
        let all = |n| row(&vec![1.0; n]).map(|_| true);
        let message = |volume: &mut Volume<f32>, mask: &Mask, method| {
            normalize(volume, mask, &method).unwrap_err().to_string()
        };
        assert!(
            message(&mut row(&[1.0, 1.0]), &all(2), Normalization::MinMax).contains("is constant inside")
        );
        assert!(
            message(&mut row(&[1.0, f32::NAN]), &all(2), Normalization::ZScore)
                .contains("1 of 2 voxels inside")
        );
        assert!(
            message(&mut row(&[1.0]), &row(&[0.0]).map(|_| false), Normalization::MinMax).contains("empty")
        );
        assert!(message(&mut row(&[1.0]), &all(2), Normalization::MinMax).contains("different grids"));
        let wrong = Normalization::Percentile { low: 90.0, high: 10.0 };
        assert!(message(&mut row(&[1.0, 2.0]), &all(2), wrong).contains("percentiles"));
    }

    proptest! {
        #[test]
        fn normalized_brains_have_the_promised_range(values in prop::collection::vec(-1e4..1e4_f32, 3..60)) {
            prop_assume!(values.iter().any(|v| v != &values[0]));
            let mask = row(&values).map(|_| true);
            let mut volume = row(&values);
            normalize(&mut volume, &mask, &Normalization::MinMax).unwrap();
            let low = volume.as_slice().iter().copied().fold(f32::INFINITY, f32::min);
            let high = volume.as_slice().iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert_eq!((low, high), (0.0, 1.0));
            let mut volume = row(&values);
            normalize(&mut volume, &mask, &Normalization::ZScore).unwrap();
            let mean = volume.as_slice().iter().sum::<f32>() / values.len() as f32;
            prop_assert!(mean.abs() < 1e-3);
        }
    }
}
