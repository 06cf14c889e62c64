//! Detections without small components, at all thresholds at once.

use ndarray::Array3;

use super::components::Voxel;
use super::forest::Forest;

/// Levels `[i, j, k]`, on a grid of fewer than 2^32 voxels, lowered until each voxel above any level belongs to at least
/// `smallest` connected voxels above it (26 neighbours): above each level lie exactly the voxels that
/// [`components_from`](super::components_from) keeps of those that lay above it before.
///
/// This is the area opening of Vincent (1993), found by the union-find of Meijster and Wilkinson (2002).
pub fn area_opening(levels: &Array3<u8>, smallest: f64) -> Array3<u8> {
    // From high to low. What is at 0 is above no level.
    let mut order: Vec<(u8, Voxel)> = levels
        .indexed_iter()
        .filter(|(_, level)| **level > 0)
        .map(|(voxel, level)| (*level, voxel))
        .collect();
    order.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let mut forest = Forest::new(levels.dim());
    // At each root its level and the size of its tree; only trees that are still too small grow into lower levels.
    let (mut level_at, mut size) = (vec![0_u8; forest.len()], vec![0_u32; forest.len()]);
    for &(level, voxel) in &order {
        let voxel = forest.index(voxel);
        (level_at[voxel as usize], size[voxel as usize]) = (level, 1);
        for neighbour in forest.add(voxel) {
            if !forest.has(neighbour) {
                continue;
            }
            let root = forest.root(neighbour);
            if root == voxel {
                continue;
            }
            let small = f64::from(size[root as usize]) < smallest;
            // What touches a large tree without joining it is large too, and may count it more than once.
            size[voxel as usize] = size[voxel as usize].saturating_add(size[root as usize]);
            if small || level_at[root as usize] == level {
                forest.hang(root, voxel);
            }
        }
    }
    // Parents come before their children.
    let mut opened = Array3::zeros(levels.dim());
    for &(_, voxel) in order.iter().rev() {
        let at = forest.index(voxel);
        let parent = forest.parent(at);
        if parent != at {
            level_at[at as usize] = level_at[parent as usize];
        } else if f64::from(size[at as usize]) < smallest {
            level_at[at as usize] = 0;
        }
        opened[voxel] = level_at[at as usize];
    }
    opened
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::components_from;
    use super::*;

    #[test]
    fn a_peak_is_levelled_to_where_it_is_wide_enough_and_a_speck_goes() {
        let levels = Array3::from_shape_vec((1, 1, 9), vec![1, 5, 9, 5, 5, 0, 7, 7, 0]).unwrap();
        let opened = |smallest| area_opening(&levels, smallest).into_raw_vec_and_offset().0;
        assert_eq!(opened(1.0), [1, 5, 9, 5, 5, 0, 7, 7, 0]);
        assert_eq!(opened(2.0), [1, 5, 5, 5, 5, 0, 7, 7, 0]);
        assert_eq!(opened(2.5), [1, 5, 5, 5, 5, 0, 0, 0, 0]);
        assert_eq!(opened(4.5), [1, 1, 1, 1, 1, 0, 0, 0, 0]);
        assert_eq!(opened(6.0), [0; 9]);
    }

    proptest! {
        #[test]
        fn above_each_level_lie_the_components_that_are_large_enough(
            levels in prop::collection::vec(0..6_u8, 5 * 6 * 4),
            smallest in 0.0..40.0_f64,
        ) {
            let levels = Array3::from_shape_vec((5, 6, 4), levels).unwrap();
            let opened = area_opening(&levels, smallest);
            for level in 0..6 {
                let mut kept = levels.mapv(|at| at > level);
                components_from(&mut kept, smallest);
                prop_assert_eq!(opened.mapv(|at| at > level), kept, "above {}", level);
            }
        }
    }
}
