//! Detection counted in lesions and false components instead of voxels.
//!
//! Lesions are connected components of the truth, false detections are connected components of the voxels above a
//! threshold that hold no lesion voxel; both with 26 neighbours. Over brain voxels, both are cut to the brain first.

use ndarray::{Array3, ArrayView3};

use super::components::components;
use super::union::Union;
use crate::score::check_voxels;
use crate::{Error, Result, VoxelSet, check_shape};

/// When a lesion counts as detected, and how lesions are grouped by size.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
#[non_exhaustive]
pub struct LesionSettings {
    /// A lesion is detected where at least this share of its voxels, and at least one, is above the threshold.
    pub overlap: f64,
    /// Volumes in ml at which small lesions end and large ones begin.
    pub size_limits_ml: [f64; 2],
}

impl Default for LesionSettings {
    fn default() -> Self {
        Self { overlap: 0.1, size_limits_ml: [1.0, 10.0] }
    }
}

impl LesionSettings {
    /// Checks that the settings make sense.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the setting.
    pub fn check(&self) -> Result<()> {
        if !(0.0..=1.0).contains(&self.overlap) {
            return Err(Error::invalid(format!("overlap: {} is outside [0, 1]", self.overlap)));
        }
        let [small, large] = self.size_limits_ml;
        if !(small > 0.0 && small < large && large.is_finite()) {
            return Err(Error::invalid(format!(
                "size_limits_ml: {small}, {large} is not positive and ascending"
            )));
        }
        Ok(())
    }

    /// The size class of a lesion: 0 small, 1 medium, 2 large.
    pub(crate) fn class(&self, ml: f64) -> usize {
        self.size_limits_ml.iter().filter(|limit| ml >= **limit).count()
    }
}

/// One connected component of the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lesion {
    /// Volume in ml.
    pub ml: f64,
    /// The lesion is detected at every threshold below this score: the k-th highest of its scores, where k voxels are the
    /// overlap that a detection needs.
    pub score: f32,
}

/// The lesions of one subject, and how many false components it has at each of the [`ladder`] thresholds.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lesions {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// All lesions, in the order of their first voxels.
    pub lesions: Vec<Lesion>,
    /// Number of false components above each threshold of the [`ladder`].
    pub false_components: Vec<u32>,
}

/// Thresholds at which false components are counted: 64 values from 2^-8 up, eight to each factor of two.
pub fn ladder() -> Vec<f32> {
    (-64..0).map(|step| (f64::from(step) / 8.0).exp2() as f32).collect()
}

impl Lesions {
    /// Measures one subject: normalized scores `[i, j, k]` in [0, 1], its lesions (`None`: healthy), its brain mask, and the
    /// volume of a voxel in ml. One result for each voxel set.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`], [`Error::Empty`], [`Error::NotFinite`]; [`Error::Invalid`] for a voxel volume that is
    /// not positive.
    pub fn measure(
        scores: ArrayView3<'_, f32>,
        truth: Option<ArrayView3<'_, bool>>,
        brain: ArrayView3<'_, bool>,
        voxel_ml: f64,
        settings: &LesionSettings,
    ) -> Result<Vec<Self>> {
        check_voxels("the anomaly map", scores)?;
        check_shape("the brain mask", brain.shape(), scores.shape())?;
        let truth =
            truth.map_or_else(|| Array3::from_elem(scores.raw_dim(), false), |truth| truth.to_owned());
        check_shape("the lesion mask", truth.shape(), scores.shape())?;
        if !(voxel_ml > 0.0 && voxel_ml.is_finite()) {
            return Err(Error::invalid(format!(
                "a voxel of {voxel_ml} ml is no voxel: its volume must be positive"
            )));
        }
        let of_set = |voxels| {
            let (scores, truth) = match voxels {
                VoxelSet::All => (scores.to_owned(), truth.clone()),
                VoxelSet::Brain => {
                    let mut inside = scores.to_owned();
                    inside.zip_mut_with(&brain, |score, brain| *score = if *brain { *score } else { 0.0 });
                    (inside, &truth & &brain)
                }
            };
            let false_components = false_components(&scores, &truth);
            let lesions = components(truth)
                .into_iter()
                .map(|lesion| {
                    let voxels = lesion.len();
                    let needed = ((settings.overlap * voxels as f64).ceil() as usize).clamp(1, voxels);
                    let mut inside: Vec<f32> = lesion.into_iter().map(|voxel| scores[voxel]).collect();
                    let (_, score, _) = inside.select_nth_unstable_by(needed - 1, |a, b| b.total_cmp(a));
                    Lesion { ml: voxels as f64 * voxel_ml, score: *score }
                })
                .collect();
            Self { voxels, lesions, false_components }
        };
        Ok(VoxelSet::ALL.map(of_set).to_vec())
    }
}

/// Components of the voxels above each ladder threshold that hold no lesion voxel. One sweep from the highest scores to
/// the lowest: each voxel joins the components that it touches.
fn false_components(scores: &Array3<f32>, truth: &Array3<bool>) -> Vec<u32> {
    let ladder = ladder();
    let mut by_level = vec![Vec::new(); ladder.len()];
    let mut union = Union::new(scores.dim());
    for ((voxel, score), lesion) in scores.indexed_iter().zip(truth) {
        if let Some(level) = ladder.partition_point(|threshold| threshold < score).checked_sub(1) {
            by_level[level].push((union.index(voxel), *lesion));
        }
    }
    let mut counted = vec![0; ladder.len()];
    for (level, voxels) in by_level.into_iter().enumerate().rev() {
        for (voxel, lesion) in voxels {
            union.add(voxel, lesion);
        }
        counted[level] = union.unmarked_components();
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Components by their definition, one threshold after the other.
    fn false_components_one_by_one(scores: &Array3<f32>, truth: &Array3<bool>) -> Vec<u32> {
        let at = |threshold: f32| {
            let found = components(scores.mapv(|score| score > threshold));
            found.iter().filter(|component| !component.iter().any(|voxel| truth[*voxel])).count() as u32
        };
        ladder().into_iter().map(at).collect()
    }

    proptest! {
        #[test]
        fn the_sweep_equals_labelling_at_each_threshold(
            values in prop::collection::vec((0.0..=1.0_f32, 0..8_u8), 5 * 6 * 4),
        ) {
            let scores = Array3::from_shape_fn((5, 6, 4), |(i, j, k)| values[(i * 6 + j) * 4 + k].0.powi(4));
            let truth = Array3::from_shape_fn((5, 6, 4), |(i, j, k)| values[(i * 6 + j) * 4 + k].1 == 0);
            prop_assert_eq!(false_components(&scores, &truth), false_components_one_by_one(&scores, &truth));
        }
    }

    #[derive(serde::Deserialize)]
    struct Golden {
        lesions: Case,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        shape: [usize; 3],
        scores: Vec<f32>,
        truth: String,
        brain: String,
        voxel_ml: f64,
        overlap: f64,
        expected: [Expected; 2],
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        lesions: Vec<Lesion>,
        /// Position in the ladder, and number of false components there.
        false_components: Vec<(usize, u32)>,
    }

    #[test]
    fn lesions_and_false_components_match_scipy() {
        let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/golden.json")).unwrap();
        let Case { shape, scores, truth, brain, voxel_ml, overlap, expected } = golden.lesions;
        let flags = |digits: &str| {
            Array3::from_shape_vec(shape, digits.bytes().map(|digit| digit == b'1').collect()).unwrap()
        };
        let scores = Array3::from_shape_vec(shape, scores).unwrap();
        let settings = LesionSettings { overlap, ..Default::default() };
        let truth = flags(&truth);
        let brain = flags(&brain);
        let ours = Lesions::measure(scores.view(), Some(truth.view()), brain.view(), voxel_ml, &settings);
        for (ours, expected) in ours.unwrap().iter().zip(expected) {
            assert_eq!(ours.lesions, expected.lesions);
            for (level, count) in expected.false_components {
                assert_eq!(ours.false_components[level], count, "{:?} at level {level}", ours.voxels);
            }
        }
    }

    #[test]
    fn degenerate_subjects_are_defined_or_named() {
        let shape = (3, 3, 3);
        let (none, all) = (Array3::from_elem(shape, false), Array3::from_elem(shape, true));
        let scores = Array3::from_elem(shape, 0.5_f32);
        let measure = |scores: &Array3<f32>, truth: Option<&Array3<bool>>, brain: &Array3<bool>, ml| {
            let settings = LesionSettings::default();
            Lesions::measure(scores.view(), truth.map(|truth| truth.view()), brain.view(), ml, &settings)
        };
        let healthy = measure(&scores, None, &all, 0.001).unwrap();
        assert!(healthy[0].lesions.is_empty());
        // One component up to its score, none above.
        let above_half = ladder().iter().filter(|threshold| **threshold >= 0.5).count();
        assert_eq!(healthy[0].false_components.iter().sum::<u32>() as usize, 64 - above_half);
        let ill = measure(&scores, Some(&all), &none, 0.001).unwrap();
        assert_eq!(ill[0].lesions, [Lesion { ml: 0.027, score: 0.5 }]);
        assert!(
            ill[1].lesions.is_empty() && ill.iter().all(|set| set.false_components.iter().all(|n| *n == 0))
        );

        let short = Array3::from_elem((3, 3, 2), true);
        assert!(matches!(measure(&scores, Some(&short), &all, 1.0), Err(Error::ShapeMismatch { .. })));
        assert!(matches!(measure(&scores, None, &short, 1.0), Err(Error::ShapeMismatch { .. })));
        assert!(matches!(measure(&scores, None, &all, 0.0), Err(Error::Invalid(_))));
        let nan = scores.mapv(|_| f32::NAN);
        assert!(matches!(measure(&nan, None, &all, 1.0), Err(Error::NotFinite { index: 0, .. })));
        let settings = LesionSettings::default();
        assert!(settings.check().is_ok());
        assert!(LesionSettings { overlap: 1.5, ..settings }.check().is_err());
        for size_limits_ml in [[2.0, 2.0], [0.0, 1.0], [1.0, f64::INFINITY]] {
            assert!(LesionSettings { size_limits_ml, ..settings }.check().is_err());
        }
        assert_eq!([0.5, 1.0, 9.9, 10.0].map(|ml| settings.class(ml)), [0, 1, 1, 2]);
    }
}
