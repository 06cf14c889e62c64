//! Normalization of anomaly maps to scores in [0, 1].

use ndarray::{Array3, Axis};

use super::residual::check_voxels;
use crate::{Error, Result};

/// Smallest and largest value of an anomaly map.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Range {
    /// Becomes 0, as does anything below.
    pub low: f32,
    /// Becomes 1, as does anything above.
    pub high: f32,
}

impl Range {
    /// Range of the values of an anomaly map.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::NotFinite`].
    pub fn of(map: &Array3<f32>) -> Result<Self> {
        check_voxels("the anomaly map", map.view())?;
        Ok(Self::spanned(map))
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Value as a score in [0, 1]. A range of one single value gives 0: a constant map shows no anomaly.
    fn score(self, value: f32) -> f32 {
        let width = self.high - self.low;
        if width > 0.0 { ((value - self.low) / width).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The scores of a whole map.
    pub(crate) fn scores(self, mut map: Array3<f32>) -> Array3<f32> {
        map.par_mapv_inplace(|value| self.score(value));
        map
    }

    fn spanned<'a>(values: impl IntoIterator<Item = &'a f32>) -> Self {
        let nothing = Self { low: f32::INFINITY, high: f32::NEG_INFINITY };
        values.into_iter().fold(nothing, |range, x| Self { low: range.low.min(*x), high: range.high.max(*x) })
    }
}

/// Over which voxels the smallest and largest value are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Scope {
    /// Each volume has its own range.
    #[default]
    Volume,
    /// Each axial slice (along the last axis) has its own range.
    Slice,
    /// One range for all subjects, measured on healthy validation scans; values beyond it are clipped.
    Cohort(Range),
}

/// A [`Scope`] without the range that `Cohort` measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum ScopeKind {
    /// Each volume by its own range.
    Volume,
    /// Each axial slice by its own range.
    Slice,
    /// All volumes by the range of the healthy validation scans.
    Cohort,
}

impl ScopeKind {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 3] = [Self::Volume, Self::Slice, Self::Cohort];

    /// Name for tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Slice => "slice",
            Self::Cohort => "cohort",
        }
    }
}

/// Maps an anomaly map to scores in [0, 1].
///
/// # Errors
/// [`Error::Empty`], [`Error::NotFinite`]; [`Error::Invalid`] for a cohort range that is not finite and ascending.
pub fn normalize(mut map: Array3<f32>, scope: Scope) -> Result<Array3<f32>> {
    check_voxels("the anomaly map", map.view())?;
    match scope {
        Scope::Volume => Ok(Range::spanned(&map).scores(map)),
        Scope::Slice => {
            for mut slice in map.axis_iter_mut(Axis(2)) {
                let range = Range::spanned(&slice);
                slice.mapv_inplace(|value| range.score(value));
            }
            Ok(map)
        }
        Scope::Cohort(range) => {
            if !(range.low.is_finite() && range.high.is_finite() && range.low < range.high) {
                return Err(Error::invalid(format!("cohort range {range:?} is not finite and ascending")));
            }
            Ok(range.scores(map))
        }
    }
}
