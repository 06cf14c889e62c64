//! Affine motion of world coordinates.

use nalgebra::{Matrix3, Matrix4, Point3};

use crate::{Affine, Error, Result, RigidTransform};

/// Invertible map of twelve degrees of freedom from world to world (RAS+, mm): rotation, translation, scale and
/// shear. Maps points of the **fixed** volume to points of the **moving** one, as [`RigidTransform`] does, which
/// turns into this type where a function takes either.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AffineTransform(Affine);

impl AffineTransform {
    /// From a 4x4 matrix whose last row is `0 0 0 1`.
    ///
    /// # Errors
    /// If an entry is not finite, the last row is another, or the matrix cannot be inverted.
    pub fn from_matrix(matrix: &Matrix4<f64>) -> Result<Self> {
        Affine::new(*matrix)
            .map(Self)
            .map_err(|_| Error::Matrix("the matrix is not an invertible affine transform"))
    }

    /// The 4x4 matrix.
    pub fn matrix(&self) -> Matrix4<f64> {
        *self.0.matrix()
    }

    /// The transform that undoes this one.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self(self.0.inverted())
    }

    /// First `first`, then this one.
    ///
    /// # Errors
    /// If the two together flatten or stretch so much that they cannot be inverted.
    pub fn after(&self, first: &Self) -> Result<Self> {
        Self::from_matrix(&(self.matrix() * first.matrix()))
    }

    /// Where a point (mm) goes.
    pub fn apply(&self, point: Point3<f64>) -> Point3<f64> {
        self.0.voxel_to_world(point)
    }

    /// The linear part without the shift.
    pub(crate) fn linear(&self) -> Matrix3<f64> {
        self.0.matrix().fixed_view::<3, 3>(0, 0).into_owned()
    }

    /// The rotation (a reflection, for a map that mirrors) that is nearest to the linear part.
    pub(crate) fn rotation(&self) -> Matrix3<f64> {
        let parts = self.linear().svd(true, true);
        parts.u.zip(parts.v_t).map_or_else(Matrix3::identity, |(u, v_t)| u * v_t)
    }

    /// Angle in degrees, 0 to 180, of the rotation that is nearest to the linear part.
    pub fn angle_degrees(&self) -> f64 {
        (0.5 * (self.rotation().trace() - 1.0)).clamp(-1.0, 1.0).acos().to_degrees()
    }

    /// The least and the largest factor by which the map stretches a length.
    pub fn stretch(&self) -> [f64; 2] {
        let factors = self.linear().singular_values();
        [factors.min(), factors.max()]
    }

    /// The same map as a rigid one.
    ///
    /// # Errors
    /// If it is none: see [`RigidTransform::from_matrix`].
    pub fn to_rigid(&self) -> Result<RigidTransform> {
        RigidTransform::from_matrix(self.0.matrix())
    }
}

impl From<RigidTransform> for AffineTransform {
    fn from(transform: RigidTransform) -> Self {
        Self(Affine::new(transform.matrix()).expect("a rigid transform is invertible"))
    }
}

impl From<&RigidTransform> for AffineTransform {
    fn from(transform: &RigidTransform) -> Self {
        Self::from(*transform)
    }
}

impl From<&Self> for AffineTransform {
    fn from(transform: &Self) -> Self {
        *transform
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;

    #[test]
    fn a_turned_and_stretched_map_comes_back_and_tells_both() {
        let turn =
            RigidTransform::about(Point3::new(1.0, 2.0, 3.0), Vector3::new(0.0, 0.0, 0.5), Vector3::x());
        let stretch = Matrix4::from_diagonal(&[0.9, 1.2, 1.0, 1.0].into());
        let map = AffineTransform::from_matrix(&(turn.matrix() * stretch)).unwrap();
        assert!((map.angle_degrees() - 0.5_f64.to_degrees()).abs() < 1e-9);
        let [least, largest] = map.stretch();
        assert!((least - 0.9).abs() < 1e-9 && (largest - 1.2).abs() < 1e-9);
        let point = Point3::new(10.0, -20.0, 30.0);
        assert!((map.inverse().apply(map.apply(point)) - point).norm() < 1e-9);
        assert!(map.to_rigid().is_err());
        assert!((AffineTransform::from(turn).to_rigid().unwrap().matrix() - turn.matrix()).norm() < 1e-12);
    }
}
