//! Ways from a scan and its reconstruction to scores, in all combinations of what the paper leaves open.

use std::cell::OnceCell;

use ndarray::{Array3, ArrayView3};
use serde::{Deserialize, Serialize};

use crate::median::median_5;
use crate::postprocess::clear_outside;
use crate::{Error, PostProcessing, Range, Residual, Result, Scope, ScopeKind, anomaly_map, normalize};

/// One way from a scan and its reconstruction to scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// How input and reconstruction are compared.
    pub residual: Residual,
    /// Over which voxels the map is normalized.
    pub scope: ScopeKind,
    /// Whether scores and detections are post-processed as is usual ([`PostProcessing::USUAL`]).
    pub post_processed: bool,
}

/// The range of each residual's map, in the order of [`Residual::ALL`].
pub type ResidualRanges = [Range; Residual::ALL.len()];

impl Variant {
    /// All combinations, in the order of the table.
    pub fn all() -> Vec<Self> {
        let mut variants = Vec::new();
        for post_processed in [false, true] {
            for scope in ScopeKind::ALL {
                for residual in Residual::ALL {
                    variants.push(Self { residual, scope, post_processed });
                }
            }
        }
        variants
    }

    pub(crate) fn post_processing(self) -> PostProcessing {
        if self.post_processed { PostProcessing::USUAL } else { PostProcessing::default() }
    }
}

/// A scan's anomaly maps and what its variants share. The median commutes with any rule by which a larger value has no
/// smaller score, so one filtered map serves all scopes of normalization that have one range for the volume.
#[derive(Clone, Debug)]
pub struct VariantMaps {
    /// Where post-processing keeps scores.
    kept: Array3<bool>,
    /// In the order of [`Residual::ALL`].
    maps: Vec<ResidualMap>,
}

#[derive(Clone, Debug)]
struct ResidualMap {
    map: Array3<f32>,
    range: Range,
    /// Medians of the map where they are kept, once they are asked for.
    medians: OnceCell<Array3<f32>>,
}

impl VariantMaps {
    /// Compares a scan with its reconstruction in all ways.
    ///
    /// # Errors
    /// As [`anomaly_map`] and [`PostProcessing::scores`].
    pub fn new(
        input: ArrayView3<'_, f32>,
        reconstruction: ArrayView3<'_, f32>,
        brain: ArrayView3<'_, bool>,
    ) -> Result<Self> {
        Error::check_shape("the brain mask", brain.shape(), input.shape())?;
        let kept = PostProcessing::USUAL.kept(brain)?;
        let compare = |residual| {
            let map = anomaly_map(input, reconstruction, residual)?;
            Ok(ResidualMap { range: Range::of(&map)?, map, medians: OnceCell::new() })
        };
        let maps = Residual::ALL.into_iter().map(compare).collect::<Result<_>>()?;
        Ok(Self { kept, maps })
    }

    /// Range of the map of each residual.
    pub fn ranges(&self) -> ResidualRanges {
        std::array::from_fn(|residual| self.maps[residual].range)
    }

    /// Scores of one variant, given the ranges on healthy validation scans: what [`normalize`] and then
    /// [`PostProcessing::scores`] make of the residual's map.
    ///
    /// # Errors
    /// As [`normalize`].
    pub fn scores(&self, variant: Variant, healthy: &ResidualRanges) -> Result<Array3<f32>> {
        let ResidualMap { map, range, medians } = &self.maps[variant.residual as usize];
        let filtered = |map: &Array3<f32>| median_5(map.view(), self.kept.view());
        let medians = || medians.get_or_init(|| filtered(map)).clone();
        let healthy = Scope::Cohort(healthy[variant.residual as usize]);
        match (variant.scope, variant.post_processed) {
            (ScopeKind::Volume, false) => Ok(range.scores(map.clone())),
            (ScopeKind::Slice, false) => normalize(map.clone(), Scope::Slice),
            (ScopeKind::Cohort, false) => normalize(map.clone(), healthy),
            (ScopeKind::Volume, true) => Ok(self.inside(range.scores(medians()))),
            (ScopeKind::Slice, true) => Ok(filtered(&normalize(map.clone(), Scope::Slice)?)),
            (ScopeKind::Cohort, true) => Ok(self.inside(normalize(medians(), healthy)?)),
        }
    }

    fn inside(&self, mut scores: Array3<f32>) -> Array3<f32> {
        clear_outside(&mut scores, &self.kept);
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_combinations_are_there_once() {
        let all = Variant::all();
        assert_eq!(all.len(), 24);
        assert!(all.iter().enumerate().all(|(at, variant)| !all[..at].contains(variant)));
    }

    #[test]
    fn shared_medians_give_the_same_scores_as_one_step_after_the_other() {
        let noise = |(i, j, k): (usize, usize, usize), salt: usize| {
            ((i * 7919 + j * 104_729 + k * 1299 + salt) % 1009) as f32 / 1009.0
        };
        let input = Array3::from_shape_fn((18, 17, 16), |at| noise(at, 0));
        let reconstruction = input.mapv(|x| 0.6 * x + 0.1);
        let brain = Array3::from_shape_fn(input.raw_dim(), |(i, j, k)| i > 1 && j > 0 && k < 15);
        let maps = VariantMaps::new(input.view(), reconstruction.view(), brain.view()).unwrap();
        // Ranges that clip at both ends.
        let healthy = maps.ranges().map(|Range { low, high }| {
            let width = high - low;
            Range { low: low + 0.1 * width, high: high - 0.2 * width }
        });
        for variant in Variant::all() {
            let scope = match variant.scope {
                ScopeKind::Volume => Scope::Volume,
                ScopeKind::Slice => Scope::Slice,
                ScopeKind::Cohort => Scope::Cohort(healthy[variant.residual as usize]),
            };
            let map = anomaly_map(input.view(), reconstruction.view(), variant.residual).unwrap();
            let expected = variant.post_processing().scores(normalize(map, scope).unwrap(), brain.view());
            assert_eq!(maps.scores(variant, &healthy).unwrap(), expected.unwrap(), "{variant:?}");
        }
    }
}
