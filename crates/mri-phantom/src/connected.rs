//! Connected components of a lesion's voxels.

use mri_io::morphology::{Touching, components};
use ndarray::Array3;

/// Voxels that are not 0 and do not belong to the largest component (26 neighbours; of equal ones the first in memory).
pub(crate) fn specks(labels: &Array3<u8>) -> Vec<[usize; 3]> {
    let mut components = components(&labels.map(|&label| label > 0), Touching::Corners);
    let sizes = || components.iter().map(Vec::len);
    let Some(largest) = sizes().max().and_then(|most| sizes().position(|size| size == most)) else {
        return Vec::new();
    };
    components.swap_remove(largest);
    components.concat()
}

/// A voxel and its 26 neighbours that lie in an array of this shape.
pub(crate) fn around(voxel: [usize; 3], shape: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    (0..27).filter_map(move |number| {
        let mut next = voxel;
        for (axis, step) in [number / 9, number / 3 % 3, number % 3].into_iter().enumerate() {
            next[axis] = (voxel[axis] + step).checked_sub(1).filter(|&at| at < shape[axis])?;
        }
        Some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_largest_are_specks() {
        let mut labels = Array3::zeros((6, 6, 6));
        // Three that meet at corners, and one that is apart.
        for voxel in [[0, 0, 0], [1, 1, 1], [2, 2, 2], [5, 5, 0]] {
            labels[voxel] = 2;
        }
        assert_eq!(specks(&labels), [[5, 5, 0]]);
        assert!(specks(&Array3::zeros((2, 2, 2))).is_empty());
    }
}
