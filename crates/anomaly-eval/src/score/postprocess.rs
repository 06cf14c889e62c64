//! Post-processing of anomaly scores and detections: off in the paper's protocol, a named option elsewhere.

use ndarray::{Array3, ArrayView3, Zip};

use super::median::WIDTHS;
use crate::lesion::components;
use crate::{Error, PlaceSettings, Result};

/// What is done to maps and detections beside the paper's residual. The default does nothing, as the paper. Steps are done in
/// the order of the fields, all but the last on the map before it is brought to [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
#[non_exhaustive]
pub struct PostProcessing {
    /// Before the residual, the intensities of the scan's brain are mapped onto those of its own reconstruction, quantile by
    /// quantile.
    pub match_quantiles: bool,
    /// Residuals less the mean of healthy residuals at their place, divided by their spread there.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub place: Option<PlaceSettings>,
    /// Standard deviation (mm) of a Gaussian that smooths the map within the brain; 0: none.
    pub smooth_mm: f64,
    /// Voxels along each side of the window of a median filter: 3, 5 or 7; 0: none.
    pub median: usize,
    /// Voxels by which the brain mask is eroded; the map outside becomes 0. Takes the rim away, where registration and
    /// partial volume leave large residuals.
    pub erosion: usize,
    /// Depth in the brain (mm) from which the map counts in full; towards the brain's border its weight falls to 0, in
    /// proportion to depth. 0: none.
    pub border_mm: f64,
    /// Detections of fewer connected voxels (26 neighbours) are removed. Concerns detections only: curves and counts
    /// over all thresholds do not know it.
    pub smallest_component: usize,
}

impl PostProcessing {
    /// The paper's: none.
    pub const NONE: Self = Self {
        match_quantiles: false,
        place: None,
        smooth_mm: 0.0,
        median: 0,
        erosion: 0,
        border_mm: 0.0,
        smallest_component: 0,
    };

    /// The usual choice of the field: median of 5 x 5 x 5 voxels, erosion by 3 voxels, components of 10 voxels or more.
    pub const USUAL: Self = Self { median: 5, erosion: 3, smallest_component: 10, ..Self::NONE };

    /// Checks that the settings make sense.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the setting.
    pub fn check(&self) -> Result<()> {
        if self.median != 0 && !WIDTHS.contains(&self.median) {
            return Err(Error::invalid(format!("median: {} is none of 0, 3, 5, 7 voxels", self.median)));
        }
        if self.erosion > 50 {
            return Err(Error::invalid(format!("erosion: {} is outside 0 to 50 voxels", self.erosion)));
        }
        for (key, mm) in [("smooth_mm", self.smooth_mm), ("border_mm", self.border_mm)] {
            if !(0.0..=50.0).contains(&mm) {
                return Err(Error::invalid(format!("{key}: {mm} is outside 0 to 50")));
            }
        }
        self.place.as_ref().map_or(Ok(()), PlaceSettings::check)
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

/// Removes `voxels` layers of voxels that have one of the 6 nearest neighbours outside the mask or the grid.
pub(crate) fn erode(mask: ArrayView3<'_, bool>, voxels: usize) -> Array3<bool> {
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
    use crate::{Outside, ScanPair, Scoring};

    #[derive(serde::Deserialize)]
    struct Golden {
        postprocess: Case,
    }

    #[derive(serde::Deserialize)]
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
        let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/golden.json")).unwrap();
        let Case { shape, scores, mask, median, eroded, large } = golden.postprocess;
        let flags = |digits: &str| {
            let flags = digits.bytes().map(|digit| digit == b'1').collect();
            Array3::from_shape_vec(shape, flags).unwrap()
        };
        let scores = Array3::from_shape_vec(shape, scores).unwrap();
        let brain = flags(&mask);
        let pair = ScanPair { scan: scores.view(), expected: None, brain: brain.view(), spacing: [1.0; 3] };
        let map = |outside, post_processing| {
            let scoring = Scoring { outside, post_processing, ..Default::default() };
            scoring.map(&pair, None).unwrap()
        };
        let everywhere = PostProcessing { median: 5, ..Default::default() };
        let filtered = map(Outside::Kept, everywhere);
        assert_eq!(filtered.as_slice().unwrap(), median);
        let inside = map(Outside::Kept, PostProcessing { erosion: 1, ..everywhere });
        for ((score, filtered), inside) in inside.iter().zip(&filtered).zip(&flags(&eroded)) {
            assert_eq!(*score, if *inside { *filtered } else { 0.0 });
        }
        assert_eq!(erode(flags(&mask).view(), 1), flags(&eroded));
        assert_eq!(remove_small_components(flags(&mask), 10), flags(&large));
    }

    #[test]
    fn detections_lose_their_small_components() {
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
    fn settings_out_of_range_are_named() {
        for good in
            [PostProcessing::NONE, PostProcessing::USUAL, PostProcessing { median: 7, ..Default::default() }]
        {
            assert!(good.check().is_ok());
        }
        let none = PostProcessing::NONE;
        let place =
            |smooth_mm, floor| PostProcessing { place: Some(PlaceSettings { smooth_mm, floor }), ..none };
        for (wrong, key) in [
            (PostProcessing { median: 4, ..none }, "median"),
            (PostProcessing { erosion: 51, ..none }, "erosion"),
            (PostProcessing { smooth_mm: -1.0, ..none }, "smooth_mm"),
            (PostProcessing { border_mm: f64::NAN, ..none }, "border_mm"),
            (place(0.0, 0.5), "place.smooth_mm"),
            (place(4.0, 0.0), "place.floor"),
        ] {
            assert!(wrong.check().unwrap_err().to_string().starts_with(key), "{key}");
        }
    }
}
