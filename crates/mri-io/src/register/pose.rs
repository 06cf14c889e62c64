//! Six parameters of a rigid motion, each in millimetres.

use nalgebra::{Matrix3, Point3, UnitQuaternion, Vector3, Vector6};

use crate::{Affine, RigidTransform};

/// Distance from the centre (mm) at which a unit of rotation moves a point by one millimetre: about the
/// radius of a brain, so that all six parameters weigh alike.
pub(super) const RADIUS: f64 = 60.0;

/// Rotation about a centre in fixed space, then translation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub(super) centre: Point3<f64>,
    pub(super) rotation: UnitQuaternion<f64>,
    pub(super) translation: Vector3<f64>,
}

impl Pose {
    /// Rotates about `centre` and moves the centre to `target`.
    pub(super) fn bringing(centre: Point3<f64>, target: Point3<f64>, rotation: UnitQuaternion<f64>) -> Self {
        Self { centre, rotation, translation: target - centre }
    }

    /// This pose followed by a rotation `step[0..3] / RADIUS` (axis times angle) about the moved centre
    /// and a translation `step[3..6]`.
    pub(super) fn moved(&self, step: &Vector6<f64>) -> Self {
        Self {
            rotation: UnitQuaternion::from_scaled_axis(step.fixed_rows::<3>(0) / RADIUS) * self.rotation,
            translation: self.translation + step.fixed_rows::<3>(3),
            ..*self
        }
    }

    /// Where a point of fixed space goes.
    pub(super) fn apply(&self, point: Point3<f64>) -> Point3<f64> {
        self.centre + self.rotation * (point - self.centre) + self.translation
    }

    /// Offset from the centre (mm) to voxel index of a volume: linear part and constant.
    pub(super) fn to_voxels(self, affine: &Affine) -> (Matrix3<f64>, Vector3<f64>) {
        let world_to_voxel = affine.inverse().fixed_view::<3, 3>(0, 0).into_owned();
        let constant = affine.world_to_voxel(self.centre + self.translation).coords;
        (world_to_voxel * self.rotation.to_rotation_matrix().matrix(), constant)
    }

    /// Root mean square distance (mm) that points within [`RADIUS`] of the centre lie apart in two poses.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        let turn = self.rotation.angle_to(&other.rotation);
        let reach = RADIUS * (0.4 * (1.0 - turn.cos())).sqrt();
        let shift = (self.apply(self.centre) - other.apply(self.centre)).norm();
        shift.hypot(reach * std::f64::consts::SQRT_2)
    }

    /// The same motion as a [`RigidTransform`].
    pub(super) fn transform(&self) -> RigidTransform {
        RigidTransform::about(self.centre, self.rotation.scaled_axis(), self.translation)
    }
}

/// Translates the torque of a gradient (about the moved centre) into the derivative by the rotation
/// parameters of [`Pose::moved`], which turns by `step`: the transposed left Jacobian of SO(3).
pub(super) fn rotation_derivative(step: &Vector6<f64>, torque: &Vector3<f64>) -> Vector3<f64> {
    let axis = step.fixed_rows::<3>(0) / RADIUS;
    let angle = axis.norm();
    let cross: Matrix3<f64> = axis.cross_matrix();
    // Series near zero, where the closed forms lose all digits.
    let (first, second) = if angle < 1e-4 {
        (0.5, 1.0 / 6.0)
    } else {
        ((1.0 - angle.cos()) / angle.powi(2), (angle - angle.sin()) / angle.powi(3))
    };
    let jacobian = Matrix3::identity() + cross * first + cross * cross * second;
    jacobian.transpose() * torque / RADIUS
}
