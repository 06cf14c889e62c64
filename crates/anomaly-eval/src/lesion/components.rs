//! Connected components of a mask. `mri-io` has its own: neither crate depends on the other, and these few lines are less
//! than a crate for both.

use std::cmp::Reverse;

use ndarray::{Array3, ArrayView3};

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

/// The [`components`] of at least `smallest` voxels, largest first, of which alone the mask keeps the voxels; of equally large ones
/// that with the first voxel comes first.
pub fn components_from(mask: &mut Array3<bool>, smallest: f64) -> Vec<Vec<Voxel>> {
    let mut parts = components(mask.clone());
    parts.sort_by_key(|voxels| Reverse(voxels.len()));
    let large = parts.partition_point(|voxels| voxels.len() as f64 >= smallest);
    for voxel in parts.drain(large..).flatten() {
        mask[voxel] = false;
    }
    parts
}

/// What a map of scores says of one component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComponentFacts {
    /// Number of voxels.
    pub voxels: usize,
    /// Mean score.
    pub mean_score: f64,
    /// Highest score.
    pub peak_score: f32,
    /// The first voxel that has it.
    pub peak: Voxel,
    /// Centre of mass in voxels, each with the same weight.
    pub centre: [f64; 3],
}

impl ComponentFacts {
    /// Looks at the voxels of a component in a map; `None` if there are none.
    ///
    /// # Panics
    /// If a voxel lies outside the map.
    pub fn of(voxels: &[Voxel], scores: ArrayView3<'_, f32>) -> Option<Self> {
        let count = voxels.len() as f64;
        let (mut sum, mut centre, mut peak) = (0.0, [0.0; 3], *voxels.first()?);
        for &voxel in voxels {
            sum += f64::from(scores[voxel]);
            for (sum, at) in centre.iter_mut().zip(<[usize; 3]>::from(voxel)) {
                *sum += at as f64 / count;
            }
            if scores[voxel] > scores[peak] {
                peak = voxel;
            }
        }
        Some(Self { voxels: voxels.len(), mean_score: sum / count, peak_score: scores[peak], peak, centre })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_components_are_left_out_and_large_ones_come_first() {
        let mut mask = Array3::from_elem((9, 9, 9), false);
        mask[[0, 0, 0]] = true;
        mask.slice_mut(ndarray::s![4..6, 4..6, 4..6]).fill(true);
        mask.slice_mut(ndarray::s![8, 0..2, 8]).fill(true);
        let sizes = |smallest| {
            let mut mask = mask.clone();
            let parts = components_from(&mut mask, smallest);
            let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
            assert_eq!(mask.iter().filter(|marked| **marked).count(), sizes.iter().sum::<usize>());
            sizes
        };
        assert_eq!(sizes(0.0), [8, 2, 1]);
        assert_eq!(sizes(2.0), [8, 2]);
        assert_eq!(sizes(2.1), [8]);
        assert_eq!(sizes(9.0), [] as [usize; 0]);
    }

    #[test]
    fn facts_of_a_known_cube() {
        let mut scores = Array3::from_elem((9, 9, 9), 0.5);
        scores[[5, 4, 5]] = 0.75;
        let cube: Vec<Voxel> = (0..8).map(|at| (4 + at / 4, 4 + at / 2 % 2, 4 + at % 2)).collect();
        let facts = ComponentFacts::of(&cube, scores.view()).unwrap();
        let mean_score = (7.0 * 0.5 + 0.75) / 8.0;
        let expected =
            ComponentFacts { voxels: 8, mean_score, peak_score: 0.75, peak: (5, 4, 5), centre: [4.5; 3] };
        assert_eq!(facts, expected);
        assert_eq!(ComponentFacts::of(&[], scores.view()), None);
    }
}
