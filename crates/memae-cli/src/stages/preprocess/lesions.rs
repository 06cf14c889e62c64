//! Lesion labels on the reference grid: each lesion stays, and its volume ([`resample_labels_by_share`]).

use anyhow::Result;
use mri_io::resample::resample_labels_by_share;
use mri_io::{Grid, RigidTransform, Volume};
use serde::{Deserialize, Serialize};

use crate::data::lesions::Amount;

/// Raised whenever the same labels are brought to the reference otherwise than before.
pub(super) const RULE: u32 = 4;

/// A change of count or volume by more than this share is told.
const MUCH: f64 = 0.2;

/// What bringing labels to the reference grid did to the lesions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Change {
    /// On the grid of the labels' file.
    pub(super) before: Amount,
    /// On the reference grid.
    pub(super) after: Amount,
}

impl Change {
    /// What has to be said about it.
    pub(super) fn warning(&self) -> Option<String> {
        let Self { before, after } = self;
        let much = |before: f64, after: f64| (after - before).abs() > MUCH * before;
        let told = much(before.count as f64, after.count as f64) || much(before.ml, after.ml);
        told.then(|| {
            format!(
                "{before} became {after} on the reference grid, a change by more than {} %: voxels of the reference are large \
                 for these lesions, or part of them lies beyond its grid",
                100.0 * MUCH
            )
        })
    }
}

/// Lesion labels on `grid`. `transform` takes the grid's world to the labels' world (mm). A voxel that several labels of a lesion
/// share gets the one that fills most of it.
///
/// # Errors
/// If the grid has no voxels.
pub(super) fn bring(
    labels: &Volume<u16>,
    grid: &Grid,
    transform: &RigidTransform,
) -> Result<(Volume<u16>, Change)> {
    let brought = resample_labels_by_share(labels, grid, *transform)?;
    let change = Change { before: Amount::of(labels), after: Amount::of(&brought) };
    Ok((brought, change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Point3, Vector3};

    fn labels(shape: [usize; 3], spacing: [f64; 3], at: impl Fn([usize; 3]) -> u16) -> Volume<u16> {
        let grid = Grid::centred(shape, spacing).unwrap();
        let mut labels = Volume::filled(&grid, 0).unwrap();
        for ((i, j, k), label) in labels.data_mut().indexed_iter_mut() {
            *label = at([i, j, k]);
        }
        labels
    }

    #[test]
    fn lesions_smaller_than_a_voxel_stay_and_are_told() {
        // Ten lesions of 8 mm3 each, 12 mm apart, on voxels of 64 mm3.
        let labels =
            labels([64, 8, 8], [2.0; 3], |[i, j, k]| u16::from(i % 6 == 3 && i < 60 && j == 4 && k == 4));
        let grid = Grid::centred([32, 4, 4], [4.0; 3]).unwrap();
        let pose = RigidTransform::about(
            Point3::origin(),
            Vector3::new(0.05, -0.03, 0.08),
            Vector3::new(0.7, -0.4, 0.3),
        );
        let (brought, change) = bring(&labels, &grid, &pose).unwrap();
        assert_eq!(change.before, Amount { count: 10, ml: 0.08 });
        assert_eq!(change.after, Amount { count: 10, ml: 0.64 });
        assert_eq!(Amount::of(&brought), change.after);
        let warning = change.warning().unwrap();
        assert!(warning.contains("10 lesions of 0.08 ml became 10 lesions of 0.64 ml"), "{warning}");
    }

    #[test]
    fn what_lies_beyond_the_grid_is_told() {
        let labels = labels([20, 6, 6], [2.0; 3], |[i, j, k]| u16::from(i == 1 && j == 2 && k == 2));
        let grid = Grid::centred([6, 6, 6], [2.0; 3]).unwrap();
        let (_, change) = bring(&labels, &grid, &RigidTransform::identity()).unwrap();
        assert_eq!((change.before.count, change.after.count), (1, 0));
        assert!(change.warning().unwrap().contains("beyond its grid"));
    }
}
