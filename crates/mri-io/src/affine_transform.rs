//! Affine motion of world coordinates.

use nalgebra::{Matrix4, Point3};

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
            .map_err(|_| Error::invalid("the matrix is not an invertible affine transform"))
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

    /// Where a point (mm) goes.
    pub fn apply(&self, point: Point3<f64>) -> Point3<f64> {
        self.0.voxel_to_world(point)
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
