//! From a scan and what a method expects of it to an anomaly map: all steps, in one place for all that draw or count.

mod distance;
mod gaussian;
mod place;
mod quantiles;

use ndarray::{Array3, ArrayView3, Zip};

use super::median::median;
use super::postprocess::erode;
use crate::score::check_voxels;
use crate::{Error, PostProcessing, Residual, Result, anomaly_map, check_shape};

pub(crate) use distance::distance_to;
pub use place::{PlaceCalibration, PlaceSettings, PlaceStatistics, Quantized};

/// What an anomaly map shows outside the brain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Outside {
    /// Nothing: the background of a stripped scan is 0 by construction, so no lesion can lie there.
    #[default]
    Masked,
    /// The residual there, like everywhere.
    Kept,
}

/// A scan and what a method expects of it, `[i, j, k]` on one grid.
#[derive(Clone, Copy, Debug)]
pub struct ScanPair<'a> {
    /// The preprocessed scan.
    pub scan: ArrayView3<'a, f32>,
    /// The reconstruction, or the mean healthy brain. `None` for T2 intensity, where the scan itself is the map.
    pub expected: Option<ArrayView3<'a, f32>>,
    /// The scan's brain.
    pub brain: ArrayView3<'a, bool>,
    /// Spacing of voxels (mm).
    pub spacing: [f64; 3],
}

/// How a scan and its reconstruction become an anomaly map. The default is the paper's, ended where the brain ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
#[non_exhaustive]
pub struct Scoring {
    /// How they are compared.
    pub residual: Residual,
    /// What the map shows outside the brain.
    pub outside: Outside,
    /// What else is done to the map.
    pub post_processing: PostProcessing,
}

impl Scoring {
    /// The scan compared with its reconstruction, before any other step but the match of their scales and the brain mask:
    /// what calibration by place is measured on.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::Empty`], [`Error::NotFinite`].
    pub fn residual(&self, pair: &ScanPair<'_>) -> Result<Array3<f32>> {
        check_shape("the brain mask", pair.brain.shape(), pair.scan.shape())?;
        let mut map = match pair.expected {
            Some(expected) if self.post_processing.match_quantiles => {
                check_shape("the reconstruction", expected.shape(), pair.scan.shape())?;
                let scan = quantiles::match_quantiles(pair.scan, expected, pair.brain);
                anomaly_map(scan.view(), expected, self.residual)?
            }
            Some(expected) => anomaly_map(pair.scan, expected, self.residual)?,
            None => {
                check_voxels("the input", pair.scan)?;
                pair.scan.to_owned()
            }
        };
        if self.outside == Outside::Masked {
            clear_outside(&mut map, pair.brain);
        }
        Ok(map)
    }

    /// The anomaly map, before it is brought to [0, 1]: residual, calibration by place, smoothing, median, erosion, weights
    /// at the border, each where it is asked for. No value is negative.
    ///
    /// # Errors
    /// As [`Self::residual`]; [`Error::EmptyMask`] if nothing of the brain is left by the erosion; [`Error::Invalid`] if
    /// calibration by place is asked for without one.
    pub fn map(&self, pair: &ScanPair<'_>, place: Option<&PlaceCalibration>) -> Result<Array3<f32>> {
        let steps = &self.post_processing;
        let mut map = self.residual(pair)?;
        if steps.place.is_some() {
            let place = place.ok_or_else(|| {
                Error::invalid("scores are to be calibrated by place, but no calibration was measured")
            })?;
            map = place.apply(map, pair.brain)?;
        }
        let kept = self.kept(pair.brain)?;
        if steps.smooth_mm > 0.0 {
            let inside =
                if self.outside == Outside::Masked { pair.brain.to_owned() } else { kept.mapv(|_| true) };
            map = gaussian::smooth_within(map.view(), inside.view(), steps.smooth_mm, pair.spacing);
        }
        if steps.median > 1 {
            map = median(map.view(), kept.view(), steps.median);
        } else {
            clear_outside(&mut map, kept.view());
        }
        if steps.border_mm > 0.0 {
            weigh_border(&mut map, pair.brain, steps.border_mm, pair.spacing);
        }
        if steps.place.is_some() {
            // Less than is expected of a healthy brain is no anomaly.
            map.par_mapv_inplace(|value| value.max(0.0));
        }
        Ok(map)
    }

    /// Where the map is kept: the eroded brain, or all of the grid where nothing is masked or eroded.
    fn kept(&self, brain: ArrayView3<'_, bool>) -> Result<Array3<bool>> {
        let kept = match (self.outside, self.post_processing.erosion) {
            (Outside::Kept, 0) => brain.mapv(|_| true),
            (Outside::Masked, 0) => return Ok(brain.to_owned()),
            (_, voxels) => erode(brain, voxels),
        };
        if kept.iter().any(|inside| *inside) { Ok(kept) } else { Err(Error::EmptyMask) }
    }
}

/// Sets a map to 0 outside a mask.
fn clear_outside(map: &mut Array3<f32>, kept: ArrayView3<'_, bool>) {
    Zip::from(map).and(kept).par_for_each(|value, inside| *value = if *inside { *value } else { 0.0 });
}

/// Weights from 0 outside the brain to 1 at a depth of `mm` and beyond: the nearer to the border, the more a voxel is a
/// mixture of brain and background, and the more its residual says of the mask instead of the brain.
fn weigh_border(map: &mut Array3<f32>, brain: ArrayView3<'_, bool>, mm: f64, spacing: [f64; 3]) {
    let depths = distance_to(brain.mapv(|inside| !inside).view(), spacing);
    Zip::from(map).and(&depths).par_for_each(|value, depth| *value *= (depth / mm as f32).min(1.0));
}

#[cfg(test)]
mod tests;
