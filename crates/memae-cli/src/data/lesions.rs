//! Lesions as people count them: connected parts of labels, and their volume.

use std::fmt;
use std::path::Path;

use anomaly_eval::components;
use mri_io::{Mask, Volume};
use serde::{Deserialize, Serialize};

/// Reads lesion labels. Where `lesion` lists the labels that are lesion, others become 0.
///
/// # Errors
/// As [`mri_io::nifti::read_labels`].
pub(crate) fn read(path: &Path, lesion: Option<&[u16]>) -> mri_io::Result<Volume<u16>> {
    let labels = mri_io::nifti::read_labels(path)?;
    Ok(match lesion {
        Some(lesion) => labels.map(|label| if lesion.contains(label) { *label } else { 0 }),
        None => labels,
    })
}

/// How many lesions there are (26 neighbours), and how large all are together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Amount {
    pub(crate) count: usize,
    pub(crate) ml: f64,
}

impl Amount {
    /// What labels above 0 hold.
    pub(crate) fn of(labels: &Volume<u16>) -> Self {
        let lesion = labels.map(|&label| label > 0);
        Self { ml: lesion.millilitres(), count: components(lesion.into_data()).len() }
    }

    /// The lesions that lie outside the brain by more than half of their voxels. Both volumes have the same grid.
    pub(crate) fn outside(labels: &Volume<u16>, brain: &Mask) -> Self {
        let brain = brain.data();
        let lesions = components(labels.map(|&label| label > 0).into_data());
        let outside = lesions
            .iter()
            .filter(|lesion| 2 * lesion.iter().filter(|&&voxel| !brain[voxel]).count() > lesion.len());
        let sizes: Vec<usize> = outside.map(Vec::len).collect();
        let ml = sizes.iter().sum::<usize>() as f64 * labels.affine().voxel_volume() / 1000.0;
        Self { count: sizes.len(), ml }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, ml } = self;
        write!(formatter, "{count} {} of {ml:.2} ml", if *count == 1 { "lesion" } else { "lesions" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::Grid;

    #[test]
    fn lesions_are_counted_by_corners_and_outside_by_their_halves() {
        let grid = Grid::centred([8, 4, 4], [10.0, 10.0, 5.0]).unwrap();
        let mut labels = Volume::filled(&grid, 0_u16).unwrap();
        // Two voxels that touch by a corner; a bar of three, of which two lie outside.
        for at in [[0, 0, 0], [1, 1, 1], [4, 2, 2], [5, 2, 2], [6, 2, 2]] {
            labels.data_mut()[at] = 3;
        }
        let mut brain = labels.map(|_| true);
        for at in [[5, 2, 2], [6, 2, 2], [0, 0, 0]] {
            brain.data_mut()[at] = false;
        }
        assert_eq!(Amount::of(&labels), Amount { count: 2, ml: 2.5 });
        assert_eq!(Amount::outside(&labels, &brain), Amount { count: 1, ml: 1.5 });
        assert_eq!(Amount { count: 1, ml: 1.5 }.to_string(), "1 lesion of 1.50 ml");
    }
}
