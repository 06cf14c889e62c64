//! How much of a structure's contrast against its surroundings a reconstruction repeats.

use ndarray::{Array3, ArrayView3, Zip};

use crate::lesion::components;
use crate::score::check_voxels;
use crate::score::distance_to;
use crate::stats::percentile;
use crate::{BootstrapSettings, Error, Estimate, Result, ScanPair, check_shape};

/// Distance (mm) from a structure at which its surroundings begin and end: beyond its blurred border, but near.
const SHELL_MM: [f32; 2] = [3.0, 8.0];
/// A structure that stands out by less than this share of the brain's standard deviation has no contrast to repeat.
const LEAST_CONTRAST: f64 = 0.1;
/// The share of brain voxels that are darker than fluid.
const FLUID: f64 = 0.95;

/// Contrast in the reconstruction over that in the scan: 1 where all of it is repeated, 0 where none is. `None` where it is
/// undefined: no such structure, nothing of the brain around it, or no contrast in the scan.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Copying {
    /// Of the lesions against the brain around them: a model that finds them repeats none.
    pub lesion: Option<f64>,
    /// Of the brightest healthy structure against the brain around it: a model that knows healthy anatomy repeats all.
    pub fluid: Option<f64>,
}

impl Copying {
    /// Measures a test subject. `lesions` and `fluid`, the [`brightest_structure`] of healthy brains, lie on the grid of
    /// the scan. All `None` for a method without reconstruction.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::Empty`], [`Error::NotFinite`].
    pub fn measure(
        pair: &ScanPair<'_>,
        lesions: Option<ArrayView3<'_, bool>>,
        fluid: ArrayView3<'_, bool>,
    ) -> Result<Self> {
        let Some(expected) = pair.expected else { return Ok(Self::default()) };
        let shape = pair.scan.shape();
        check_voxels("the input", pair.scan)?;
        check_voxels("the reconstruction", expected)?;
        for (what, found) in [
            ("the reconstruction", expected.shape()),
            ("the brain mask", pair.brain.shape()),
            ("the fluid", fluid.shape()),
        ] {
            check_shape(what, found, shape)?;
        }
        let lesions = lesions.map_or_else(|| pair.brain.mapv(|_| false), |lesions| lesions.to_owned());
        check_shape("the lesion mask", lesions.shape(), shape)?;
        let from_lesion = distance_to(lesions.view(), pair.spacing);
        // Where a lesion and its border are, nothing is healthy.
        let healthy = Zip::from(&from_lesion)
            .and(pair.brain)
            .map_collect(|distance, inside| *inside && *distance >= SHELL_MM[0]);
        let from_fluid = distance_to(fluid, pair.spacing);
        let repeated = |structure: Array3<bool>, distance: &Array3<f32>| {
            let around = Zip::from(distance)
                .and(&healthy)
                .map_collect(|distance, healthy| *healthy && (SHELL_MM[0]..=SHELL_MM[1]).contains(distance));
            let contrast = |volume| Some(mean_within(volume, &structure)? - mean_within(volume, &around)?);
            let of_scan = contrast(pair.scan)?;
            let least = LEAST_CONTRAST * deviation_within(pair.scan, pair.brain)?;
            (of_scan.abs() > least).then_some(contrast(expected)? / of_scan)
        };
        Ok(Self {
            lesion: repeated(&lesions & &pair.brain, &from_lesion),
            fluid: repeated(&fluid & &healthy, &from_fluid),
        })
    }
}

/// Means over test subjects; of one method.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CopyingSummary {
    /// Of lesions.
    pub lesion: Estimate,
    /// Of the brightest healthy structure.
    pub fluid: Estimate,
}

impl CopyingSummary {
    /// Summarizes the test subjects.
    pub fn new(subjects: &[Copying], bootstrap: &BootstrapSettings) -> Self {
        let mean = |value: fn(&Copying) -> Option<f64>| Estimate::of(subjects.iter().map(value), bootstrap);
        Self { lesion: mean(|copying| copying.lesion), fluid: mean(|copying| copying.fluid) }
    }
}

/// The largest connected structure of those brain voxels that are brighter than 95 % of the brain in the mean of healthy
/// scans: fluid, in T2, and most of it in the ventricles.
///
/// # Errors
/// [`Error::ShapeMismatch`], [`Error::NotFinite`]; [`Error::EmptyMask`] without brain.
pub fn brightest_structure(mean: ArrayView3<'_, f32>, brain: ArrayView3<'_, bool>) -> Result<Array3<bool>> {
    check_shape("the brain mask", brain.shape(), mean.shape())?;
    check_voxels("the mean of healthy scans", mean)?;
    let inside = mean.iter().zip(brain).filter(|(_, inside)| **inside);
    let mut values: Vec<f64> = inside.map(|(value, _)| f64::from(*value)).collect();
    if values.is_empty() {
        return Err(Error::EmptyMask);
    }
    values.sort_unstable_by(f64::total_cmp);
    let limit = percentile(&values, FLUID);
    let bright = Zip::from(mean).and(brain).map_collect(|value, inside| *inside && f64::from(*value) > limit);
    let mut structure = bright.mapv(|_| false);
    for voxel in components(bright).into_iter().max_by_key(Vec::len).unwrap_or_default() {
        structure[voxel] = true;
    }
    Ok(structure)
}

/// `None` without voxels.
fn mean_within(volume: ArrayView3<'_, f32>, inside: &Array3<bool>) -> Option<f64> {
    moments(volume, inside.view()).map(|(mean, _)| mean)
}

fn deviation_within(volume: ArrayView3<'_, f32>, inside: ArrayView3<'_, bool>) -> Option<f64> {
    moments(volume, inside).map(|(_, variance)| variance.sqrt())
}

/// Mean and variance of the voxels inside.
fn moments(volume: ArrayView3<'_, f32>, inside: ArrayView3<'_, bool>) -> Option<(f64, f64)> {
    let values =
        || volume.iter().zip(inside).filter(|(_, inside)| **inside).map(|(value, _)| f64::from(*value));
    let n = values().count() as f64;
    let mean = values().sum::<f64>() / n;
    (n > 0.0).then(|| (mean, values().map(|value| (value - mean).powi(2)).sum::<f64>() / n))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A brain of intensity 0.4 with a ventricle of 0.9 on one side and a lesion of 0.7 on the other, 1 mm.
    struct Head {
        scan: Array3<f32>,
        brain: Array3<bool>,
        lesion: Array3<bool>,
        fluid: Array3<bool>,
    }

    fn head() -> Head {
        let ball = |centre: [f64; 3], radius: f64| {
            Array3::from_shape_fn((48, 30, 30), |(i, j, k)| {
                let distance =
                    [i, j, k].into_iter().zip(centre).map(|(at, c)| (at as f64 - c).powi(2)).sum::<f64>();
                distance <= radius * radius
            })
        };
        let brain = Array3::from_shape_fn((48, 30, 30), |(i, j, k)| {
            (1..47).contains(&i) && (1..29).contains(&j) && (1..29).contains(&k)
        });
        let (lesion, fluid) = (ball([12.0, 15.0, 15.0], 4.0), ball([35.0, 15.0, 15.0], 5.0));
        let scan = Zip::from(&brain).and(&lesion).and(&fluid).map_collect(|brain, lesion, fluid| {
            if *fluid {
                0.9
            } else if *lesion {
                0.7
            } else if *brain {
                0.4
            } else {
                0.0
            }
        });
        Head { scan, brain, lesion, fluid }
    }

    fn measure(head: &Head, expected: Option<&Array3<f32>>, lesion: bool) -> Copying {
        let pair = ScanPair {
            scan: head.scan.view(),
            expected: expected.map(|expected| expected.view()),
            brain: head.brain.view(),
            spacing: [1.0; 3],
        };
        Copying::measure(&pair, lesion.then(|| head.lesion.view()), head.fluid.view()).unwrap()
    }

    #[test]
    fn what_is_repeated_is_the_share_of_the_contrast() {
        let head = head();
        let near = |found: Copying, [lesion, fluid]: [f64; 2]| {
            assert!((found.lesion.unwrap() - lesion).abs() < 1e-5, "{found:?}");
            assert!((found.fluid.unwrap() - fluid).abs() < 1e-5, "{found:?}");
        };
        near(measure(&head, Some(&head.scan), true), [1.0, 1.0]);
        near(measure(&head, Some(&head.scan.mapv(|x| 0.5 * x + 0.1)), true), [0.5, 0.5]);
        // The lesion is replaced by healthy brain, a quarter of the fluid's contrast is lost.
        let healthy =
            Zip::from(&head.scan).and(&head.lesion).and(&head.fluid).map_collect(|x, lesion, fluid| {
                if *lesion {
                    0.4
                } else if *fluid {
                    0.775
                } else {
                    *x
                }
            });
        near(measure(&head, Some(&healthy), true), [0.0, 0.75]);
    }

    #[test]
    fn undefined_without_reconstruction_lesion_or_contrast() {
        let head = head();
        assert_eq!(measure(&head, None, true), Copying::default());
        let without = measure(&head, Some(&head.scan), false);
        assert_eq!((without.lesion, without.fluid), (None, Some(1.0)));
        let flat = Head { scan: head.scan.mapv(|_| 0.5), ..head };
        assert_eq!(measure(&flat, Some(&flat.scan), true), Copying::default());
        let summary = CopyingSummary::new(&[without; 6], &BootstrapSettings::default());
        assert_eq!((summary.lesion.mean, summary.fluid.mean, summary.fluid.n), (None, Some(1.0), 6));
    }

    #[test]
    fn the_brightest_structure_is_the_largest_part_of_the_brightest_voxels() {
        // Of 36,064 brain voxels 515 are the ventricle and 257 the lesion: all are brighter than 95 %.
        let Head { scan, brain, fluid, .. } = head();
        assert_eq!(brightest_structure(scan.view(), brain.view()).unwrap(), fluid);
        let none = brain.mapv(|_| false);
        assert!(matches!(brightest_structure(scan.view(), none.view()), Err(Error::EmptyMask)));
    }
}
