//! The paper's preprocessing of one scan (section II): skull stripping, rigid registration, min-max
//! normalization, in this order.

use serde::{Deserialize, Serialize};

use crate::{
    Error, Interpolation, Mask, Normalization, RegistrationSettings, Result, RigidTransform, StripSettings,
    Volume, normalize, register_rigid, resample, resample_mask, skull_strip,
};

/// How [`preprocess`] works. The defaults are the paper's steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreprocessSettings {
    /// Skull stripping, where no mask is given.
    pub strip: StripSettings,
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
        self.registration.iter().try_for_each(RegistrationSettings::check)?;
        self.normalization.check()
    }
}

/// What scans are registered to: a volume on the grid that all results share, and its brain.
#[derive(Clone, Debug)]
pub struct Reference {
    volume: Volume<f32>,
    mask: Mask,
}

impl Reference {
    /// A reference volume, with or without skull, and the mask of its brain.
    ///
    /// # Errors
    /// If both do not lie on the same grid, or the mask is empty.
    pub fn new(volume: Volume<f32>, mask: Mask) -> Result<Self> {
        if !volume.grid().matches(&mask.grid(), 1e-3) {
            return Err(Error::invalid("the reference and its brain mask lie on different grids"));
        }
        if mask.count() == 0 {
            return Err(Error::invalid("the brain mask of the reference is empty"));
        }
        Ok(Self { volume, mask })
    }

    /// The volume.
    pub fn volume(&self) -> &Volume<f32> {
        &self.volume
    }

    /// Its brain.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }
}

/// A scan made ready for a model.
#[derive(Clone, Debug)]
pub struct Preprocessed {
    /// The brain on the reference's grid, normalized; exactly 0 outside `mask`.
    pub volume: Volume<f32>,
    /// The brain on the reference's grid.
    pub mask: Mask,
    /// The brain on the scan's own grid.
    pub native_mask: Mask,
    /// World of the reference to world of the scan (RAS+, mm).
    pub transform: RigidTransform,
    /// Reasons to look at the result.
    pub warnings: Vec<String>,
}

/// Strips, registers and normalizes one scan. With `mask` given, that is taken as the brain and nothing is
/// stripped (data sets such as BraTS come stripped).
///
/// # Errors
/// If a voxel of the scan is not finite, the mask lies on another grid than the scan, or a step fails.
pub fn preprocess(
    scan: &Volume<f32>,
    mask: Option<&Mask>,
    reference: &Reference,
    settings: &PreprocessSettings,
) -> Result<Preprocessed> {
    let not_finite = scan.as_slice().iter().filter(|value| !value.is_finite()).count();
    if not_finite > 0 {
        return Err(Error::invalid(format!(
            "{not_finite} of {} voxels are not finite numbers: repair the scan first (for example set them to 0)",
            scan.as_slice().len()
        )));
    }
    let mut warnings = Vec::new();
    let native_mask = match mask {
        Some(mask) if mask.grid().matches(&scan.grid(), 1e-3) => mask.clone(),
        Some(_) => return Err(Error::invalid("the brain mask lies on another grid than the scan")),
        None => {
            let stripped = skull_strip(scan, &settings.strip)?;
            warnings.extend(stripped.warnings);
            stripped.mask
        }
    };
    let transform = match &settings.registration {
        Some(registration) => {
            let found = register_rigid(
                &reference.volume,
                Some(&reference.mask),
                scan,
                Some(&native_mask),
                registration,
            )?;
            warnings.extend(found.warnings);
            found.transform
        }
        None => RigidTransform::identity(),
    };
    let grid = reference.volume.grid();
    let mask = resample_mask(&native_mask, &grid, &transform)?;
    let mut volume = resample(scan, &grid, &transform, settings.interpolation, 0.0)?;
    normalize(&mut volume, &mask, &settings.normalization)?;
    Ok(Preprocessed { volume, mask, native_mask, transform, warnings })
}
