//! Exact Euclidean distance transform (Felzenszwalb and Huttenlocher 2012), in mm.

use ndarray::{Array3, Axis, Zip};

/// Larger than any squared distance (mm^2) within a head.
const FAR: f32 = 1e12;

/// Distance (mm) of each voxel's centre to the nearest centre of a voxel for which `inside` is true.
/// Very large where no such voxel exists. `spacing` in mm along each axis.
pub fn distance_to(inside: &Array3<bool>, spacing: [f64; 3]) -> Array3<f32> {
    let mut squared = inside.map(|&there| if there { 0.0 } else { FAR });
    for (axis, step) in spacing.into_iter().enumerate() {
        Zip::from(squared.lanes_mut(Axis(axis))).par_for_each(|mut lane| {
            let values: Vec<f32> = lane.iter().copied().collect();
            lane.iter_mut().zip(lower_envelope(&values, step as f32)).for_each(|(to, value)| *to = value);
        });
    }
    squared.mapv_into(f32::sqrt)
}

/// For each place the minimum over all places `q` of `values[q]` plus the squared distance to `q`.
fn lower_envelope(values: &[f32], step: f32) -> Vec<f32> {
    let position = |index: usize| f64::from(step) * index as f64;
    // Vertices of the parabolas of the envelope, and from where on each is the lowest.
    let mut envelope: Vec<(usize, f64)> = Vec::with_capacity(values.len());
    for (q, &value) in values.iter().enumerate().filter(|&(_, &value)| value < FAR) {
        let mut from = f64::NEG_INFINITY;
        while let Some(&(p, since)) = envelope.last() {
            let height = |index: usize, value: f32| f64::from(value) + position(index).powi(2);
            from = (height(q, value) - height(p, values[p])) / (2.0 * (position(q) - position(p)));
            if from > since {
                break;
            }
            envelope.pop();
            from = f64::NEG_INFINITY;
        }
        envelope.push((q, from));
    }
    let mut current = 0;
    (0..values.len())
        .map(|index| {
            while current + 1 < envelope.len() && envelope[current + 1].1 <= position(index) {
                current += 1;
            }
            envelope.get(current).map_or(FAR, |&(vertex, _)| {
                values[vertex] + ((position(index) - position(vertex)).powi(2)) as f32
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_equal_those_of_an_exhaustive_search() {
        let spacing = [1.0, 2.5, 0.7];
        let inside = Array3::from_shape_fn((7, 5, 6), |(i, j, k)| (5 * i + 3 * j + 7 * k) % 23 == 0);
        let seeds: Vec<_> = inside.indexed_iter().filter(|(_, there)| **there).map(|(at, _)| at).collect();
        assert!(!seeds.is_empty());
        for ((i, j, k), &distance) in distance_to(&inside, spacing).indexed_iter() {
            let expected = seeds
                .iter()
                .map(|&(a, b, c)| {
                    let gap = |u: usize, w: usize, axis: usize| (u as f64 - w as f64) * spacing[axis];
                    (gap(i, a, 0).powi(2) + gap(j, b, 1).powi(2) + gap(k, c, 2).powi(2)).sqrt()
                })
                .fold(f64::MAX, f64::min);
            assert!((f64::from(distance) - expected).abs() < 1e-4);
        }
    }

    #[test]
    fn nothing_inside_is_far_away() {
        assert!(distance_to(&Array3::from_elem((2, 2, 2), false), [1.0; 3]).iter().all(|&d| d > 1e5));
    }
}
