//! The pose of a template: that of no scan, but the mean of all.

use nalgebra::{Matrix3, Matrix4, Point3, Quaternion, Rotation3, SymmetricEigen, UnitQuaternion};

use crate::{AffineTransform, Result};

/// Moves the template so that the rotations and stretches of `transforms` (template to scan) have no mean and
/// the middles of the brains (`centres`, in the scans' worlds) lie around the origin. Returns the motion.
///
/// # Errors
/// If the mean of the transforms, or a transform after it, cannot be inverted.
pub(super) fn balance(
    transforms: &mut [AffineTransform],
    centres: &[Point3<f64>],
) -> Result<AffineTransform> {
    let middle = transforms.iter().zip(centres).fold(Point3::origin(), |sum, (transform, &centre)| {
        sum + transform.inverse().apply(centre).coords / centres.len() as f64
    });
    let mean = mean_linear(transforms);
    let mut matrix = mean.to_homogeneous();
    matrix.fixed_view_mut::<3, 1>(0, 3).copy_from(&(-(mean * middle.coords)));
    let motion = AffineTransform::from_matrix(&matrix)?;
    for transform in transforms {
        *transform = transform.after(&motion.inverse())?;
    }
    Ok(motion)
}

/// The mean rotation after the mean stretch.
fn mean_linear(transforms: &[AffineTransform]) -> Matrix3<f64> {
    let stretches = transforms.iter().fold(Matrix3::zeros(), |sum, transform| {
        sum + transform.rotation().transpose() * transform.linear() / transforms.len() as f64
    });
    mean_rotation(transforms).to_rotation_matrix() * stretches
}

/// The rotation with the least sum of squared distances to those of all transforms (Markley et al. 2007,
/// doi:10.2514/1.28949).
fn mean_rotation(transforms: &[AffineTransform]) -> UnitQuaternion<f64> {
    let sum = transforms.iter().fold(Matrix4::zeros(), |sum, transform| {
        let rotation = Rotation3::from_matrix_unchecked(transform.rotation());
        let rotation = UnitQuaternion::from_rotation_matrix(&rotation);
        sum + rotation.coords * rotation.coords.transpose()
    });
    let eigen = SymmetricEigen::new(sum);
    let mean = eigen.eigenvectors.column(eigen.eigenvalues.imax()).into_owned();
    UnitQuaternion::new_normalize(Quaternion::from_vector(mean))
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;
    use crate::RigidTransform;

    const CENTRES: [[f64; 3]; 3] = [[5.0, 0.0, 1.0], [8.0, -3.0, 9.0], [-20.0, 7.0, 70.0]];

    fn motions() -> [AffineTransform; 3] {
        [[0.3, 0.1, 0.0], [-0.1, 0.4, 0.2], [0.2, -0.2, 0.5]]
            .map(Vector3::from)
            .map(|turn| RigidTransform::about(Point3::origin(), turn, 40.0 * turn).into())
    }

    /// Checks what holds for any transforms: middles around the origin, and the scans to each other as before.
    fn check_places(before: &[AffineTransform; 3], after: &[AffineTransform; 3]) {
        let sum = after.iter().zip(CENTRES).fold(Vector3::zeros(), |sum, (transform, centre)| {
            sum + transform.inverse().apply(centre.into()).coords
        });
        assert!(sum.norm() < 1e-10);
        let between = |t: &[AffineTransform; 3]| t[0].after(&t[2].inverse()).unwrap().matrix();
        assert!((between(before) - between(after)).norm() < 1e-10);
    }

    #[test]
    fn balanced_motions_have_no_mean_and_stay_rigid() {
        let mut transforms = motions();
        let before = transforms;
        balance(&mut transforms, &CENTRES.map(Point3::from)).unwrap();
        assert!(mean_rotation(&transforms).angle() < 1e-12);
        assert!(transforms.iter().all(|transform| transform.to_rigid().is_ok()));
        check_places(&before, &transforms);
    }

    #[test]
    fn balanced_stretches_have_no_mean() {
        let stretch = Matrix4::from_diagonal(&[1.1, 0.95, 1.2, 1.0].into());
        let mut transforms =
            motions().map(|motion| AffineTransform::from_matrix(&(motion.matrix() * stretch)).unwrap());
        let before = transforms;
        balance(&mut transforms, &CENTRES.map(Point3::from)).unwrap();
        assert!((mean_linear(&transforms) - Matrix3::identity()).norm() < 1e-10);
        check_places(&before, &transforms);
    }
}
