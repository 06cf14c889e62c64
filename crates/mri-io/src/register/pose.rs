//! Motions of the fixed world, described by parameters that are each in millimetres.

use nalgebra::{DMatrix, DVector, Matrix3, Point3, Rotation3, SVector, Vector3};

use crate::{Affine, AffineTransform};

/// Distance from the centre (mm) at which a unit of rotation or stretch moves a point by one millimetre: about
/// the radius of a brain, so that all parameters weigh alike.
pub(super) const RADIUS: f64 = 60.0;

/// The entries of a [`Pose`]: its linear part by columns, then its translation.
pub(super) type Entries = SVector<f64, 12>;

/// A linear map about a centre in fixed space, then a translation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub(super) centre: Point3<f64>,
    pub(super) linear: Matrix3<f64>,
    pub(super) translation: Vector3<f64>,
}

impl Pose {
    /// Maps offsets from `centre` by `linear`, and moves the centre to `target`.
    pub(super) fn bringing(centre: Point3<f64>, target: Point3<f64>, linear: Matrix3<f64>) -> Self {
        Self { centre, linear, translation: target - centre }
    }

    /// Where a point of fixed space goes.
    pub(super) fn apply(&self, point: Point3<f64>) -> Point3<f64> {
        self.centre + self.linear * (point - self.centre) + self.translation
    }

    /// Offset from the centre (mm) to voxel index of a volume: linear part and constant.
    pub(super) fn to_voxels(self, affine: &Affine) -> (Matrix3<f64>, Vector3<f64>) {
        let world_to_voxel = affine.inverse().fixed_view::<3, 3>(0, 0).into_owned();
        let constant = affine.world_to_voxel(self.centre + self.translation).coords;
        (world_to_voxel * self.linear, constant)
    }

    /// The rigid pose that is nearest to this one of a rotation and a scale: the centre goes where it went.
    pub(super) fn unscaled(&self) -> Self {
        Self { linear: self.linear / self.linear.determinant().cbrt(), ..*self }
    }

    /// Root mean square distance (mm) that points within [`RADIUS`] of the centre lie apart in two poses.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        let linear = (self.linear - other.linear).norm() * RADIUS / 5.0_f64.sqrt();
        (self.translation - other.translation).norm().hypot(linear)
    }

    /// The same motion as a transform.
    ///
    /// # Errors
    /// If it squeezes space flat.
    pub(super) fn transform(&self) -> crate::Result<AffineTransform> {
        let mut matrix = self.linear.to_homogeneous();
        let shift = self.apply(Point3::origin());
        matrix.fixed_view_mut::<3, 1>(0, 3).copy_from(&shift.coords);
        AffineTransform::from_matrix(&matrix)
    }
}

/// Which motions a registration may find. Their parameters come in the order linear part, translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Degrees {
    /// Rotation (axis times angle, about the moved centre) and translation: 6.
    Rigid,
    /// Any linear map (its entries by columns) and translation: 12.
    Affine,
}

impl Degrees {
    /// Number of parameters.
    pub(super) fn count(self) -> usize {
        match self {
            Self::Rigid => 6,
            Self::Affine => 12,
        }
    }

    /// `pose` followed by the motion that `step` describes.
    pub(super) fn moved(self, pose: &Pose, step: &DVector<f64>) -> Pose {
        let linear = match self {
            Self::Rigid => rotation(step) * pose.linear,
            Self::Affine => pose.linear + Matrix3::from_column_slice(&step.as_slice()[..9]) / RADIUS,
        };
        let translation = pose.translation + step.fixed_rows::<3>(self.count() - 3);
        Pose { linear, translation, ..*pose }
    }

    /// Derivative of the entries of [`Degrees::moved`] by the parameters, 12 rows.
    pub(super) fn jacobian(self, pose: &Pose, step: &DVector<f64>) -> DMatrix<f64> {
        let mut jacobian = DMatrix::zeros(12, self.count());
        match self {
            Self::Rigid => {
                let turned = rotation(step) * pose.linear;
                let axes = left_jacobian(&(step.fixed_rows::<3>(0) / RADIUS));
                for parameter in 0..3 {
                    let change = axes.column(parameter).cross_matrix() * turned / RADIUS;
                    jacobian.view_mut((0, parameter), (9, 1)).copy_from_slice(change.as_slice());
                }
            }
            Self::Affine => jacobian.view_mut((0, 0), (9, 9)).fill_diagonal(1.0 / RADIUS),
        }
        jacobian.view_mut((9, self.count() - 3), (3, 3)).fill_diagonal(1.0);
        jacobian
    }
}

fn rotation(step: &DVector<f64>) -> Rotation3<f64> {
    Rotation3::from_scaled_axis(step.fixed_rows::<3>(0) / RADIUS)
}

/// The left Jacobian of SO(3): where a small change of a rotation vector (axis times angle) turns about.
fn left_jacobian(vector: &Vector3<f64>) -> Matrix3<f64> {
    let angle = vector.norm();
    let cross: Matrix3<f64> = vector.cross_matrix();
    // Series near zero, where the closed forms lose all digits.
    let (first, second) = if angle < 1e-4 {
        (0.5, 1.0 / 6.0)
    } else {
        ((1.0 - angle.cos()) / angle.powi(2), (angle - angle.sin()) / angle.powi(3))
    };
    Matrix3::identity() + cross * first + cross * cross * second
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jacobian_matches_finite_differences() {
        let pose = Pose {
            centre: Point3::new(1.0, 2.0, 3.0),
            linear: Rotation3::from_scaled_axis(Vector3::new(0.3, -0.2, 0.5)).into_inner() * 1.1,
            translation: Vector3::new(5.0, -4.0, 3.0),
        };
        let entries = |pose: &Pose| {
            let mut entries = Entries::zeros();
            entries.fixed_rows_mut::<9>(0).copy_from_slice(pose.linear.as_slice());
            entries.fixed_rows_mut::<3>(9).copy_from(&pose.translation);
            entries
        };
        for degrees in [Degrees::Rigid, Degrees::Affine] {
            let step = DVector::from_fn(degrees.count(), |row, _| 10.0 - 3.0 * row as f64);
            let jacobian = degrees.jacobian(&pose, &step);
            for parameter in 0..degrees.count() {
                let mut nudge = DVector::zeros(degrees.count());
                nudge[parameter] = 1e-4;
                let at = |step: DVector<f64>| entries(&degrees.moved(&pose, &step));
                let numeric = (at(&step + &nudge) - at(&step - &nudge)) / 2e-4;
                assert!((numeric - jacobian.column(parameter)).norm() < 1e-8, "{degrees:?} {parameter}");
            }
        }
    }
}
