//! Poses to start from.

use nalgebra::{Matrix3, Point3, Rotation3, SymmetricEigen, Vector3};

use super::pose::Pose;
use super::pyramid::Level;
use super::region;
use super::views::alike;

/// Distance between neighbouring rotations of the search.
const ROTATION_STEP_DEGREES: f64 = 20.0;
/// Distance between neighbouring translations of the search, mm.
const TRANSLATION_STEP: f64 = 20.0;
/// Translations searched to either side, in steps along the fixed world's axes; upwards and downwards
/// more for a brain and a head, because the middle of a head with its neck lies below the brain's.
const REACH: [i32; 3] = [1, 1, 1];
const REACH_UNLIKE: [i32; 3] = [1, 1, 3];

/// Least and largest difference of two sizes that is searched, as factors of length: up to a newborn's brain beside
/// that of a large adult.
const SCALES: [f64; 2] = [1.04, 1.8];

/// Poses to try. `fixed` and `moving` are where the two volumes show something, as levels of 0 and 255. If these are
/// masks of two `brains`, the poses come in two sizes, as they are and with the brains made equal: no rigid
/// pose brings the outlines of a small and a large brain together.
pub(super) fn candidates(
    fixed: &Level,
    moving: &Level,
    max_rotation_degrees: f64,
    brains: bool,
) -> Vec<Pose> {
    let (centre, target) = (region::centre(fixed), region::centre(moving));
    let mut rotations = rotations(max_rotation_degrees);
    rotations
        .extend(principal_rotation(fixed, moving).filter(|r| r.angle().to_degrees() <= max_rotation_degrees));
    let offsets = offsets(if alike(fixed, moving) { REACH } else { REACH_UNLIKE });
    let scales = [Some(1.0), brains.then(|| scale(fixed, moving)).flatten()];
    let mut poses = Vec::new();
    for scale in scales.into_iter().flatten() {
        for rotation in &rotations {
            let linear = rotation.into_inner() * scale;
            poses.extend(
                offsets.iter().map(|&offset| Pose::bringing(centre, target + linear * offset, linear)),
            );
        }
    }
    // The volumes may already lie well in the scanner's world.
    poses.push(Pose::bringing(centre, centre, Matrix3::identity()));
    poses
}

/// The factor of length between two shapes by their volumes, if it is worth a search.
fn scale(fixed: &Level, moving: &Level) -> Option<f64> {
    let scale = (region::volume(moving) / region::volume(fixed)).cbrt();
    (SCALES[0]..=SCALES[1]).contains(&scale.max(1.0 / scale)).then_some(scale)
}

/// Rotations on a cubic lattice of rotation vectors within a ball.
fn rotations(max_degrees: f64) -> Vec<Rotation3<f64>> {
    let reach = (max_degrees / ROTATION_STEP_DEGREES).floor() as i32;
    lattice([reach; 3])
        .map(|vector| vector * ROTATION_STEP_DEGREES)
        .filter(|vector| vector.norm() <= max_degrees + 1e-9)
        .map(|vector| Rotation3::from_scaled_axis(vector.map(f64::to_radians)))
        .collect()
}

fn offsets(reach: [i32; 3]) -> Vec<Vector3<f64>> {
    lattice(reach).map(|vector| vector * TRANSLATION_STEP).collect()
}

fn lattice(reach: [i32; 3]) -> impl Iterator<Item = Vector3<f64>> {
    let axis = move |axis: usize| -reach[axis]..=reach[axis];
    axis(0).flat_map(move |x| axis(1).flat_map(move |y| axis(2).map(move |z| Vector3::new(x, y, z).cast())))
}

/// The rotation that brings the principal axes of one shape onto the other's. Each axis of the one goes
/// to that of equal rank of the other, its sign chosen for the smaller turn.
fn principal_rotation(fixed: &Level, moving: &Level) -> Option<Rotation3<f64>> {
    let (from, to) = (principal_axes(fixed)?, principal_axes(moving)?);
    let signs = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
    signs
        .into_iter()
        .map(|[first, second]| {
            let a = to.column(0) * first;
            let b = to.column(1) * second;
            let turned = Matrix3::from_columns(&[a, b, a.cross(&b)]);
            Rotation3::from_matrix_unchecked(turned * from.transpose())
        })
        .min_by(|a, b| a.angle().total_cmp(&b.angle()))
}

/// Right-handed axes of a shape, longest first; `None` for an empty one.
fn principal_axes(shape: &Level) -> Option<Matrix3<f64>> {
    let centre: Point3<f64> = region::centre(shape);
    let covariance = shape.points().fold(Matrix3::zeros(), |sum: Matrix3<f64>, point| {
        let offset = point - centre;
        sum + offset * offset.transpose()
    });
    if covariance.trace() <= 0.0 {
        return None;
    }
    let eigen = SymmetricEigen::new(covariance);
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let first = eigen.eigenvectors.column(order[0]).into_owned();
    let second = eigen.eigenvectors.column(order[1]).into_owned();
    Some(Matrix3::from_columns(&[first, second, first.cross(&second)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;

    #[test]
    fn the_rotations_reach_sixty_degrees_and_no_further() {
        let angles: Vec<f64> = rotations(60.0).iter().map(|r| r.angle().to_degrees()).collect();
        assert_eq!(angles.len(), 123);
        assert!(angles.contains(&0.0));
        assert!(angles.iter().all(|&a| a < 60.0 + 1e-6) && angles.iter().any(|&a| a > 59.0));
    }

    #[test]
    fn principal_axes_find_a_turned_box() {
        let grid = Grid::centred([40, 40, 40], [4.0; 3]).unwrap();
        let turn = Rotation3::from_scaled_axis(Vector3::new(0.3, -0.4, 0.2));
        let slab = |rotation: Rotation3<f64>| {
            let inside = |index: usize| {
                let voxel = [index / 1600, index / 40 % 40, index % 40].map(|v| v as f64);
                let p = rotation.inverse() * grid.affine.voxel_to_world(Point3::from(voxel));
                p.x.abs() < 40.0 && p.y.abs() < 60.0 && p.z.abs() < 25.0
            };
            let data = (0..64_000).map(|index| if inside(index) { 255 } else { 0 }).collect();
            Level { data, shape: grid.shape, affine: grid.affine }
        };
        let found = principal_rotation(&slab(Rotation3::identity()), &slab(turn)).unwrap();
        assert!(found.angle_to(&turn).to_degrees() < 1.5);
    }
}
