//! Calibration by place: what residuals are like at each voxel of healthy brains.

use ndarray::{Array3, ArrayView3, Zip};

use super::gaussian::smooth;
use crate::score::check_voxels;
use crate::{Error, Result, check_shape};

/// How residuals of healthy brains become a mean and a spread for each voxel.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
#[non_exhaustive]
pub struct PlaceSettings {
    /// Standard deviation (mm) of the Gaussian over whose neighbourhood mean and spread are taken.
    pub smooth_mm: f64,
    /// The spread is at least this share of its root mean square over the brain, so that places where a few healthy brains
    /// happen to agree do not light up.
    pub floor: f64,
}

impl Default for PlaceSettings {
    fn default() -> Self {
        Self { smooth_mm: 4.0, floor: 0.5 }
    }
}

impl PlaceSettings {
    /// Checks that the settings make sense.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the setting.
    pub fn check(&self) -> Result<()> {
        let Self { smooth_mm, floor } = *self;
        if !(0.5..=50.0).contains(&smooth_mm) {
            return Err(Error::invalid(format!("place.smooth_mm: {smooth_mm} is outside 0.5 to 50")));
        }
        if !(0.01..=10.0).contains(&floor) {
            return Err(Error::invalid(format!("place.floor: {floor} is outside 0.01 to 10")));
        }
        Ok(())
    }
}

/// Sums over healthy brains, from which a [`PlaceCalibration`] is made.
#[derive(Clone, Debug)]
pub struct PlaceStatistics {
    sum: Array3<f64>,
    squares: Array3<f64>,
    brains: Array3<f32>,
}

impl PlaceStatistics {
    /// No brain yet, on a grid of `shape` voxels.
    pub fn new(shape: [usize; 3]) -> Self {
        Self { sum: Array3::zeros(shape), squares: Array3::zeros(shape), brains: Array3::zeros(shape) }
    }

    /// Adds the residual of a healthy scan within its brain.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::NotFinite`].
    pub fn add(&mut self, residual: ArrayView3<'_, f32>, brain: ArrayView3<'_, bool>) -> Result<()> {
        check_shape("the residual", residual.shape(), self.sum.shape())?;
        check_shape("the brain mask", brain.shape(), self.sum.shape())?;
        check_voxels("the residual", residual)?;
        Zip::from(&mut self.sum)
            .and(&mut self.squares)
            .and(&mut self.brains)
            .and(residual)
            .and(brain)
            .par_for_each(|sum, squares, brains, residual, inside| {
                if *inside {
                    let residual = f64::from(*residual);
                    *sum += residual;
                    *squares += residual * residual;
                    *brains += 1.0;
                }
            });
        Ok(())
    }

    /// Mean and standard deviation of all residuals in the neighbourhood of each voxel: every healthy brain voxel counts by
    /// the Gaussian of its distance. Where there is none near, those of the whole brain. `spacing` is in mm.
    ///
    /// # Errors
    /// [`Error::Empty`] before the first brain; [`Error::Invalid`] if all residuals are the same.
    pub fn calibration(&self, settings: &PlaceSettings, spacing: [f64; 3]) -> Result<PlaceCalibration> {
        let brains = self.brains.mapv(f64::from).sum();
        if brains == 0.0 {
            return Err(Error::Empty { what: "the cohort of healthy scans" });
        }
        let overall = self.sum.sum() / brains;
        let variance = (self.squares.sum() / brains - overall * overall).max(0.0);
        // About the mean of all, which leaves every number of the next step near 0 and its squares exact enough.
        let deviations = Zip::from(&self.sum)
            .and(&self.brains)
            .map_collect(|sum, brains| (sum - overall * f64::from(*brains)) as f32);
        let squares =
            Zip::from(&self.squares).and(&self.sum).and(&self.brains).map_collect(|squares, sum, brains| {
                (squares - 2.0 * overall * sum + overall * overall * f64::from(*brains)) as f32
            });
        let [deviations, squares, near] =
            [deviations, squares, self.brains.clone()].map(|map| smooth(map, settings.smooth_mm, spacing));
        let mut spread =
            Zip::from(&squares).and(&deviations).and(&near).par_map_collect(|square, deviation, near| {
                if *near > FEWEST {
                    (square / near - (deviation / near).powi(2)).max(0.0)
                } else {
                    variance as f32
                }
            });
        let mean = Zip::from(&deviations).and(&near).par_map_collect(|deviation, near| {
            overall as f32 + if *near > FEWEST { deviation / near } else { 0.0 }
        });
        let total: f64 = spread.iter().zip(&self.brains).map(|(s, n)| f64::from(*s) * f64::from(*n)).sum();
        let typical = (total / brains).sqrt();
        if typical <= 0.0 {
            return Err(Error::invalid(
                "the residuals of all healthy brains are the same: there is no spread to measure others by",
            ));
        }
        let floor = (settings.floor * typical) as f32;
        spread.par_mapv_inplace(|variance| variance.sqrt().max(floor));
        PlaceCalibration::new(Quantized::of(&mean), Quantized::of(&spread))
    }
}

/// The weight of healthy brain voxels below which a place has none near.
const FEWEST: f32 = 1e-3;

/// A volume in 8 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    /// 0 stands for `low`, 255 for `high`, linear between.
    pub values: Array3<u8>,
    /// The lowest value.
    pub low: f32,
    /// The highest value.
    pub high: f32,
}

impl Quantized {
    /// The nearest of 256 equal steps over the volume's own range.
    fn of(volume: &Array3<f32>) -> Self {
        let low = volume.iter().copied().fold(f32::INFINITY, f32::min);
        let high = volume.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
        Self { values: volume.mapv(|value| ((value - low) * scale).round() as u8), low, high }
    }

    fn value(&self, step: u8) -> f32 {
        self.low + (self.high - self.low) * f32::from(step) / 255.0
    }

    fn check(&self, what: &'static str) -> Result<()> {
        if self.low.is_finite() && self.high.is_finite() && self.low <= self.high {
            return Ok(());
        }
        Err(Error::invalid(format!("{what} goes from {} to {}: that is no range", self.low, self.high)))
    }
}

/// Mean and spread of healthy residuals at each voxel of the reference grid. Both are kept in 8 bits, in a program as in a
/// file, so that scores do not depend on whether the calibration was just made or read.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceCalibration {
    mean: Quantized,
    spread: Quantized,
}

impl PlaceCalibration {
    /// From mean and spread as an earlier calibration gave them.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`]; [`Error::Invalid`] for a range that is none, or a spread that is not positive.
    pub fn new(mean: Quantized, spread: Quantized) -> Result<Self> {
        check_shape("the spread of healthy residuals", spread.values.shape(), mean.values.shape())?;
        mean.check("the mean of healthy residuals")?;
        spread.check("the spread of healthy residuals")?;
        if spread.low <= 0.0 {
            return Err(Error::invalid(format!(
                "the spread of healthy residuals is {}, not positive",
                spread.low
            )));
        }
        Ok(Self { mean, spread })
    }

    /// The mean of healthy residuals.
    pub fn mean(&self) -> &Quantized {
        &self.mean
    }

    /// Their standard deviation, in the same unit; positive.
    pub fn spread(&self) -> &Quantized {
        &self.spread
    }

    /// A residual less what is expected of its place, in healthy standard deviations; 0 outside the brain.
    pub(super) fn apply(
        &self,
        mut residual: Array3<f32>,
        brain: ArrayView3<'_, bool>,
    ) -> Result<Array3<f32>> {
        check_shape("the calibration by place", self.mean.values.shape(), residual.shape())?;
        let (mean, spread) = (&self.mean, &self.spread);
        Zip::from(&mut residual).and(brain).and(&mean.values).and(&spread.values).par_for_each(
            |value, inside, at_mean, at_spread| {
                *value =
                    if *inside { (*value - mean.value(*at_mean)) / spread.value(*at_spread) } else { 0.0 };
            },
        );
        Ok(residual)
    }
}
