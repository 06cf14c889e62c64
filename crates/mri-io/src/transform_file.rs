//! Transforms as text files: plain matrices and ITK's `.tfm`.

use std::io::Write;
use std::path::Path;

use nalgebra::{Matrix3, Matrix4, Rotation3, Vector3};

use crate::whole_file::write_whole;
use crate::{AffineTransform, Error, Result};

/// Writes the 4x4 matrix (RAS+, mm), one row of four numbers a line. The numbers read back exactly.
///
/// # Errors
/// If the file cannot be written.
pub fn write_matrix(path: impl AsRef<Path>, transform: impl Into<AffineTransform>) -> Result<()> {
    let matrix = transform.into().matrix();
    write_whole(path, |file| {
        for row in matrix.row_iter() {
            writeln!(file, "{}", joined(row.iter()))?;
        }
        Ok(())
    })
}

/// Reads what [`write_matrix`] writes; the sixteen numbers may be set in any lines.
///
/// # Errors
/// If the file cannot be read, does not hold sixteen numbers, or the matrix is no invertible affine map.
pub fn read_matrix(path: impl AsRef<Path>) -> Result<AffineTransform> {
    let path = path.as_ref();
    let text = fs_err::read_to_string(path).map_err(|source| Error::io(path, source))?;
    let values = numbers(path, &text)?;
    if values.len() != 16 {
        let found = values.len();
        return Err(Error::transform(path, format!("a 4x4 matrix has 16 numbers, this file {found}")));
    }
    transform(path, &Matrix4::from_row_slice(&values))
}

/// Writes an ITK transform file (`.tfm`, `AffineTransform`) that `SimpleITK`, ANTs and 3D Slicer read.
/// ITK counts towards the left, the back and the top (LPS); like this crate it maps points of the fixed
/// volume to the moving one.
///
/// # Errors
/// If the file cannot be written.
pub fn write_itk(path: impl AsRef<Path>, transform: impl Into<AffineTransform>) -> Result<()> {
    let matrix = lps(&transform.into().matrix());
    let linear = matrix.fixed_view::<3, 3>(0, 0).transpose();
    let shift = matrix.fixed_view::<3, 1>(0, 3);
    write_whole(path, |file| {
        writeln!(file, "#Insight Transform File V1.0\n#Transform 0")?;
        writeln!(file, "Transform: AffineTransform_double_3_3")?;
        writeln!(file, "Parameters: {}", joined(linear.iter().chain(shift.iter())))?;
        writeln!(file, "FixedParameters: 0 0 0")
    })
}

/// Reads a linear ITK transform file: one `Euler3DTransform`, `AffineTransform` or
/// `MatrixOffsetTransformBase` in text form.
///
/// # Errors
/// If the file cannot be read, is no such file, or its transform cannot be inverted.
pub fn read_itk(path: impl AsRef<Path>) -> Result<AffineTransform> {
    let path = path.as_ref();
    let wrong = |reason: String| Error::transform(path, reason);
    let bytes = fs_err::read(path).map_err(|source| Error::io(path, source))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| wrong("this is no text; a binary ITK transform must be saved as .tfm or .txt".into()))?;
    let field = |name: &str| -> Result<&str> {
        let mut found = text.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
        let value = found.next().ok_or_else(|| wrong(format!("there is no line `{name}: ...`")))?;
        match found.next() {
            None => Ok(value.trim()),
            Some(_) => Err(wrong("it holds several transforms; compose them into one".into())),
        }
    };
    let kind = field("Transform")?;
    let parameters = numbers(path, field("Parameters")?)?;
    let fixed = numbers(path, field("FixedParameters")?)?;
    if fixed.len() < 3 {
        return Err(wrong(format!("a centre of rotation has 3 FixedParameters, not {}", fixed.len())));
    }
    let centre = Vector3::from_column_slice(&fixed[..3]);
    let (linear, translation) = match (kind.split('_').next().unwrap_or(kind), parameters.len()) {
        ("Euler3DTransform", 6) => {
            let zyx = fixed.get(3).is_some_and(|&flag| flag != 0.0);
            (rotation_matrix(&parameters[..3], zyx), &parameters[3..])
        }
        ("AffineTransform" | "MatrixOffsetTransformBase", 12) => {
            (Matrix3::from_row_slice(&parameters[..9]), &parameters[9..])
        }
        (_, count) => {
            return Err(wrong(format!(
                "a transform `{kind}` of {count} parameters is not supported; save it as Euler3DTransform \
                 (6) or AffineTransform (12)"
            )));
        }
    };
    let mut matrix = linear.to_homogeneous();
    let shift = centre + Vector3::from_column_slice(translation) - linear * centre;
    matrix.fixed_view_mut::<3, 1>(0, 3).copy_from(&shift);
    transform(path, &lps(&matrix))
}

/// Changes a transform of RAS+ coordinates into one of LPS+ coordinates, or back.
fn lps(matrix: &Matrix4<f64>) -> Matrix4<f64> {
    let flip = Matrix4::from_diagonal(&[-1.0, -1.0, 1.0, 1.0].into());
    flip * matrix * flip
}

/// ITK's rotation of three angles in radians: about y, then x, then z; or about x, then y, then z.
fn rotation_matrix(angles: &[f64], zyx: bool) -> Matrix3<f64> {
    let x = Rotation3::from_axis_angle(&Vector3::x_axis(), angles[0]);
    let y = Rotation3::from_axis_angle(&Vector3::y_axis(), angles[1]);
    let z = Rotation3::from_axis_angle(&Vector3::z_axis(), angles[2]);
    if zyx { (z * y * x).into_inner() } else { (z * x * y).into_inner() }
}

fn joined<'a>(values: impl Iterator<Item = &'a f64>) -> String {
    values.map(f64::to_string).collect::<Vec<_>>().join(" ")
}

fn numbers(path: &Path, text: &str) -> Result<Vec<f64>> {
    text.split_whitespace()
        .map(|word| match word.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(Error::transform(path, format!("`{word}` is not a finite number"))),
        })
        .collect()
}

fn transform(path: &Path, matrix: &Matrix4<f64>) -> Result<AffineTransform> {
    AffineTransform::from_matrix(matrix).map_err(|error| Error::transform(path, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Point3;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn transforms_come_back_from_both_kinds_of_file(
            linear in prop::array::uniform9(-0.3..0.3_f64),
            t in prop::array::uniform3(-200.0..200.0_f64),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut matrix = (Matrix3::identity() + Matrix3::from_row_slice(&linear)).to_homogeneous();
            matrix.fixed_view_mut::<3, 1>(0, 3).copy_from_slice(&t);
            prop_assume!(matrix.determinant().abs() > 0.1);
            let transform = AffineTransform::from_matrix(&matrix).unwrap();
            let (matrix, itk) = (folder.path().join("m.txt"), folder.path().join("m.tfm"));
            write_matrix(&matrix, transform).unwrap();
            write_itk(&itk, transform.inverse()).unwrap();
            prop_assert_eq!(read_matrix(&matrix).unwrap(), transform);
            prop_assert_eq!(read_itk(&itk).unwrap().matrix(), transform.inverse().matrix());
        }
    }

    #[test]
    fn files_written_by_simpleitk_are_read() {
        // Euler3DTransform with centre (10, -20, 30), angles (0.1, -0.2, 0.3) and translation (1, 2, 3),
        // and where SimpleITK 2.5 sends the LPS point (5, 6, 7).
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("simpleitk.tfm");
        std::fs::write(
            &path,
            "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n\
             Parameters: 0.1 -0.2 0.3 1 2 3\nFixedParameters: 10 -20 30 0\n",
        )
        .unwrap();
        let found = read_itk(&path).unwrap().apply(Point3::new(-5.0, -6.0, 7.0));
        let expected = Point3::new(-2.3443582274059174, -8.861486836790458, 12.178367248905348);
        assert!((found - expected).norm() < 1e-9, "{found}");
    }

    #[test]
    fn broken_files_are_named_with_their_fault() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("broken.txt");
        for (text, fault) in [
            ("1 2 3", "16 numbers"),
            ("1 0 0 x\n0 1 0 0\n0 0 1 0\n0 0 0 1", "`x`"),
            ("0 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1", "not an invertible"),
        ] {
            std::fs::write(&path, text).unwrap();
            let message = read_matrix(&path).unwrap_err().to_string();
            assert!(message.contains("broken.txt") && message.contains(fault), "{message}");
        }
        std::fs::write(
            &path,
            "Transform: BSplineTransform_double_3_3\nParameters: 1\nFixedParameters: 0 0 0",
        )
        .unwrap();
        assert!(read_itk(&path).unwrap_err().to_string().contains("BSplineTransform"));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(read_itk(&path).unwrap_err().to_string().contains("no text"));
    }
}
