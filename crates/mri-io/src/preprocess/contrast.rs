//! Further contrasts of a session whose scan was preprocessed.

use std::borrow::Cow;

use crate::bias::correct_bias;
use crate::intensity::normalize;
use crate::preprocess::{PreprocessSettings, Preprocessed};
use crate::register::register_rigid;
use crate::resample::canonical;
use crate::resample::{resample, resample_mask};
use crate::{Error, Result, RigidTransform, Volume};

/// Takes another contrast of the same head along: registers it rigidly to the scan that [`crate::preprocess::preprocess`] was given, and
/// by that brings the brain's mask onto the contrast's grid, and the contrast onto the reference's. No skull is stripped again,
/// so that all contrasts have one brain. Without registration in the settings all lie in the reference's space already. Voxels of
/// the contrast that are not finite count as 0, with a warning.
///
/// # Errors
/// If all voxels of the contrast have one value, no part of the brain lies in its field of view, or a step
/// fails.
pub fn preprocess_contrast(
    contrast: &Volume<f32>,
    scan: &Volume<f32>,
    done: &Preprocessed,
    settings: &PreprocessSettings,
) -> Result<Preprocessed> {
    settings.check()?;
    let (contrast, warning) = contrast.as_scan()?;
    let contrast = contrast.as_ref();
    let (to_contrast, metric, mut warnings) = match &settings.registration {
        Some(registration) => {
            // Whole against whole: skull and skin are of the same head too, and a mask on one side alone would mislead.
            let found = register_rigid(scan, contrast, registration)?;
            (found.transform, Some(found.metric), found.warnings)
        }
        None => (RigidTransform::identity(), None, Vec::new()),
    };
    warnings.extend(warning);
    let native_mask = resample_mask(&done.native_mask, &contrast.grid(), to_contrast.inverse())?;
    if native_mask.count() == 0 {
        return Err(Error::NoOverlap(
            "no part of the brain lies in the field of view: is this a scan of the same session?",
        ));
    }
    let moving = match &settings.bias {
        Some(bias) => {
            Cow::Owned(correct_bias(&canonical(contrast), Some(&canonical(&native_mask)), bias)?.volume)
        }
        None => canonical(contrast),
    };
    let transform = to_contrast.after(&done.transform);
    let mut volume = resample(&moving, &done.mask.grid(), transform, settings.interpolation, 0.0)?;
    normalize(&mut volume, &done.mask, &settings.normalization)?;
    Ok(Preprocessed {
        volume,
        mask: done.mask.clone(),
        native_mask,
        strip_quality: None,
        transform,
        metric,
        warnings,
    })
}

#[cfg(test)]
mod tests {
    use nalgebra::{Point3, Vector3};

    use super::*;
    use crate::preprocess::tests::brain;
    use crate::preprocess::{Reference, preprocess};

    #[test]
    fn another_contrast_of_a_moved_head_lands_where_the_scan_does() {
        let (volume, mask) = brain(&RigidTransform::identity());
        let reference = Reference::new(volume, mask).unwrap();
        let pose = |turn: [f64; 3], shift: [f64; 3]| {
            RigidTransform::about(Point3::origin(), Vector3::from(turn), Vector3::from(shift))
        };
        let first = pose([0.1, -0.05, 0.15], [6.0, -4.0, 5.0]);
        let second = pose([0.02, 0.06, -0.05], [-3.0, 5.0, 2.0]);
        let ((scan, mask), (contrast, contrast_mask)) = (brain(&first), brain(&second));
        // What is bright in the scan is dark here.
        let contrast = contrast.map(|&value| if value > 0.0 { 400.0 - value } else { 0.0 });
        let settings = PreprocessSettings::default();
        let done = preprocess(&scan, Some(&mask), &reference, &settings).unwrap();
        let along = preprocess_contrast(&contrast, &scan, &done, &settings).unwrap();
        let corners =
            [[60.0, 0.0, 0.0], [0.0, 75.0, 0.0], [0.0, 0.0, 50.0], [-60.0, 0.0, 0.0]].map(Point3::from);
        let error = along.transform.mean_distance(&second, corners);
        assert!(error < 2.0, "{error} mm, {:?}", along.warnings);
        assert!(along.native_mask.dice(&contrast_mask).unwrap() > 0.95);
        assert_eq!(along.mask, done.mask);
        let pairs = along.volume.as_slice().iter().zip(along.mask.as_slice());
        assert!(pairs.into_iter().all(|(&value, &inside)| inside || value == 0.0));

        let other = brain(&pose([0.0; 3], [500.0, 0.0, 0.0])).0;
        let registration = PreprocessSettings { registration: None, ..Default::default() };
        let far = crate::Grid::centred([8; 3], [1.0; 3]).unwrap();
        let far = Volume::new(
            ndarray::Array3::from_shape_fn(far.shape, |(i, _, _)| i as f32),
            crate::Affine::from_spacing([1.0; 3], [900.0; 3]).unwrap(),
        )
        .unwrap();
        for contrast in [other.map(|_| 1.0), far] {
            let message =
                preprocess_contrast(&contrast, &scan, &done, &registration).unwrap_err().to_string();
            assert!(message.contains("is constant") || message.contains("field of view"), "{message}");
        }
    }
}
