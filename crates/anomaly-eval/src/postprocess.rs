//! Post-processing of anomaly scores and detections: off in the paper's protocol, a named option elsewhere.

use ndarray::{Array3, ArrayView3, Zip};
use serde::{Deserialize, Serialize};

use crate::components::components;
use crate::median::median_5;
use crate::{Error, Result};

/// What is done to scores and detections. The default does nothing, as the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostProcessing {
    /// Median of 5 x 5 x 5 voxels of the scores.
    pub median: bool,
    /// Voxels by which the brain mask is eroded; scores outside become 0. Takes the rim away, where registration and partial
    /// volume leave large residuals.
    pub erosion: usize,
    /// Detections of fewer connected voxels (26 neighbours) are removed. Concerns detections only: curves and counts
    /// over all thresholds do not know it.
    pub smallest_component: usize,
}

impl PostProcessing {
    /// The usual choice of the field: median of 5 x 5 x 5 voxels, erosion by 3 voxels, components of 10 voxels or more.
    pub const USUAL: Self = Self { median: true, erosion: 3, smallest_component: 10 };

    /// Post-processed scores `[i, j, k]`: median, then 0 outside the eroded mask.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`]; [`Error::EmptyMask`] if nothing of the brain is left by the erosion.
    pub fn scores(&self, mut scores: Array3<f32>, brain: ArrayView3<'_, bool>) -> Result<Array3<f32>> {
        Error::check_shape("the brain mask", brain.shape(), scores.shape())?;
        let kept = self.kept(brain)?;
        if self.median {
            return Ok(median_5(scores.view(), kept.view()));
        }
        clear_outside(&mut scores, &kept);
        Ok(scores)
    }

    /// Where scores are kept: the eroded brain, or everywhere without erosion.
    pub(crate) fn kept(&self, brain: ArrayView3<'_, bool>) -> Result<Array3<bool>> {
        let kept = if self.erosion > 0 { erode(brain, self.erosion) } else { brain.mapv(|_| true) };
        if kept.iter().any(|inside| *inside) { Ok(kept) } else { Err(Error::EmptyMask) }
    }

    /// Post-processed detections `[i, j, k]`: small components are removed.
    pub fn detection(&self, detection: Array3<bool>) -> Array3<bool> {
        match self.smallest_component {
            // No component is without a voxel.
            0 | 1 => detection,
            smallest => remove_small_components(detection, smallest),
        }
    }
}

/// Sets scores outside a mask to 0.
pub(crate) fn clear_outside(scores: &mut Array3<f32>, kept: &Array3<bool>) {
    scores.zip_mut_with(kept, |score, inside| *score = if *inside { *score } else { 0.0 });
}

/// Removes `voxels` layers of voxels that have one of the 6 nearest neighbours outside the mask or the grid.
fn erode(mask: ArrayView3<'_, bool>, voxels: usize) -> Array3<bool> {
    let mut eroded = mask.to_owned();
    for _ in 0..voxels {
        let before = eroded.clone();
        let inside = |i: usize, j: usize, k: usize| before.get((i, j, k)).copied().unwrap_or(false);
        Zip::indexed(&mut eroded).par_for_each(|(i, j, k), kept| {
            // Before the first voxel the index wraps around and lies outside too.
            *kept = *kept
                && (inside(i.wrapping_sub(1), j, k) && inside(i + 1, j, k))
                && (inside(i, j.wrapping_sub(1), k) && inside(i, j + 1, k))
                && (inside(i, j, k.wrapping_sub(1)) && inside(i, j, k + 1));
        });
    }
    eroded
}

/// Clears components of fewer than `smallest` voxels.
fn remove_small_components(mut mask: Array3<bool>, smallest: usize) -> Array3<bool> {
    for component in components(mask.clone()) {
        if component.len() < smallest {
            for voxel in component {
                mask[voxel] = false;
            }
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        postprocess: Case,
    }

    #[derive(Deserialize)]
    struct Case {
        shape: [usize; 3],
        scores: Vec<f32>,
        mask: String,
        median: Vec<f32>,
        eroded: String,
        large: String,
    }

    #[test]
    fn matches_scipy() {
        let golden: Golden = serde_json::from_str(include_str!("../tests/golden/golden.json")).unwrap();
        let Case { shape, scores, mask, median, eroded, large } = golden.postprocess;
        let flags = |digits: &str| {
            let flags = digits.bytes().map(|digit| digit == b'1').collect();
            Array3::from_shape_vec(shape, flags).unwrap()
        };
        let scores = Array3::from_shape_vec(shape, scores).unwrap();
        let everywhere = PostProcessing { median: true, ..Default::default() };
        let brain = flags(&mask);
        let filtered = everywhere.scores(scores.clone(), brain.view()).unwrap();
        assert_eq!(filtered.as_slice().unwrap(), median);
        let inside = PostProcessing { erosion: 1, ..everywhere }.scores(scores, brain.view()).unwrap();
        for ((score, filtered), inside) in inside.iter().zip(&filtered).zip(&flags(&eroded)) {
            assert_eq!(*score, if *inside { *filtered } else { 0.0 });
        }
        assert_eq!(erode(flags(&mask).view(), 1), flags(&eroded));
        assert_eq!(remove_small_components(flags(&mask), 10), flags(&large));
    }

    #[test]
    fn each_step_works_without_the_others() {
        let scores = Array3::from_elem((4, 3, 3), 0.5_f32);
        let brain = scores.mapv(|_| true);
        let eroded =
            PostProcessing { erosion: 1, ..Default::default() }.scores(scores, brain.view()).unwrap();
        let kept: Vec<_> =
            eroded.indexed_iter().filter(|(_, score)| **score > 0.0).map(|(at, _)| at).collect();
        assert_eq!(kept, [(1, 1, 1), (2, 1, 1)]);

        let mut detection = Array3::from_elem((5, 1, 1), false);
        for i in [0, 1, 3] {
            detection[[i, 0, 0]] = true;
        }
        let left = |smallest_component| {
            let cleaned =
                PostProcessing { smallest_component, ..Default::default() }.detection(detection.clone());
            cleaned.iter().filter(|called| **called).count()
        };
        assert_eq!([0, 1, 2, 3].map(left), [3, 3, 2, 0]);
    }

    #[test]
    fn the_default_changes_nothing() {
        let scores = Array3::from_shape_fn((3, 4, 5), |(i, j, k)| (i + j + k) as f32 / 9.0);
        let brain = scores.mapv(|score| score > 0.5);
        let none = PostProcessing::default();
        assert_eq!(none.scores(scores.clone(), brain.view()).unwrap(), scores);
        assert_eq!(none.detection(brain.clone()), brain);
        assert!(matches!(PostProcessing::USUAL.scores(scores, brain.view()), Err(Error::EmptyMask)));
    }
}
