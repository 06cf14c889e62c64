//! Whether two shapes are the same but for size and pose.

use nalgebra::{Rotation3, Vector3};
use rayon::prelude::*;

use super::pyramid::Level;
use super::region;
use super::start::rotations;

/// Overlap (Dice) above which two shapes are the same. Brains of 12 persons reached 0.94 to 0.96 on a T2 reference, whole heads
/// 0.69 to 0.77.
const SAME: f64 = 0.9;
/// Points that are compared for each rotation of the search.
const POINTS: usize = 500;
/// Steps (degrees) by which the best rotation is refined.
const STEPS: [f64; 4] = [10.0, 5.0, 2.5, 1.25];
/// Points that are compared while refining.
const FINE_POINTS: usize = 5000;

/// Whether two shapes (levels of 0 and 255) are the same in some pose and size.
pub(super) fn same(a: &Level, b: &Level) -> bool {
    overlap(a, b) >= SAME
}

/// The largest overlap (Dice, 0 to 1) of two shapes over all rotations, their middles brought together and their sizes
/// made equal.
fn overlap(a: &Level, b: &Level) -> f64 {
    let scale = (region::volume(b) / region::volume(a)).cbrt();
    if !scale.is_normal() {
        return 0.0;
    }
    let (centre, target) = (region::centre(a), region::centre(b));
    let offsets: Vec<Vector3<f64>> = a.points().map(|point| (point - centre) * scale).collect();
    // Of two shapes of one size, what part of the one lies in the other is their overlap.
    let share = |rotation: &Rotation3<f64>, points: usize| {
        let offsets = offsets.iter().step_by(offsets.len().div_ceil(points));
        let count = offsets.len();
        let lies_in =
            |&offset: &Vector3<f64>| b.nearest(target + rotation * offset).is_some_and(|v| v >= 128);
        offsets.copied().filter(lies_in).count() as f64 / count as f64
    };
    let best = |rotations: Vec<Rotation3<f64>>, points: usize| {
        let shares: Vec<f64> = rotations.par_iter().map(|rotation| share(rotation, points)).collect();
        let pairs = shares.into_iter().zip(rotations);
        pairs.reduce(|a, b| if b.0 > a.0 { b } else { a }).expect("there are rotations")
    };
    let (mut found, mut rotation) = best(rotations(180.0), POINTS);
    for step in STEPS {
        // Twice, because what is best about one axis depends on the others.
        for _ in 0..2 {
            let mut near = vec![rotation];
            for axis in [Vector3::x_axis(), Vector3::y_axis(), Vector3::z_axis()] {
                for degrees in [-step, step] {
                    near.push(Rotation3::from_axis_angle(&axis, degrees.to_radians()) * rotation);
                }
            }
            (found, rotation) = best(near, FINE_POINTS);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use nalgebra::Point3;

    use super::*;
    use crate::Grid;

    /// A brain of three half axes (mm) and a stem, and a head with a face and a neck beside it.
    fn shape(head: bool, scale: f64, rotation: Rotation3<f64>) -> Level {
        let grid = Grid::centred([80; 3], [4.0; 3]).unwrap();
        let inside = |index: usize| {
            let voxel = [index / 6400, index / 80 % 80, index % 80].map(|v| v as f64);
            let p = rotation.inverse() * (grid.affine.voxel_to_world(Point3::from(voxel)) / scale);
            let within = |middle: [f64; 3], axes: [f64; 3]| {
                (p - Point3::from(middle)).component_div(&Vector3::from(axes)).norm() < 1.0
            };
            let brain =
                within([0.0; 3], [66.0, 84.0, 55.0]) || within([0.0, -25.0, -50.0], [45.0, 30.0, 25.0]);
            let around = || {
                within([0.0; 3], [78.0, 98.0, 75.0])
                    || within([0.0, 50.0, -70.0], [60.0, 40.0, 60.0])
                    || within([0.0, -20.0, -90.0], [55.0, 55.0, 60.0])
            };
            brain || head && around()
        };
        let data = (0..512_000).map(|index| if inside(index) { 255 } else { 0 }).collect();
        Level { data, shape: grid.shape, affine: grid.affine }
    }

    #[test]
    fn a_brain_is_known_in_any_size_and_pose_and_a_head_is_none() {
        let brain = shape(false, 1.0, Rotation3::identity());
        for (scale, turn) in [(0.7, [0.4, -0.5, 0.3]), (1.25, [2.0, 1.0, -1.5]), (1.0, [0.0, 0.0, 3.1])] {
            let turn = Rotation3::from_scaled_axis(turn.into());
            let found = overlap(&brain, &shape(false, scale, turn));
            assert!(found > 0.95, "{found} at scale {scale}");
            let found = overlap(&brain, &shape(true, scale, turn));
            assert!(found < 0.85, "{found} for a head at scale {scale}");
        }
    }

    #[test]
    fn nothing_has_no_shape() {
        let brain = shape(false, 1.0, Rotation3::identity());
        let nothing = Level { data: vec![0; brain.data.len()], ..brain.clone() };
        assert!(!same(&brain, &nothing) && !same(&nothing, &brain) && !same(&nothing, &nothing));
    }
}
