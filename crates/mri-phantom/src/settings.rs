//! What a user may choose about a synthetic scan.

use mri_io::Grid;
use serde::{Deserialize, Serialize};

use crate::{Error, People, Result, Scanners};

/// Smallest field of view (mm, right-left, back-front, bottom-top) that still holds a brain.
const SMALLEST_FIELD_OF_VIEW: [f64; 3] = [150.0, 180.0, 130.0];
/// Coarsest voxel (mm) that still shows any anatomy.
const COARSEST_SPACING: f64 = 12.0;

/// Settings of a synthetic scan. Every field has a default, so a configuration file names only what it
/// changes; unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhantomSettings {
    /// Voxels of the scan along right, front and top.
    pub shape: [usize; 3],
    /// Voxel spacing of the scan (mm).
    pub spacing: [f64; 3],
    /// Extent of tissue (mm along the third axis) that one slice averages, if it is not the spacing:
    /// smaller means gaps between slices, larger means overlap.
    pub slice_thickness: Option<f64>,
    /// Standard deviation of the noise in each of the two receiver channels, as a fraction of the signal
    /// of cerebrospinal fluid. The magnitude has a Rician distribution.
    pub noise: f64,
    /// Largest relative deviation of the receive sensitivity from 1 (the bias field), 0 to 0.9.
    pub bias: f64,
    /// Each of the three components of the head's random rotation vector is drawn from plus or minus
    /// this many degrees.
    pub rotation_degrees: f64,
    /// Each component of the head's random translation is drawn from plus or minus this many mm. A head
    /// that would leave the top of the field of view is moved down until it is inside.
    pub translation_mm: f64,
    /// Smallest and largest volume of a whole tumour with its oedema (ml), within 1 to 300.
    pub tumour_ml: [f64; 2],
    /// What makes people of label maps; used by [`crate::from_labels`] alone.
    pub people: People,
    /// Ranges that each scan's scanner is drawn from.
    pub scanners: Scanners,
}

impl Default for PhantomSettings {
    fn default() -> Self {
        Self {
            shape: [240, 240, 155],
            spacing: [1.0; 3],
            slice_thickness: None,
            noise: 0.02,
            bias: 0.2,
            rotation_degrees: 6.0,
            translation_mm: 5.0,
            tumour_ml: [10.0, 200.0],
            people: People::default(),
            scanners: Scanners::default(),
        }
    }
}

impl PhantomSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// If a field is out of its range; the error names the first such field.
    pub fn check(&self) -> Result<()> {
        let fail = |name, reason: String| Err(Error::Setting { name, reason });
        let within = |value: f64, low: f64, high: f64| value.is_finite() && low <= value && value <= high;
        if let Some(s) = self.spacing.iter().find(|&&s| !within(s, 0.1, COARSEST_SPACING)) {
            return fail("spacing", format!("{s} mm is not between 0.1 and {COARSEST_SPACING} mm"));
        }
        for (axis, &least) in SMALLEST_FIELD_OF_VIEW.iter().enumerate() {
            let side = self.shape[axis] as f64 * self.spacing[axis];
            if side < least {
                let needed = (least / self.spacing[axis]).ceil();
                return fail(
                    "shape",
                    format!(
                        "{side} mm along axis {axis} do not hold a brain: {needed} or more voxels are needed"
                    ),
                );
            }
            if self.shape[axis] > 4096 {
                return fail("shape", format!("{} voxels along axis {axis} are too many", self.shape[axis]));
            }
        }
        if self.slice_thickness.is_some_and(|t| !within(t, 0.1, COARSEST_SPACING)) {
            return fail("slice_thickness", format!("must be between 0.1 and {COARSEST_SPACING} mm"));
        }
        for (name, value, high) in [
            ("noise", self.noise, 1.0),
            ("bias", self.bias, 0.9),
            ("rotation_degrees", self.rotation_degrees, 90.0),
            ("translation_mm", self.translation_mm, 200.0),
        ] {
            if !within(value, 0.0, high) {
                return fail(name, format!("{value} is not between 0 and {high}"));
            }
        }
        let [low, high] = self.tumour_ml;
        if !(within(low, 1.0, 300.0) && within(high, low, 300.0)) {
            return fail("tumour_ml", format!("[{low}, {high}] is not a range within 1 to 300 ml"));
        }
        match self.people.fault().or_else(|| self.scanners.fault()) {
            Some((name, reason)) => fail(name, reason),
            None => Ok(()),
        }
    }

    /// The grid of the scan, with its middle at the world's origin.
    ///
    /// # Errors
    /// If [`Self::check`] fails.
    pub fn grid(&self) -> Result<Grid> {
        self.check()?;
        Ok(Grid::centred(self.shape, self.spacing)?)
    }
}
