//! The paper's preprocessing of one scan (section II): skull stripping, rigid registration, min-max
//! normalization, in this order.

mod contrast;
pub(crate) mod reference;

use std::borrow::Cow;

use crate::bias::{BiasSettings, correct_bias};
use crate::intensity::{Normalization, normalize};
use crate::register::{RegistrationSettings, Scan, register_rigid};
use crate::resample::canonical;
use crate::resample::{Interpolation, resample, resample_mask};
use crate::strip::{SkullStrip, StripSettings, skull_strip};
use crate::{Error, Mask, Result, RigidTransform, Volume};
pub use contrast::preprocess_contrast;
pub use reference::Reference;

/// How [`preprocess`] works. The defaults are the paper's steps.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct PreprocessSettings {
    /// Skull stripping, where no mask is given.
    pub strip: StripSettings,
    /// Bias-field correction over the brain, before registration; `None`, the default, for none, as in the paper.
    pub bias: Option<BiasSettings>,
    /// Rigid registration to the reference; `None` if the scan lies in the reference's space already.
    pub registration: Option<RegistrationSettings>,
    /// How the scan is brought to the reference's grid.
    pub interpolation: Interpolation,
    /// Intensity scale over the brain.
    pub normalization: Normalization,
}

impl Default for PreprocessSettings {
    fn default() -> Self {
        Self {
            strip: StripSettings::default(),
            bias: None,
            registration: Some(RegistrationSettings::default()),
            interpolation: Interpolation::default(),
            normalization: Normalization::default(),
        }
    }
}

impl PreprocessSettings {
    /// Checks every field, as [`preprocess`] would with the first scan.
    ///
    /// # Errors
    /// If a field is out of its range; the error names the first such field.
    pub fn check(&self) -> Result<()> {
        self.strip.check()?;
        self.bias.iter().try_for_each(BiasSettings::check)?;
        self.registration.iter().try_for_each(RegistrationSettings::check)?;
        self.normalization.check()
    }
}

/// A scan made ready for a model.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Preprocessed {
    /// The brain on the reference's grid, normalized; exactly 0 outside `mask`.
    pub volume: Volume<f32>,
    /// The brain on the reference's grid.
    pub mask: Mask,
    /// The brain on the scan's own grid.
    pub native_mask: Mask,
    /// Plausibility of the skull stripping from 0 to 1; `None` where a mask was given.
    pub strip_quality: Option<f64>,
    /// World of the reference to world of the scan (RAS+, mm).
    pub transform: RigidTransform,
    /// Mutual information (nats) of reference and scan under `transform`; `None` without registration.
    pub metric: Option<f64>,
    /// Reasons to look at the result.
    pub warnings: Vec<String>,
}

/// Strips, registers and normalizes one scan. With `mask` given, that is taken as the brain and nothing is
/// stripped (data sets such as BraTS come stripped). Voxels that are not finite count as 0, with a warning.
///
/// # Errors
/// If all voxels of the scan have one value, the mask is empty or lies on another grid than
/// the scan, a setting is out of its range, or a step fails.
pub fn preprocess(
    scan: &Volume<f32>,
    mask: Option<&Mask>,
    reference: &Reference,
    settings: &PreprocessSettings,
) -> Result<Preprocessed> {
    settings.check()?;
    let Some(mask) = mask else {
        return preprocess_stripped(scan, &skull_strip(scan, &settings.strip)?, reference, settings);
    };
    finish(scan, mask, mask.doubts(), None, reference, settings)
}

/// As [`preprocess`], for a scan whose brain [`skull_strip`] has found before with the same settings.
///
/// # Errors
/// As [`preprocess`].
pub fn preprocess_stripped(
    scan: &Volume<f32>,
    stripped: &SkullStrip,
    reference: &Reference,
    settings: &PreprocessSettings,
) -> Result<Preprocessed> {
    settings.check()?;
    let SkullStrip { mask, quality, warnings, .. } = stripped;
    finish(scan, mask, warnings.clone(), Some(*quality), reference, settings)
}

/// All steps after the skull stripping.
fn finish(
    scan: &Volume<f32>,
    native_mask: &Mask,
    mut warnings: Vec<String>,
    strip_quality: Option<f64>,
    reference: &Reference,
    settings: &PreprocessSettings,
) -> Result<Preprocessed> {
    let (scan, warning) = scan.as_scan()?;
    warnings.extend(warning.filter(|warning| !warnings.contains(warning)));
    native_mask.check_on(&scan.grid())?;
    // Everything from here on in one order of the axes: the bits do not depend on that of the file.
    let (scan, brain) = (canonical(&scan), canonical(native_mask));
    let scan = match &settings.bias {
        Some(bias) => Cow::Owned(correct_bias(&scan, Some(&brain), bias)?.volume),
        None => scan,
    };
    let (transform, metric) = match &settings.registration {
        Some(registration) => {
            let fixed = Scan::within(reference.volume(), reference.mask());
            let found = register_rigid(fixed, Scan::within(&scan, &brain), registration)?;
            warnings.extend(found.warnings);
            (found.transform, Some(found.metric))
        }
        None => (RigidTransform::identity(), None),
    };
    let grid = reference.volume().grid();
    let mask = resample_mask(&brain, &grid, transform)?;
    if mask.count() == 0 {
        return Err(Error::NoOverlap(
            "no part of the brain lies on the grid of the reference: register the scan, or look at its affine",
        ));
    }
    let mut volume = resample(&scan, &grid, transform, settings.interpolation, 0.0)?;
    normalize(&mut volume, &mask, &settings.normalization)?;
    let native_mask = native_mask.clone();
    Ok(Preprocessed { volume, mask, native_mask, strip_quality, transform, metric, warnings })
}

#[cfg(test)]
pub(crate) mod tests {
    use nalgebra::{Point3, Vector3};

    use super::*;
    use crate::Grid;
    use crate::resample::tests::stored_in_all_orders;

    /// A lopsided ellipsoid with two levels inside: a synthetic brain without a skull.
    pub(crate) fn brain(pose: &RigidTransform) -> (Volume<f32>, Mask) {
        let grid = Grid::centred([48, 56, 44], [3.5; 3]).unwrap();
        let mut scan = Volume::filled(&grid, 0.0_f32).unwrap();
        for ((i, j, k), value) in scan.data_mut().indexed_iter_mut() {
            let world = grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
            let p = pose.inverse().apply(world);
            let radius = |p: Vector3<f64>, a: [f64; 3]| p.component_div(&Vector3::from(a)).norm();
            if radius(p.coords, [62.0, 80.0, 55.0]) < 1.0 {
                let inner = radius(p.coords - Vector3::new(14.0, 22.0, 8.0), [18.0, 30.0, 14.0]) < 1.0;
                *value = if inner { 300.0 } else { 100.0 + 0.5 * p.y as f32 };
            }
        }
        let mask = scan.map(|&value| value > 0.0);
        (scan, mask)
    }

    #[test]
    fn a_moved_brain_comes_back_normalized() {
        let (volume, mask) = brain(&RigidTransform::identity());
        let reference = Reference::new(volume, mask).unwrap();
        let turn = Vector3::new(0.1, -0.05, 0.15);
        let pose = RigidTransform::about(Point3::origin(), turn, Vector3::new(6.0, -4.0, 5.0));
        let (scan, mask) = brain(&pose);
        let result = preprocess(&scan, Some(&mask), &reference, &PreprocessSettings::default()).unwrap();
        let corners =
            [[60.0, 0.0, 0.0], [0.0, 75.0, 0.0], [0.0, 0.0, 50.0], [-60.0, 0.0, 0.0]].map(Point3::from);
        assert!(result.transform.mean_distance(&pose, corners) < 1.5);
        assert!(result.mask.dice(reference.mask()).unwrap() > 0.95);
        let inside = |inside| {
            let pairs = result.volume.as_slice().iter().zip(result.mask.as_slice());
            pairs.filter(move |&(_, &m)| m == inside).map(|(&value, _)| value)
        };
        assert_eq!(inside(true).fold(f32::INFINITY, f32::min), 0.0);
        assert_eq!(inside(true).fold(0.0, f32::max), 1.0);
        assert!(inside(false).all(|value| value == 0.0));
    }

    #[test]
    fn bias_is_taken_out_where_asked() {
        let (volume, mask) = brain(&RigidTransform::identity());
        let mut scan = volume.clone();
        for ((i, j, k), value) in scan.data_mut().indexed_iter_mut() {
            *value *= (0.02 * i as f32 - 0.01 * j as f32 + 0.005 * k as f32).exp();
        }
        let reference = Reference::new(volume, mask.clone()).unwrap();
        let with = |bias| {
            let settings = PreprocessSettings { registration: None, bias, ..Default::default() };
            preprocess(&scan, Some(&mask), &reference, &settings).unwrap().volume
        };
        let mut expected = correct_bias(&scan, Some(&mask), &BiasSettings::default()).unwrap().volume;
        normalize(&mut expected, &mask, &Normalization::MinMax).unwrap();
        let furthest = |volume: &Volume<f32>| {
            let pairs = volume.as_slice().iter().zip(expected.as_slice());
            pairs.map(|(value, expected)| (value - expected).abs()).fold(0.0, f32::max)
        };
        assert!(furthest(&with(Some(BiasSettings::default()))) < 1e-3);
        assert!(furthest(&with(None)) > 0.05);
    }

    #[test]
    fn the_order_of_the_axes_in_a_file_decides_nothing() {
        let (volume, mask) = brain(&RigidTransform::identity());
        let reference = Reference::new(volume, mask).unwrap();
        let turn = RigidTransform::about(Point3::origin(), Vector3::new(0.1, 0.0, 0.1), Vector3::zeros());
        let (scan, mask) = brain(&turn);
        let registration =
            RegistrationSettings { samples: 1000, max_rotation_degrees: 15.0, ..Default::default() };
        let bias = BiasSettings::default();
        let settings =
            PreprocessSettings { registration: Some(registration), bias: Some(bias), ..Default::default() };
        let scans = stored_in_all_orders(&scan).into_iter().zip(stored_in_all_orders(&mask));
        let found: Vec<Preprocessed> = scans
            .step_by(13)
            .map(|(scan, mask)| preprocess(&scan, Some(&mask), &reference, &settings).unwrap())
            .collect();
        assert_eq!(found.len(), 4);
        for other in &found[1..] {
            assert_eq!(other.transform, found[0].transform);
            assert!(other.volume == found[0].volume && other.mask == found[0].mask);
        }
    }

    #[test]
    fn what_is_not_finite_counts_as_0_and_is_told() {
        let (volume, mask) = brain(&RigidTransform::identity());
        let reference = Reference::new(volume.clone(), mask.clone()).unwrap();
        let settings = PreprocessSettings { registration: None, ..Default::default() };
        let of = |scan: &Volume<f32>| preprocess(scan, Some(&mask), &reference, &settings).unwrap();
        let mut nan = volume.clone();
        for (value, inside) in nan.as_mut_slice().iter_mut().zip(mask.as_slice()) {
            *value = if *inside { *value } else { f32::NAN };
        }
        let (plain, marked) = (of(&volume), of(&nan));
        assert_eq!(marked.volume, plain.volume);
        assert_eq!(marked.warnings.len(), plain.warnings.len() + 1);
        let told = marked.warnings.last().unwrap();
        assert!(told.contains(&nan.not_finite().to_string()) && told.contains("count as 0"), "{told}");
    }

    #[test]
    fn broken_scans_are_refused_by_name() {
        let (volume, mask) = brain(&RigidTransform::identity());
        let reference = Reference::new(volume.clone(), mask.clone()).unwrap();
        let settings = PreprocessSettings { registration: None, ..Default::default() };
        let message = |scan: &Volume<f32>, mask: &Mask| {
            preprocess(scan, Some(mask), &reference, &settings).unwrap_err().to_string()
        };
        assert!(message(&volume.map(|_| f32::NAN), &mask).contains("not finite"));
        assert!(message(&volume.map(|_| 0.0), &mask).contains("nearly all, have the value 0"));
        assert!(message(&volume, &mask.map(|_| false)).contains("empty"));
        let other = Grid::centred([4, 4, 4], [1.0; 3]).unwrap();
        assert!(message(&volume, &Volume::filled(&other, true).unwrap()).contains("different grids"));
    }
}
