//! Binary morphology on small volumes.

use std::collections::VecDeque;

use ndarray::Array3;

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

/// Voxels within `radius` (voxels) of a set voxel.
pub(super) fn dilate(set: &Array3<bool>, radius: f64) -> Array3<bool> {
    squared_distance(set).mapv(|d| d <= (radius * radius) as f32)
}

/// Voxels farther than `radius` (voxels) from each voxel that is not set. Beyond the array everything
/// counts as its outermost voxels do.
pub(super) fn erode(set: &Array3<bool>, radius: f64) -> Array3<bool> {
    squared_distance(&set.mapv(|inside| !inside)).mapv(|d| d > (radius * radius) as f32)
}

/// The largest face-connected component; of equal ones the first in memory.
pub(super) fn largest_component(set: &Array3<bool>) -> Array3<bool> {
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
pub(super) fn fill_holes(set: &Array3<bool>) -> Array3<bool> {
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

/// Squared distance (voxels) to the nearest set voxel, exact: one lower envelope of parabolas per line and
/// axis (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012).
fn squared_distance(set: &Array3<bool>) -> Array3<f32> {
    let far = set.shape().iter().map(|n| n * n).sum::<usize>() as f32;
    let mut distance = set.mapv(|inside| if inside { 0.0 } else { far });
    for axis in 0..3 {
        ndarray::Zip::from(distance.lanes_mut(ndarray::Axis(axis))).par_for_each(|mut lane| {
            let line = lane.to_vec();
            for (value, nearest) in lane.iter_mut().zip(envelope(&line)) {
                *value = nearest;
            }
        });
    }
    distance
}

/// For each position `x` the least `line[p] + (x - p)^2`.
fn envelope(line: &[f32]) -> Vec<f32> {
    let meet = |p: usize, q: usize| {
        let height = |n: usize| line[n] + (n * n) as f32;
        (height(q) - height(p)) / (2.0 * (q as f32 - p as f32))
    };
    // The parabolas of the envelope, and where each begins.
    let mut parabolas = vec![(0, f32::NEG_INFINITY)];
    for q in 1..line.len() {
        let begin = loop {
            let &(p, begin) = parabolas.last().expect("the first parabola begins at minus infinity");
            let at = meet(p, q);
            if at > begin {
                break at;
            }
            parabolas.pop();
        };
        parabolas.push((q, begin));
    }
    let mut current = 0;
    (0..line.len())
        .map(|x| {
            while current + 1 < parabolas.len() && parabolas[current + 1].1 < x as f32 {
                current += 1;
            }
            let p = parabolas[current].0;
            line[p] + (x as f32 - p as f32).powi(2)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_agree_with_brute_force() {
        let set = Array3::from_shape_fn((7, 9, 8), |(i, j, k)| (i * 31 + j * 17 + k * 7) % 41 == 0);
        let distance = squared_distance(&set);
        for ((i, j, k), &found) in distance.indexed_iter() {
            let square = |a: usize, b: usize| (a as f32 - b as f32).powi(2);
            let nearest = set
                .indexed_iter()
                .filter(|&(_, &inside)| inside)
                .map(|((a, b, c), _)| square(a, i) + square(b, j) + square(c, k))
                .fold(f32::INFINITY, f32::min);
            assert_eq!(found, nearest);
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

    #[test]
    fn eroding_undoes_dilating_a_ball() {
        let point = Array3::from_shape_fn((15, 15, 15), |at| at == (7, 7, 7));
        assert_eq!(erode(&dilate(&point, 4.0), 4.0), point);
    }
}
