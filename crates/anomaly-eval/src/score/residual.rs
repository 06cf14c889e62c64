//! Anomaly maps: how far a reconstruction is from its input, voxel by voxel.

use ndarray::{Array3, ArrayView3, Axis, Zip};

use crate::{Error, Result, check_shape, ssim_map};

/// How input and reconstruction are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Residual {
    /// |input - reconstruction|, the paper's "difference".
    #[default]
    Absolute,
    /// (input - reconstruction)^2.
    Squared,
    /// input - reconstruction where it is positive, else 0: lesions are bright in T2.
    Positive,
    /// 1 - SSIM of each axial slice (the last axis numbers slices).
    Ssim,
}

impl Residual {
    /// All of them, in the order of their declaration and of tables.
    pub const ALL: [Self; 4] = [Self::Absolute, Self::Squared, Self::Positive, Self::Ssim];

    /// Name for tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Squared => "squared",
            Self::Positive => "positive part",
            Self::Ssim => "1 - SSIM",
        }
    }
}

/// Anomaly map of `input` and its `reconstruction`, both `[i, j, k]` with axial slices along `k` and intensities in
/// [0, 1]. Values are not negative and not yet normalized.
///
/// # Errors
/// [`Error::ShapeMismatch`], [`Error::Empty`], [`Error::NotFinite`].
pub fn anomaly_map(
    input: ArrayView3<'_, f32>,
    reconstruction: ArrayView3<'_, f32>,
    residual: Residual,
) -> Result<Array3<f32>> {
    check_shape("the reconstruction", reconstruction.shape(), input.shape())?;
    check_voxels("the input", input)?;
    check_voxels("the reconstruction", reconstruction)?;
    let voxelwise =
        |compare: fn(f32) -> f32| Zip::from(input).and(reconstruction).par_map_collect(|x, y| compare(x - y));
    Ok(match residual {
        Residual::Absolute => voxelwise(f32::abs),
        Residual::Squared => voxelwise(|difference| difference * difference),
        Residual::Positive => voxelwise(|difference| difference.max(0.0)),
        Residual::Ssim => {
            let mut map = Array3::zeros(input.raw_dim());
            Zip::from(map.axis_iter_mut(Axis(2)))
                .and(input.axis_iter(Axis(2)))
                .and(reconstruction.axis_iter(Axis(2)))
                .par_for_each(|mut slice, x, y| {
                    let similarity = ssim_map(x.mapv(f64::from).view(), y.mapv(f64::from).view());
                    slice.zip_mut_with(&similarity, |anomaly, similarity| {
                        *anomaly = (1.0 - similarity) as f32;
                    });
                });
            map
        }
    })
}

/// Mean over healthy subjects on a common grid: the model-free baseline |x - mean healthy brain| is the absolute
/// [`anomaly_map`] of `x` and this mean.
#[derive(Clone, Debug)]
pub struct HealthyMean {
    sum: Array3<f64>,
    subjects: usize,
}

impl HealthyMean {
    /// A mean of no subjects yet, on a grid of `shape` voxels.
    pub fn new(shape: [usize; 3]) -> Self {
        Self { sum: Array3::zeros(shape), subjects: 0 }
    }

    /// Adds a preprocessed healthy scan.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::NotFinite`].
    pub fn add(&mut self, scan: ArrayView3<'_, f32>) -> Result<()> {
        check_shape("the healthy scan", scan.shape(), self.sum.shape())?;
        check_voxels("the healthy scan", scan)?;
        Zip::from(&mut self.sum).and(scan).par_for_each(|sum, x| *sum += f64::from(*x));
        self.subjects += 1;
        Ok(())
    }

    /// The mean.
    ///
    /// # Errors
    /// [`Error::Empty`] before the first subject.
    pub fn mean(&self) -> Result<Array3<f32>> {
        if self.subjects == 0 {
            return Err(Error::Empty { what: "the cohort of healthy scans" });
        }
        let n = self.subjects as f64;
        Ok(self.sum.mapv(|sum| (sum / n) as f32))
    }
}

/// Fails unless there are voxels and all are finite.
pub(crate) fn check_voxels(what: &'static str, map: ArrayView3<'_, f32>) -> Result<()> {
    if map.is_empty() {
        return Err(Error::Empty { what });
    }
    match map.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, value)) => Err(Error::NotFinite { what, index, value: *value }),
        None => Ok(()),
    }
}
