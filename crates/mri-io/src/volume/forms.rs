//! How a header says where its voxels lie: qform, sform, their codes and the unit (nifti1.h, "3D IMAGE ORIENTATION").

use nalgebra::{Matrix3, Matrix4, Quaternion, Rotation3, UnitQuaternion};

/// Cosine between two voxel axes from which an sform counts as sheared: `SimpleITK` takes a lone one up to here.
pub(crate) const SHEARED: f64 = 2e-4;
/// Cosine up to which a shear is rounding, in files of few decimals.
const ROUNDING: f64 = 1e-5;
/// `NIFTI_UNITS_MM`.
const MILLIMETRES: u8 = 2;

/// Both forms of a file, as they stand there, in its unit of length. They stay with the [`Affine`] that was read from
/// them, so that what is made on a file's grid is found by any reader where that reader finds the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Forms {
    pub(crate) qform: Option<Qform>,
    pub(crate) sform: Option<Sform>,
    /// Voxel size, `pixdim[1..4]`, which the qform needs.
    pub(crate) spacing: [f64; 3],
    /// `xyzt_units`.
    pub(crate) units: u8,
    /// `dim_info`: the axes of frequency and phase encoding and across the slices, two bits each, 0 for unknown.
    pub(crate) directions: u8,
}

/// Rotation and shift, without the voxel size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Qform {
    /// What world it leads to, above 0.
    pub(crate) code: i32,
    /// b, c and d of the quaternion.
    pub(crate) quaternion: [f64; 3],
    /// Where the first voxel lies.
    pub(crate) shift: [f64; 3],
    /// -1 where the third axis is reversed, else 1.
    pub(crate) handedness: f64,
}

/// Any affine map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sform {
    /// What world it leads to, above 0.
    pub(crate) code: i32,
    /// The first three rows of the matrix.
    pub(crate) rows: [[f64; 4]; 3],
}

impl Forms {
    /// Both forms of an affine in millimetres, with one code. The qform has the rotation that is nearest to a shear.
    pub(crate) fn of(matrix: &Matrix4<f64>, code: i32) -> Self {
        let (qform, spacing) = Qform::nearest(matrix, code);
        Self {
            qform: Some(qform),
            sform: Some(Sform::of(matrix, code)),
            spacing,
            units: MILLIMETRES,
            directions: 0,
        }
    }

    /// How many millimetres the file's unit of length has.
    pub(crate) fn millimetres(&self) -> f64 {
        match self.units & 7 {
            1 => 1000.0, // metres
            3 => 0.001,  // micrometres
            _ => 1.0,
        }
    }

    /// The map of the qform (mm).
    pub(crate) fn qform_matrix(&self) -> Option<Matrix4<f64>> {
        self.qform.map(|qform| self.in_mm(qform.matrix(self.spacing)))
    }

    /// The map of the sform (mm).
    pub(crate) fn sform_matrix(&self) -> Option<Matrix4<f64>> {
        self.sform.map(|sform| self.in_mm(sform.matrix()))
    }

    /// A matrix of the file in millimetres.
    pub(crate) fn in_mm(&self, mut matrix: Matrix4<f64>) -> Matrix4<f64> {
        matrix.fixed_view_mut::<3, 4>(0, 0).scale_mut(self.millimetres());
        matrix
    }

    /// The map (mm) of the form that is not in use: the qform of a file with both.
    pub(crate) fn other(&self) -> Option<Matrix4<f64>> {
        self.sform.and(self.qform_matrix())
    }

    /// The forms of a volume whose voxel indices `step` takes to this one's; its axes are this one's, reordered,
    /// reversed or scaled. `None` without a form, for the guess that takes its place would be another there.
    pub(crate) fn stepped(&self, step: &Matrix4<f64>) -> Option<Self> {
        let spacing = self.spacing;
        let qform = self.qform.map(|qform| Qform::nearest(&(qform.matrix(spacing) * step), qform.code));
        let sform = self.sform.map(|sform| Sform::of(&(sform.matrix() * step), sform.code));
        // For each of our axes the new one that runs along it.
        let new = [0, 1, 2].map(|old| step.fixed_view::<1, 3>(old, 0).iamax_full().1);
        let scale = |axis: usize| step.fixed_view::<3, 1>(0, axis).norm();
        let from = |axis: usize| new.iter().position(|&to| to == axis).unwrap_or(axis);
        if qform.is_none() && sform.is_none() {
            return None;
        }
        Some(Self {
            qform: qform.map(|(qform, _)| qform),
            sform,
            spacing: [0, 1, 2].map(|axis| spacing[from(axis)] * scale(axis)),
            units: self.units,
            directions: (0..3).fold(0, |all, pair| {
                let old = self.directions >> (2 * pair) & 3;
                let axis = if old == 0 { 0 } else { new[usize::from(old) - 1] as u8 + 1 };
                all | axis << (2 * pair)
            }),
        })
    }

    /// The same with other codes.
    pub(crate) fn with_code(mut self, code: i32) -> Self {
        self.qform.iter_mut().for_each(|qform| qform.code = code);
        self.sform.iter_mut().for_each(|sform| sform.code = code);
        self
    }

    /// What is to be written: a lone sform with a shear, which ITK's programs refuse, gets the nearest rotation beside it,
    /// and where the file had no voxel size it gets the sform's.
    pub(crate) fn to_write(self) -> Self {
        let Some(sform) = self.sform.filter(|_| self.qform.is_none()) else { return self };
        let (qform, spacing) = Qform::nearest(&sform.matrix(), sform.code);
        let usable = self.spacing.iter().all(|size| size.is_finite() && *size > 0.0);
        Self {
            qform: (sform.shear() > ROUNDING).then_some(qform),
            spacing: if usable { self.spacing } else { spacing },
            ..self
        }
    }
}

impl Qform {
    /// The qform that is nearest to a matrix, and the voxel size that belongs to it.
    fn nearest(matrix: &Matrix4<f64>, code: i32) -> (Self, [f64; 3]) {
        let mut linear: Matrix3<f64> = matrix.fixed_view::<3, 3>(0, 0).into();
        let spacing = [0, 1, 2].map(|axis| linear.column(axis).norm());
        for mut column in linear.column_iter_mut() {
            column.normalize_mut();
        }
        let handedness = linear.determinant().signum();
        linear.column_mut(2).scale_mut(handedness);
        let parts = linear.svd(true, true);
        let nearest = parts.u.zip(parts.v_t).map_or(linear, |(u, v_t)| u * v_t);
        let rotation = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(nearest));
        let sign = if rotation.w < 0.0 { -1.0 } else { 1.0 };
        let quaternion = [rotation.i, rotation.j, rotation.k].map(|value| sign * value);
        let shift = [0, 1, 2].map(|axis| matrix[(axis, 3)]);
        (Self { code, quaternion, shift, handedness }, spacing)
    }

    /// How much longer than 1 b, c and d are: a rotation has none.
    pub(crate) fn excess(&self) -> f64 {
        self.quaternion.iter().map(|value| value * value).sum::<f64>() - 1.0
    }

    /// Method 2 of nifti1.h. As in the reference C library b, c and d are shortened where they are longer than 1.
    pub(crate) fn matrix(&self, spacing: [f64; 3]) -> Matrix4<f64> {
        let [b, c, d] = self.quaternion;
        let a = (-self.excess()).max(0.0).sqrt();
        let rotation = UnitQuaternion::from_quaternion(Quaternion::new(a, b, c, d)).to_rotation_matrix();
        let mut matrix = rotation.to_homogeneous();
        let scales = [spacing[0], spacing[1], spacing[2] * self.handedness];
        for (column, scale) in scales.into_iter().enumerate() {
            matrix.column_mut(column).scale_mut(scale);
        }
        for (row, &shift) in self.shift.iter().enumerate() {
            matrix[(row, 3)] = shift;
        }
        matrix
    }
}

impl Sform {
    fn of(matrix: &Matrix4<f64>, code: i32) -> Self {
        Self { code, rows: std::array::from_fn(|row| std::array::from_fn(|column| matrix[(row, column)])) }
    }

    pub(crate) fn matrix(&self) -> Matrix4<f64> {
        let mut matrix = Matrix4::identity();
        for (row, values) in self.rows.iter().enumerate() {
            for (column, &value) in values.iter().enumerate() {
                matrix[(row, column)] = value;
            }
        }
        matrix
    }

    /// Length of a voxel along its three axes, in the file's unit.
    pub(crate) fn spacing(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.matrix().fixed_view::<3, 1>(0, axis).norm())
    }

    /// Largest cosine between two of the voxel axes.
    pub(crate) fn shear(&self) -> f64 {
        let matrix = self.matrix();
        let axis = |axis: usize| matrix.fixed_view::<3, 1>(0, axis).normalize();
        [(0, 1), (0, 2), (1, 2)].iter().map(|&(a, b)| axis(a).dot(&axis(b)).abs()).fold(0.0, f64::max)
    }
}
