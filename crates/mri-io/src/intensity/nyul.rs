//! Histogram matching by landmarks (Nyul and Udupa 1999, Magnetic Resonance in Medicine 42, 1072; with deciles Nyul,
//! Udupa and Zhang 2000, doi:10.1109/42.836373).

use rayon::prelude::*;

use super::brain_values;
use crate::percentile::percentile;
use crate::{Error, Mask, Result, Volume};

/// The landmarks: the ends of the histogram without its outermost percent, and the deciles.
pub(super) const PERCENTILES: [f64; LANDMARKS] =
    [1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.0];
pub(super) const LANDMARKS: usize = 11;

/// Where the landmarks of a brain's histogram come to lie: its percentiles 1, 10, 20, ... 90 and 99.
///
/// [`StandardScale::of`] one volume is the scale to match others to that volume; [`StandardScale::learn`]
/// makes the standard scale of a cohort. [`Normalization::Nyul`](crate::intensity::Normalization::Nyul) applies it:
///
/// ```
/// # use mri_io::intensity::{Normalization, StandardScale, normalize};
/// # use mri_io::{Grid, Volume};
/// # let grid = Grid::centred([20, 1, 1], [1.0; 3])?;
/// # let mut scan = Volume::filled(&grid, 0.0_f32)?;
/// # scan.as_mut_slice().iter_mut().enumerate().for_each(|(i, value)| *value = i as f32);
/// # let cohort = [(scan.clone(), scan.map(|&v| v > 2.0)), (scan.map(|v| v * v), scan.map(|&v| v > 2.0))];
/// # let mask = scan.map(|&v| v > 2.0);
/// let scales: Vec<_> =
///     cohort.iter().map(|(scan, mask)| StandardScale::of(scan, mask)).collect::<mri_io::Result<_>>()?;
/// let scale = StandardScale::learn(scales)?;
/// normalize(&mut scan, &mask, &Normalization::Nyul(scale))?;
/// # assert_eq!(scan.as_slice()[0], 0.0);
/// # Ok::<(), mri_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct StandardScale {
    pub(super) landmarks: [f64; LANDMARKS],
}

impl StandardScale {
    /// A scale that is known: the intensities that the percentiles 1, 10, 20, ... 90 and 99 of a brain become.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn new(landmarks: [f64; LANDMARKS]) -> Result<Self> {
        let scale = Self { landmarks };
        scale.check()?;
        Ok(scale)
    }

    /// The landmarks of one volume, in its own units: the scale that matches other volumes to it.
    ///
    /// # Errors
    /// If the grids differ, the mask is empty, a voxel inside is not finite, or the percentiles 1 and 99
    /// are the same.
    pub fn of(volume: &Volume<f32>, mask: &Mask) -> Result<Self> {
        Self::of_values(&mut brain_values(volume, mask)?)
    }

    /// The landmarks of the values of a brain; sorts them.
    pub(super) fn of_values(values: &mut [f32]) -> Result<Self> {
        values.par_sort_unstable_by(f32::total_cmp);
        Self::new(PERCENTILES.map(|percent| percentile(values, percent)))
    }

    /// The standard scale of a cohort, from the scale [of](Self::of) each of its volumes: the means of their
    /// landmarks, after the percentiles 1 and 99 of each were brought to 0 and 1.
    ///
    /// # Errors
    /// If there are no volumes.
    pub fn learn(cohort: impl IntoIterator<Item = Self>) -> Result<Self> {
        let (mut sums, mut count) = ([0.0; LANDMARKS], 0_usize);
        for Self { landmarks } in cohort {
            let (low, high) = (landmarks[0], landmarks[LANDMARKS - 1]);
            for (sum, landmark) in sums.iter_mut().zip(landmarks) {
                *sum += (landmark - low) / (high - low);
            }
            count += 1;
        }
        if count == 0 {
            return Err(Error::NoScans("a standard scale"));
        }
        Ok(Self { landmarks: sums.map(|sum| sum / count as f64) })
    }

    /// The intensities that the percentiles 1, 10, 20, ... 90 and 99 of a brain become.
    pub fn landmarks(&self) -> &[f64] {
        &self.landmarks
    }

    /// Whether the landmarks span a range and never fall.
    ///
    /// # Errors
    /// [`Error::Setting`] if they do not.
    pub fn check(&self) -> Result<()> {
        let (low, high) = (self.landmarks[0], self.landmarks[LANDMARKS - 1]);
        // Also refuses what is not a number.
        let rising = self.landmarks.windows(2).all(|pair| pair[0] <= pair[1]);
        if rising && low.is_finite() && high.is_finite() && low < high {
            return Ok(());
        }
        Err(Error::setting(
            "landmarks",
            format!(
                "the landmarks of an intensity scale must rise from the first to the last, not be {:?}: is the brain \
             of one value?",
                self.landmarks
            ),
        ))
    }

    /// Where a value goes if the landmarks `self` of its volume go to those of `target`: linearly between two
    /// landmarks, and on along the outermost pieces beyond them.
    pub(super) fn map_to(&self, target: &Self, value: f64) -> f64 {
        let (from, to) = (&self.landmarks, &target.landmarks);
        let piece = from.partition_point(|&landmark| landmark <= value).clamp(1, LANDMARKS - 1);
        let (below, above) = (from[piece - 1], from[piece]);
        // Only an outermost piece can be without width; beyond it nothing tells how to go on.
        let share = if above > below { (value - below) / (above - below) } else { f64::from(value >= above) };
        to[piece - 1] + share * (to[piece] - to[piece - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;
    use crate::intensity::{Normalization, normalize};
    use proptest::prelude::*;

    fn row(values: &[f32]) -> Volume<f32> {
        let grid = Grid::centred([values.len(), 1, 1], [1.0; 3]).unwrap();
        let mut volume = Volume::filled(&grid, 0.0).unwrap();
        volume.as_mut_slice().copy_from_slice(values);
        volume
    }

    fn all(volume: &Volume<f32>) -> Mask {
        volume.map(|_| true)
    }

    fn learned(cohort: &[Volume<f32>]) -> StandardScale {
        StandardScale::learn(cohort.iter().map(|volume| StandardScale::of(volume, &all(volume)).unwrap()))
            .unwrap()
    }

    #[test]
    fn a_scan_of_another_gain_and_gamma_lands_on_the_reference() {
        let reference = row(&(0..=1000).map(|v| v as f32).collect::<Vec<_>>());
        let scale = StandardScale::of(&reference, &all(&reference)).unwrap();
        let mut scan = reference.map(|&v| 3.0 * (v / 1000.0).powf(1.2) + 7.0);
        normalize(&mut scan, &all(&reference), &Normalization::Nyul(scale)).unwrap();
        for (found, expected) in scan.as_slice().iter().zip(reference.as_slice()) {
            assert!((found - expected).abs() < 8.0, "{found}, {expected}");
        }
    }

    #[test]
    fn scales_of_nothing_are_refused() {
        assert!(StandardScale::learn([]).is_err());
        assert!(StandardScale::of(&row(&[4.0; 9]), &all(&row(&[4.0; 9]))).is_err());
    }

    proptest! {
        #[test]
        fn order_is_kept_and_landmarks_land(
            cohort in prop::collection::vec(prop::collection::vec(0..40_i16, 30..80), 1..4),
            scan in prop::collection::vec(0..40_i16, 30..80),
        ) {
            let volume = |values: &[i16]| row(&values.iter().map(|&v| f32::from(v)).collect::<Vec<_>>());
            let spread = |v: &Volume<f32>| StandardScale::of(v, &all(v)).is_ok();
            let cohort: Vec<_> = cohort.iter().map(|values| volume(values)).filter(spread).collect();
            let scan = volume(&scan);
            prop_assume!(!cohort.is_empty() && spread(&scan));
            let target = learned(&cohort);
            let own = StandardScale::of(&scan, &all(&scan)).unwrap();
            let mut scaled = scan.clone();
            normalize(&mut scaled, &all(&scan), &Normalization::Nyul(target)).unwrap();
            let mut pairs: Vec<_> = scan.as_slice().iter().zip(scaled.as_slice()).collect();
            pairs.sort_by(|a, b| a.0.total_cmp(b.0));
            prop_assert!(pairs.windows(2).all(|pair| pair[0].1 <= pair[1].1));
            // Ends that values share with their neighbours cannot be told apart from them.
            for (&from, &to) in own.landmarks.iter().zip(&target.landmarks) {
                if own.landmarks.iter().filter(|&&other| other == from).count() == 1 {
                    prop_assert!((own.map_to(&target, from) - to).abs() < 1e-12);
                }
            }
            // A scan on the scale already stays as it is.
            let from = f64::from(scan.as_slice()[0]);
            prop_assert!((own.map_to(&own, from) - from).abs() < 1e-9 || own.landmarks[0] > from || own.landmarks[10] < from);
        }
    }
}
