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

    /// By how much the pose enlarges lengths, in the mean over all directions.
    pub(super) fn scale(&self) -> f64 {
        self.linear.determinant().abs().cbrt()
    }

    /// The rigid pose that is nearest to this one of a rotation and a scale: the centre goes where it went.
    pub(super) fn unscaled(&self) -> Self {
        Self { linear: self.linear / self.scale(), ..*self }
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

/// Which motions a registration may find: how a head may be turned, shifted and stretched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Degrees {
    /// Rotation and translation, 6 degrees of freedom: one person.
    #[default]
    Rigid,
    /// Also one scale, 7: persons of other sizes, each with its own shape.
    Similarity,
    /// Also a scale along each axis of the fixed world, applied before the rotation, 9.
    Scales,
    /// Any linear map, that is with shear, and translation: 12.
    Affine,
}

// The parameters of a motion, in order: rotation (axis times angle, about the moved centre), logarithms of the
// scales (for an affine map instead of both the entries of the linear part by columns), translation.
impl Degrees {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Rigid, Self::Similarity, Self::Scales, Self::Affine];

    /// The kind with this number of parameters: 6, 7, 9 or 12.
    pub fn with_count(count: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|degrees| degrees.count() == count)
    }

    /// Number of parameters: 6, 7, 9 or 12.
    pub fn count(self) -> usize {
        6 + self.scales()
    }

    /// Number of parameters beside rotation and translation.
    fn scales(self) -> usize {
        match self {
            Self::Rigid => 0,
            Self::Similarity => 1,
            Self::Scales => 3,
            Self::Affine => 6,
        }
    }

    /// `pose` followed by the motion that `step` describes.
    pub(super) fn moved(self, pose: &Pose, step: &DVector<f64>) -> Pose {
        let linear = match self {
            Self::Affine => pose.linear + Matrix3::from_column_slice(&step.as_slice()[..9]) / RADIUS,
            // A rotation after scales stays one, because new scales come first and new rotations last.
            _ => rotation(step) * pose.linear * self.stretch(step),
        };
        let translation = pose.translation + step.fixed_rows::<3>(self.count() - 3);
        Pose { linear, translation, ..*pose }
    }

    /// The scales of a step as a diagonal matrix.
    fn stretch(self, step: &DVector<f64>) -> Matrix3<f64> {
        let logarithm = |axis: usize| match self {
            Self::Similarity => step[3],
            Self::Scales => step[3 + axis],
            Self::Rigid | Self::Affine => 0.0,
        };
        Matrix3::from_diagonal(&Vector3::from_fn(|axis, _| (logarithm(axis) / RADIUS).exp()))
    }

    /// Derivative of the entries of [`Degrees::moved`] by the parameters, 12 rows.
    pub(super) fn jacobian(self, pose: &Pose, step: &DVector<f64>) -> DMatrix<f64> {
        let mut jacobian = DMatrix::zeros(12, self.count());
        if self == Self::Affine {
            jacobian.view_mut((0, 0), (9, 9)).fill_diagonal(1.0 / RADIUS);
        } else {
            let linear = self.moved(pose, step).linear;
            let axes = left_jacobian(&(step.fixed_rows::<3>(0) / RADIUS));
            for parameter in 0..3 {
                let change = axes.column(parameter).cross_matrix() * linear / RADIUS;
                jacobian.view_mut((0, parameter), (9, 1)).copy_from_slice(change.as_slice());
            }
            // A scale stretches its column of the linear part; the one of a similarity all three.
            for axis in 0..3 {
                let parameter = 3 + axis.min(self.scales().saturating_sub(1));
                if self != Self::Rigid {
                    jacobian
                        .view_mut((3 * axis, parameter), (3, 1))
                        .copy_from(&(linear.column(axis) / RADIUS));
                }
            }
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
        for degrees in Degrees::ALL {
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
