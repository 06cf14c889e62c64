//! Connected components of a mask. `mri-io` has its own: neither crate depends on the other, and these few lines are less
//! than a crate for both.

use ndarray::Array3;

/// A voxel `(i, j, k)`.
pub type Voxel = (usize, usize, usize);

/// Groups of marked voxels that touch by face, edge or corner (26 neighbours), in the order of their first voxels.
pub fn components(mut mask: Array3<bool>) -> Vec<Vec<Voxel>> {
    let (across, along, slices) = mask.dim();
    let near = |centre: usize, n: usize| centre.saturating_sub(1)..(centre + 2).min(n);
    let seeds: Vec<Voxel> =
        mask.indexed_iter().filter(|(_, marked)| **marked).map(|(voxel, _)| voxel).collect();
    let mut components = Vec::new();
    for seed in seeds {
        if !std::mem::take(&mut mask[seed]) {
            continue;
        }
        let mut component = vec![seed];
        let mut next = 0;
        while let Some((i, j, k)) = component.get(next).copied() {
            next += 1;
            for i in near(i, across) {
                for j in near(j, along) {
                    for k in near(k, slices) {
                        if std::mem::take(&mut mask[[i, j, k]]) {
                            component.push((i, j, k));
                        }
                    }
                }
            }
        }
        components.push(component);
    }
    components
}
