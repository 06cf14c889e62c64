//! What voxels that are set make together: distances, components, holes.

mod distance;

use std::collections::VecDeque;
use std::ops::Range;

use ndarray::{Array3, ArrayView3};

pub use distance::distance_to;

/// Which voxels touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touching {
    /// Those that share a face: 6 neighbours.
    Faces,
    /// Those that share a face, an edge or a corner: 26 neighbours.
    Corners,
}

/// Index steps to the face neighbours.
const FACES: [[isize; 3]; 6] = [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]];

/// Index steps to all neighbours.
const CORNERS: [[isize; 3]; 26] = {
    let mut steps = [[0; 3]; 26];
    let (mut number, mut filled) = (0, 0);
    while number < 27 {
        if number != 13 {
            steps[filled] = [number / 9 - 1, number / 3 % 3 - 1, number % 3 - 1];
            filled += 1;
        }
        number += 1;
    }
    steps
};

impl Touching {
    /// Neighbours of a voxel that lie in an array of this shape.
    fn neighbours(self, shape: [usize; 3], voxel: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
        let steps: &[[isize; 3]] = match self {
            Self::Faces => &FACES,
            Self::Corners => &CORNERS,
        };
        steps.iter().filter_map(move |step| {
            let mut next = voxel;
            for axis in 0..3 {
                next[axis] = voxel[axis].checked_add_signed(step[axis]).filter(|&n| n < shape[axis])?;
            }
            Some(next)
        })
    }
}

/// Groups of set voxels that touch, in the order of their first voxels in memory.
pub fn components(set: &Array3<bool>, touching: Touching) -> Vec<Vec<[usize; 3]>> {
    let mut seen = Array3::from_elem(set.dim(), false);
    let mut components = Vec::new();
    for ((i, j, k), &inside) in set.indexed_iter() {
        if inside && !seen[[i, j, k]] {
            components.push(flood(set, &mut seen, [[i, j, k]], touching));
        }
    }
    components
}

/// The largest component of the set voxels that touch by their faces; of equal ones the first in memory. Nothing if no voxel
/// is set.
pub fn largest_component(set: &Array3<bool>) -> Array3<bool> {
    // `max_by_key` would take the last of equal ones.
    let largest = components(set, Touching::Faces).into_iter().rev().max_by_key(Vec::len);
    let mut kept = Array3::from_elem(set.dim(), false);
    for voxel in largest.into_iter().flatten() {
        kept[voxel] = true;
    }
    kept
}

/// The box around the voxels of a set; `None` for an empty one.
pub(crate) fn bounds(set: &ArrayView3<'_, bool>) -> Option<[Range<usize>; 3]> {
    let mut bounds: Option<[Range<usize>; 3]> = None;
    for (i, plane) in set.outer_iter().enumerate() {
        for (j, row) in plane.outer_iter().enumerate() {
            let Some(first) = row.iter().position(|&inside| inside) else { continue };
            let last = row.iter().rposition(|&inside| inside).unwrap_or(first);
            let found = [i..i + 1, j..j + 1, first..last + 1];
            let so_far = bounds.get_or_insert_with(|| found.clone());
            for (range, found) in so_far.iter_mut().zip(found) {
                *range = range.start.min(found.start)..range.end.max(found.end);
            }
        }
    }
    bounds
}

/// Fills what cannot be reached from the array's border through voxels that are not set.
pub(crate) fn fill_holes(set: &Array3<bool>) -> Array3<bool> {
    let shape: [usize; 3] = set.dim().into();
    let outside = set.mapv(|inside| !inside);
    let border = set.indexed_iter().map(|((i, j, k), _)| [i, j, k]).filter(|voxel| {
        outside[*voxel] && (0..3).any(|axis| voxel[axis] == 0 || voxel[axis] + 1 == shape[axis])
    });
    let mut reached = Array3::from_elem(set.dim(), false);
    flood(&outside, &mut reached, border, Touching::Faces);
    reached.mapv(|reached| !reached)
}

/// Marks in `seen`, and returns, what is connected to `seeds` through set voxels.
fn flood(
    set: &Array3<bool>,
    seen: &mut Array3<bool>,
    seeds: impl IntoIterator<Item = [usize; 3]>,
    touching: Touching,
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
        for next in touching.neighbours(shape, voxel) {
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
    fn voxels_that_meet_at_an_edge_or_a_corner_touch_by_corners_only() {
        for other in [[0, 1, 1], [1, 1, 1]] {
            let mut set = Array3::from_elem((3, 3, 3), false);
            set[[0, 0, 0]] = true;
            set[other] = true;
            assert_eq!(components(&set, Touching::Faces), [[[0, 0, 0]], [other]]);
            assert_eq!(components(&set, Touching::Corners), [[[0, 0, 0], other]]);
        }
    }

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
