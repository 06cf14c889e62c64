//! The pose of a template: that of no scan, but the mean of all.

use nalgebra::{Matrix4, Point3, Quaternion, SymmetricEigen, UnitQuaternion};

use crate::RigidTransform;

/// Moves the template so that the rotations of `transforms` (template to scan) have no mean and the
/// middles of the brains (`centres`, in the scans' worlds) lie around the origin. Returns the motion.
pub(super) fn balance(transforms: &mut [RigidTransform], centres: &[Point3<f64>]) -> RigidTransform {
    let middle = transforms.iter().zip(centres).fold(Point3::origin(), |sum, (transform, &centre)| {
        sum + transform.inverse().apply(centre).coords / centres.len() as f64
    });
    let turn = mean_rotation(transforms.iter().map(RigidTransform::rotation));
    let motion = RigidTransform::about(middle, turn.scaled_axis(), -middle.coords);
    for transform in transforms {
        *transform = transform.after(&motion.inverse());
    }
    motion
}

/// The rotation with the least sum of squared distances to all (Markley et al. 2007,
/// doi:10.2514/1.28949).
fn mean_rotation(rotations: impl Iterator<Item = UnitQuaternion<f64>>) -> UnitQuaternion<f64> {
    let sum =
        rotations.fold(Matrix4::zeros(), |sum, rotation| sum + rotation.coords * rotation.coords.transpose());
    let eigen = SymmetricEigen::new(sum);
    let mean = eigen.eigenvectors.column(eigen.eigenvalues.imax()).into_owned();
    UnitQuaternion::new_normalize(Quaternion::from_vector(mean))
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;

    #[test]
    fn balanced_transforms_have_no_mean() {
        let turns = [[0.3, 0.1, 0.0], [-0.1, 0.4, 0.2], [0.2, -0.2, 0.5]].map(Vector3::from);
        let mut transforms = turns.map(|turn| RigidTransform::about(Point3::origin(), turn, 40.0 * turn));
        let centres = [[5.0, 0.0, 1.0], [8.0, -3.0, 9.0], [-20.0, 7.0, 70.0]].map(Point3::from);
        let before = transforms;
        balance(&mut transforms, &centres);
        let turn = mean_rotation(transforms.iter().map(RigidTransform::rotation));
        assert!(turn.angle() < 1e-12);
        let sum = transforms.iter().zip(centres).fold(Vector3::zeros(), |sum, (transform, centre)| {
            sum + transform.inverse().apply(centre).coords
        });
        assert!(sum.norm() < 1e-10);
        // How the scans lie to each other is as it was.
        let between = |t: &[RigidTransform; 3]| t[0].after(&t[2].inverse()).matrix();
        assert!((between(&before) - between(&transforms)).norm() < 1e-12);
    }
}
