//! What voxels that are set make together: distances, components, holes.

mod distance;

use std::collections::VecDeque;

use ndarray::Array3;

pub use distance::distance_to;

/// Index steps to the six face neighbours.
const FACES: [[isize; 3]; 6] = [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]];

/// Face neighbours of a voxel that lie in an array of this shape.
fn neighbours(shape: [usize; 3], voxel: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    FACES.into_iter().filter_map(move |step| {
        let mut next = voxel;
        for axis in 0..3 {
            next[axis] = voxel[axis].checked_add_signed(step[axis]).filter(|&n| n < shape[axis])?;
        }
        Some(next)
    })
}

/// The largest component of the set voxels that touch by their faces; of equal ones the first in memory. Nothing if no voxel
/// is set.
pub fn largest_component(set: &Array3<bool>) -> Array3<bool> {
    let mut seen = Array3::from_elem(set.dim(), false);
    let mut largest = Vec::new();
    for ((i, j, k), &inside) in set.indexed_iter() {
        if inside && !seen[[i, j, k]] {
            let component = flood(set, &mut seen, [[i, j, k]]);
            if component.len() > largest.len() {
                largest = component;
            }
        }
    }
    let mut kept = Array3::from_elem(set.dim(), false);
    for voxel in largest {
        kept[voxel] = true;
    }
    kept
}

/// Fills what cannot be reached from the array's border through voxels that are not set.
pub(crate) fn fill_holes(set: &Array3<bool>) -> Array3<bool> {
    let shape: [usize; 3] = set.dim().into();
    let outside = set.mapv(|inside| !inside);
    let border = set.indexed_iter().map(|((i, j, k), _)| [i, j, k]).filter(|voxel| {
        outside[*voxel] && (0..3).any(|axis| voxel[axis] == 0 || voxel[axis] + 1 == shape[axis])
    });
    let mut reached = Array3::from_elem(set.dim(), false);
    flood(&outside, &mut reached, border);
    reached.mapv(|reached| !reached)
}

/// Marks in `seen`, and returns, what is connected to `seeds` through set voxels.
fn flood(
    set: &Array3<bool>,
    seen: &mut Array3<bool>,
    seeds: impl IntoIterator<Item = [usize; 3]>,
) -> Vec<[usize; 3]> {
    let shape = set.dim().into();
    let mut queue = VecDeque::new();
    let mut found = Vec::new();
    for seed in seeds {
        if set[seed] && !std::mem::replace(&mut seen[seed], true) {
            queue.push_back(seed);
        }
    }
    while let Some(voxel) = queue.pop_front() {
        found.push(voxel);
        for next in neighbours(shape, voxel) {
            if set[next] && !std::mem::replace(&mut seen[next], true) {
                queue.push_back(next);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_and_crumbs_dropped() {
        let ball = |(i, j, k): (usize, usize, usize)| {
            let square = |n: usize| (n as f32 - 8.0).powi(2);
            square(i) + square(j) + square(k)
        };
        let full = Array3::from_shape_fn((17, 17, 17), |at| ball(at) <= 36.0);
        let mut shell = Array3::from_shape_fn((17, 17, 17), |at| (9.0..=36.0).contains(&ball(at)));
        shell[[0, 0, 0]] = true;
        assert_eq!(fill_holes(&largest_component(&shell)), full);
    }
}
