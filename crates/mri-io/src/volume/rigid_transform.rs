//! Rigid motion of world coordinates.

use nalgebra::{Isometry3, Matrix4, Point3, Rotation3, Translation3, UnitQuaternion, Vector3};

use crate::{Error, Result};

/// Rotation and translation in world coordinates (RAS+, mm). By the convention of this crate a
/// registration's transform maps points of the **fixed** volume to points of the **moving** one, so that
/// resampling needs no inverse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigidTransform(Isometry3<f64>);

impl RigidTransform {
    /// The transform that moves nothing.
    pub fn identity() -> Self {
        Self(Isometry3::identity())
    }

    /// Rotates by `rotation` (axis times angle in radians) about `centre` (mm), then moves by
    /// `translation` (mm).
    pub fn about(centre: Point3<f64>, rotation: Vector3<f64>, translation: Vector3<f64>) -> Self {
        let rotation = UnitQuaternion::from_scaled_axis(rotation);
        let shift = centre.coords + translation - rotation * centre.coords;
        Self(Isometry3::from_parts(Translation3::from(shift), rotation))
    }

    /// From a 4x4 matrix, which must be a proper rotation and a translation to within 1e-4.
    ///
    /// # Errors
    /// If the matrix is not rigid.
    pub fn from_matrix(matrix: &Matrix4<f64>) -> Result<Self> {
        let linear = matrix.fixed_view::<3, 3>(0, 0).into_owned();
        let defect = (linear.transpose() * linear - nalgebra::Matrix3::identity()).norm();
        if !(defect < 1e-4
            && linear.determinant() > 0.0
            && matrix.row(3) == Matrix4::<f64>::identity().row(3))
        {
            return Err(Error::Matrix("the matrix is not a rotation and a translation"));
        }
        let rotation = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix(&linear));
        let shift = Translation3::new(matrix[(0, 3)], matrix[(1, 3)], matrix[(2, 3)]);
        Ok(Self(Isometry3::from_parts(shift, rotation)))
    }

    /// The 4x4 matrix.
    pub fn matrix(&self) -> Matrix4<f64> {
        self.0.to_homogeneous()
    }

    /// The transform that undoes this one.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self(self.0.inverse())
    }

    /// First `first`, then `self`.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        Self(self.0 * first.0)
    }

    /// Where a point (mm) goes.
    pub fn apply(&self, point: Point3<f64>) -> Point3<f64> {
        self.0 * point
    }

    /// Angle of the rotation in degrees, 0 to 180.
    pub fn angle_degrees(&self) -> f64 {
        self.0.rotation.angle().to_degrees()
    }

    /// Distance (mm) between where the two transforms send a point, averaged over `points`.
    pub fn mean_distance(&self, other: &Self, points: impl IntoIterator<Item = Point3<f64>>) -> f64 {
        let (sum, count) = points.into_iter().fold((0.0, 0_usize), |(sum, count), point| {
            (sum + (self.apply(point) - other.apply(point)).norm(), count + 1)
        });
        sum / count.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_transform_after_its_inverse_moves_nothing(
            r in prop::array::uniform3(-3.0..3.0_f64),
            t in prop::array::uniform3(-200.0..200.0_f64),
            p in prop::array::uniform3(-200.0..200.0_f64),
        ) {
            let transform = RigidTransform::about(Point3::new(5.0, -3.0, 2.0), r.into(), t.into());
            let point = Point3::from(p);
            prop_assert!((transform.inverse().after(&transform).apply(point) - point).norm() < 1e-9);
            let again = RigidTransform::from_matrix(&transform.matrix()).unwrap();
            prop_assert!((again.apply(point) - transform.apply(point)).norm() < 1e-9);
        }
    }
}
