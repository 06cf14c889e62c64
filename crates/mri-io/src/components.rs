//! Connected components of a mask.

use ndarray::Array3;

/// Groups of set voxels that touch by face, edge or corner (26 neighbours), in the order of their first voxels in memory.
/// Voxels are indices along the array's axes.
pub fn components(mut set: Array3<bool>) -> Vec<Vec<[usize; 3]>> {
    let shape: [usize; 3] = set.dim().into();
    let seeds: Vec<[usize; 3]> =
        set.indexed_iter().filter(|(_, inside)| **inside).map(|((i, j, k), _)| [i, j, k]).collect();
    let mut components = Vec::new();
    for seed in seeds {
        if !std::mem::take(&mut set[seed]) {
            continue;
        }
        let mut component = vec![seed];
        let mut next = 0;
        while let Some(&voxel) = component.get(next) {
            next += 1;
            let near = |axis: usize| voxel[axis].saturating_sub(1)..(voxel[axis] + 2).min(shape[axis]);
            for i in near(0) {
                for j in near(1) {
                    component.extend(near(2).map(|k| [i, j, k]).filter(|&at| std::mem::take(&mut set[at])));
                }
            }
        }
        components.push(component);
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voxels_that_meet_at_a_corner_belong_together() {
        let mut set = Array3::from_elem((6, 6, 6), false);
        for voxel in [[0, 0, 0], [1, 1, 1], [2, 2, 2], [5, 5, 0]] {
            set[voxel] = true;
        }
        assert_eq!(components(set), [vec![[0, 0, 0], [1, 1, 1], [2, 2, 2]], vec![[5, 5, 0]]]);
        assert!(components(Array3::from_elem((2, 2, 2), false)).is_empty());
    }
}
