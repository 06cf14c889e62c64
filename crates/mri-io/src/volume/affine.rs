//! Voxel index to world coordinates.

use nalgebra::{Matrix3, Matrix4, Point3, Vector3};

use super::forms::Forms;
use crate::{Error, Result};

/// Invertible map from voxel indices `[i, j, k]` to world coordinates in millimetres (RAS+: x grows to
/// the right, y to the front, z to the top). The centre of voxel `[0, 0, 0]` lies at the translation.
///
/// One that was read from a file keeps how that file says the same (sform, qform, their codes, the unit), so that what
/// is written on its grid says it alike. Two affines are equal if they map alike, whatever their files said.
#[derive(Clone, Copy, Debug)]
pub struct Affine {
    matrix: Matrix4<f64>,
    inverse: Matrix4<f64>,
    forms: Option<Forms>,
}

impl PartialEq for Affine {
    fn eq(&self, other: &Self) -> bool {
        self.matrix == other.matrix
    }
}

impl Affine {
    /// From a 4x4 matrix in row-major reading, whose last row is `0 0 0 1`.
    ///
    /// # Errors
    /// If an entry is not finite, the last row is not `0 0 0 1`, a voxel is not between 1e-9 and 1e9 mm long, the
    /// origin is further away than 1e9 mm, or the matrix cannot be inverted.
    pub fn new(matrix: Matrix4<f64>) -> Result<Self> {
        if matrix.iter().any(|value| !value.is_finite()) {
            return Err(Error::Affine("the affine holds a value that is not finite".into()));
        }
        if matrix.row(3) != Matrix4::<f64>::identity().row(3) {
            return Err(Error::Affine("the last row of the affine is not 0 0 0 1".into()));
        }
        let linear: Matrix3<f64> = matrix.fixed_view::<3, 3>(0, 0).into();
        // Beyond, the inverse and all that is computed from it would overflow.
        let lengths = [0, 1, 2].map(|axis| linear.column(axis).norm());
        if let Some(length) = lengths.iter().find(|&&length| length != 0.0 && !(1e-9..=1e9).contains(&length))
        {
            return Err(Error::Affine(format!(
                "the affine makes voxels {length:e} mm long, which nothing is"
            )));
        }
        if matrix.column(3).iter().any(|value| value.abs() > 1e9) {
            return Err(Error::Affine("the affine puts the first voxel further than 1e9 mm away".into()));
        }
        let volume: f64 = lengths.iter().product();
        // Relative to the box that the three axes would span at right angles, so that the unit of length
        // does not matter.
        if volume <= 0.0 || linear.determinant().abs() < 1e-6 * volume {
            return Err(Error::Affine(
                "the affine is singular: two voxel axes point the same way, or one has no length".into(),
            ));
        }
        let mut inverse =
            matrix.try_inverse().ok_or_else(|| Error::Affine("the affine cannot be inverted".into()))?;
        inverse.set_row(3, &matrix.row(3)); // exactly, without rounding
        Ok(Self { matrix, inverse, forms: None })
    }

    /// Axis-aligned RAS+ affine with the given voxel spacing (mm) and world position (mm) of voxel
    /// `[0, 0, 0]`.
    ///
    /// # Errors
    /// If a spacing is not a positive finite number, or the origin is not finite.
    pub fn from_spacing(spacing: [f64; 3], origin: [f64; 3]) -> Result<Self> {
        if spacing.iter().any(|&s| !(s.is_finite() && s > 0.0)) {
            return Err(Error::Spacing(spacing));
        }
        let mut matrix = Matrix4::from_diagonal(&[spacing[0], spacing[1], spacing[2], 1.0].into());
        matrix.fixed_view_mut::<3, 1>(0, 3).copy_from(&Vector3::from(origin));
        Self::new(matrix)
    }

    /// The 4x4 matrix, voxel index to world (mm).
    pub fn matrix(&self) -> &Matrix4<f64> {
        &self.matrix
    }

    /// The 4x4 matrix, world (mm) to voxel index.
    pub fn inverse(&self) -> &Matrix4<f64> {
        &self.inverse
    }

    /// The map back.
    pub(crate) fn inverted(&self) -> Self {
        Self { matrix: self.inverse, inverse: self.matrix, forms: None }
    }

    /// The same map, to be written with this code for its world (nifti1.h, "xform codes"): 1 for the scanner's, 2 for
    /// that of another volume or a template of one's own, 3 for Talairach's, 4 for MNI's, 5 for another template's.
    /// Without, a file's codes stay as they are, and new ones are 1.
    #[must_use]
    pub fn with_code(self, code: u8) -> Self {
        let forms = self.forms.unwrap_or_else(|| Forms::of(&self.matrix, 1));
        self.with_forms(forms.with_code(i32::from(code)))
    }

    /// The code for its world in the file that it was read from, 1 to 5 (see [`Affine::with_code`]); `None` if it is from
    /// no file, or from one without a form.
    pub fn code(&self) -> Option<u8> {
        let forms = self.forms?;
        let code = forms.sform.map(|sform| sform.code).or(forms.qform.map(|qform| qform.code))?;
        u8::try_from(code).ok()
    }

    /// The same map with how a file says it.
    pub(crate) fn with_forms(self, forms: Forms) -> Self {
        Self { forms: Some(forms), ..self }
    }

    /// What the other form of the file says that this was read from: the qform of a file with both.
    pub(crate) fn other_form(&self) -> Option<Self> {
        Self::new(self.forms?.other()?).ok()
    }

    /// How the file says it that this was read from.
    pub(crate) fn forms(&self) -> Option<&Forms> {
        self.forms.as_ref()
    }

    /// The map of voxel indices that `step` takes to this one's, whose axes are this one's in another order, direction
    /// or spacing. What a file says of them is kept.
    ///
    /// # Errors
    /// As [`Affine::new`].
    pub(crate) fn stepped(&self, step: &Matrix4<f64>) -> Result<Self> {
        let forms = self.forms.and_then(|forms| forms.stepped(step));
        Ok(Self { forms, ..Self::new(self.matrix * step)? })
    }

    /// World position (mm) of a (fractional) voxel index.
    pub fn voxel_to_world(&self, voxel: Point3<f64>) -> Point3<f64> {
        self.matrix.transform_point(&voxel)
    }

    /// (Fractional) voxel index of a world position (mm).
    pub fn world_to_voxel(&self, world: Point3<f64>) -> Point3<f64> {
        self.inverse.transform_point(&world)
    }

    /// Distance (mm) between neighbouring voxel centres along each voxel axis.
    pub fn spacing(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.matrix.fixed_view::<3, 1>(0, axis).norm())
    }

    /// Volume of one voxel in cubic millimetres.
    pub fn voxel_volume(&self) -> f64 {
        self.matrix.fixed_view::<3, 3>(0, 0).determinant().abs()
    }

    /// For each voxel axis the world axis (0 = right, 1 = front, 2 = top) that it runs along most, and
    /// whether it runs in that axis's positive direction. Each world axis is named exactly once.
    ///
    /// # Panics
    /// Never.
    pub fn axis_codes(&self) -> [(usize, bool); 3] {
        let linear = self.matrix.fixed_view::<3, 3>(0, 0);
        let spacing = self.spacing();
        let cosine = |world: usize, voxel: usize| linear[(world, voxel)] / spacing[voxel];
        // The permutation with the largest total alignment, which is unique up to exact ties.
        let permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let alignment = |p: &[usize; 3]| (0..3).map(|axis| cosine(p[axis], axis).abs()).sum::<f64>();
        let best = permutations
            .into_iter()
            .reduce(|best, p| if alignment(&p) > alignment(&best) { p } else { best })
            .expect("there are six permutations");
        [0, 1, 2].map(|axis| (best[axis], cosine(best[axis], axis) > 0.0))
    }

    /// Orientation as three letters, for example `RAS` or `LPS`: where each voxel axis points.
    pub fn orientation(&self) -> String {
        const LETTERS: [[char; 2]; 3] = [['L', 'R'], ['P', 'A'], ['I', 'S']];
        self.axis_codes().iter().map(|&(world, positive)| LETTERS[world][usize::from(positive)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orientation_names_the_axes() {
        let lps = Affine::new(Matrix4::from_diagonal(&[-1.0, -2.0, 3.0, 1.0].into())).unwrap();
        assert_eq!(lps.orientation(), "LPS");
        assert_eq!(lps.spacing(), [1.0, 2.0, 3.0]);
        assert!((lps.voxel_volume() - 6.0).abs() < 1e-12);
    }

    #[test]
    fn singular_and_broken_matrices_are_refused() {
        let mut flat = Matrix4::identity();
        flat[(2, 2)] = 0.0;
        assert!(Affine::new(flat).is_err());
        let mut nan = Matrix4::identity();
        nan[(0, 3)] = f64::NAN;
        assert!(Affine::new(nan).is_err());
        assert!(Affine::from_spacing([1.0, 0.0, 1.0], [0.0; 3]).is_err());
    }
}
