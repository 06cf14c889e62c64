//! What voxels that are set make together: distances, components, holes.

mod distance;
mod spans;

use std::collections::VecDeque;

use ndarray::Array3;

pub use distance::distance_to;
pub(crate) use spans::fill_holes;
pub use spans::largest_component;

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
            components.push(flood(set, &mut seen, [i, j, k], touching));
        }
    }
    components
}

/// Marks in `seen`, and returns, what is connected to the seed, a set voxel, through set voxels.
fn flood(
    set: &Array3<bool>,
    seen: &mut Array3<bool>,
    seed: [usize; 3],
    touching: Touching,
) -> Vec<[usize; 3]> {
    let shape = set.dim().into();
    let mut queue = VecDeque::from([seed]);
    let mut found = Vec::new();
    seen[seed] = true;
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
}
