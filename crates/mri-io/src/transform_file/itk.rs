//! ITK's transforms. Their points count towards the left, the back and the top (LPS).

use nalgebra::{Matrix3, Matrix4, Quaternion, Rotation3, UnitQuaternion, Vector3};

use super::{joined, numbers};

pub(super) fn is_itk(text: &str) -> bool {
    text.starts_with("#Insight Transform File") || text.lines().any(|line| field(line, "Transform").is_some())
}

/// The matrix (RAS+) of a text file.
pub(super) fn parse(text: &str) -> Result<Matrix4<f64>, String> {
    let mut parts: Vec<Part> = Vec::new();
    let mut is_composite = false;
    for line in text.lines() {
        if let Some(kind) = field(line, "Transform") {
            if kind.starts_with("CompositeTransform") {
                is_composite = true;
            } else {
                parts.push(Part { kind: kind.to_owned(), ..Part::default() });
            }
            continue;
        }
        let Some(part) = parts.last_mut() else { continue };
        if let Some(values) = field(line, "Parameters") {
            part.parameters = numbers([values])?;
        } else if let Some(values) = field(line, "FixedParameters") {
            part.fixed = numbers([values])?;
        }
    }
    if parts.is_empty() {
        return Err("holds no transform".into());
    }
    if parts.len() > 1 && !is_composite {
        return Err("holds several transforms; compose them into one".into());
    }
    // A point goes through the last one first.
    parts.iter().try_fold(Matrix4::identity(), |all, part| Ok(all * part.matrix()?))
}

/// The text of an affine transform.
pub(super) fn text(matrix: &Matrix4<f64>) -> String {
    let matrix = lps(matrix);
    let linear = matrix.fixed_view::<3, 3>(0, 0).transpose();
    let shift = matrix.fixed_view::<3, 1>(0, 3);
    format!(
        "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: {}\n\
         FixedParameters: 0 0 0\n",
        joined(linear.iter().chain(shift.iter()))
    )
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.trim().strip_prefix(name)?.strip_prefix(':').map(str::trim)
}

/// One transform, as ITK writes it.
#[derive(Default)]
pub(super) struct Part {
    /// Its class, with types and dimensions.
    pub(super) kind: String,
    pub(super) parameters: Vec<f64>,
    /// The centre of rotation first, where there is one.
    pub(super) fixed: Vec<f64>,
}

impl Part {
    /// The matrix (RAS+).
    pub(super) fn matrix(&self) -> Result<Matrix4<f64>, String> {
        let p = &self.parameters;
        let kind = self.kind.split('_').next().unwrap_or(&self.kind);
        let (linear, translation) = match (kind, p.len()) {
            ("AffineTransform" | "MatrixOffsetTransformBase", 12) => {
                (Matrix3::from_row_slice(&p[..9]), vector(&p[9..]))
            }
            ("Euler3DTransform", 6) => {
                let zyx = self.fixed.get(3).is_some_and(|&flag| flag != 0.0);
                (euler(&p[..3], zyx), vector(&p[3..]))
            }
            ("VersorTransform", 3) => (versor(p)?, Vector3::zeros()),
            ("VersorRigid3DTransform", 6) => (versor(p)?, vector(&p[3..])),
            ("Similarity3DTransform", 7) => (versor(p)? * p[6], vector(&p[3..])),
            ("ScaleVersor3DTransform", 9) => {
                let more = vector(&p[6..]) - Vector3::repeat(1.0);
                (versor(p)? + Matrix3::from_diagonal(&more), vector(&p[3..]))
            }
            ("TranslationTransform", 3) => (Matrix3::identity(), vector(p)),
            ("IdentityTransform", _) => (Matrix3::identity(), Vector3::zeros()),
            (kind, count) => return Err(unreadable(kind, &self.kind, count)),
        };
        let centre = match (kind, self.fixed.len()) {
            ("TranslationTransform" | "IdentityTransform", _) => Vector3::zeros(),
            (_, 3..) => vector(&self.fixed),
            (_, count) => return Err(format!("a centre of rotation has 3 FixedParameters, not {count}")),
        };
        let mut matrix = linear.to_homogeneous();
        let shift = centre + translation - linear * centre;
        matrix.fixed_view_mut::<3, 1>(0, 3).copy_from(&shift);
        Ok(lps(&matrix))
    }
}

/// Why a transform of this kind, in full `name`, is not read with so many parameters.
fn unreadable(kind: &str, name: &str, count: usize) -> String {
    let needed = match kind {
        "AffineTransform" | "MatrixOffsetTransformBase" => 12,
        "ScaleVersor3DTransform" => 9,
        "Similarity3DTransform" => 7,
        "Euler3DTransform" | "VersorRigid3DTransform" => 6,
        "VersorTransform" | "TranslationTransform" => 3,
        _ => {
            return format!(
                "a transform `{name}` of {count} parameters is not supported; save it as Euler3DTransform (6) or \
                 AffineTransform (12)"
            );
        }
    };
    format!("`{name}` has {needed} parameters, this file {count}: it is cut off or damaged, make it anew")
}

/// The first three numbers.
fn vector(values: &[f64]) -> Vector3<f64> {
    Vector3::from_column_slice(&values[..3])
}

/// ITK's rotation of three angles in radians: about y, then x, then z; or about x, then y, then z.
fn euler(angles: &[f64], zyx: bool) -> Matrix3<f64> {
    let x = Rotation3::from_axis_angle(&Vector3::x_axis(), angles[0]);
    let y = Rotation3::from_axis_angle(&Vector3::y_axis(), angles[1]);
    let z = Rotation3::from_axis_angle(&Vector3::z_axis(), angles[2]);
    if zyx { (z * y * x).into_inner() } else { (z * x * y).into_inner() }
}

/// The rotation of a versor, of which three components are given.
fn versor(parameters: &[f64]) -> Result<Matrix3<f64>, String> {
    let v = vector(parameters);
    if v.norm() > 1.0 + 1e-6 {
        return Err(format!("holds a versor of length {}, which is no rotation", v.norm()));
    }
    let quaternion = Quaternion::new((1.0 - v.norm_squared()).max(0.0).sqrt(), v.x, v.y, v.z);
    Ok(UnitQuaternion::from_quaternion(quaternion).to_rotation_matrix().into_inner())
}

/// Changes a transform of RAS+ coordinates into one of LPS+ coordinates, or back.
fn lps(matrix: &Matrix4<f64>) -> Matrix4<f64> {
    let flip = Matrix4::from_diagonal(&[-1.0, -1.0, 1.0, 1.0].into());
    flip * matrix * flip
}
