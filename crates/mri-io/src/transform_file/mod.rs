//! Transforms as files: plain matrices, ITK's, ANTs', FSL's and FreeSurfer's.

mod fsl;
mod itk;
mod lta;
mod mat4;

use std::path::Path;

use nalgebra::Matrix4;

use crate::atomic_file::{can_write, write_whole};
use crate::{AffineTransform, Error, Grid, Result};

/// Endings of transform files that other programs write, and this crate does not.
const OTHERS: [&str; 4] = ["h5", "hdf5", "xfm", "json"];

/// What a file that holds no transform should have been.
const KINDS: &str = "give a 4x4 matrix of 16 numbers, or a linear transform of ITK, ANTs, FSL or FreeSurfer";

/// The two volumes that a transform lies between. FSL's matrices mean nothing without them, and FreeSurfer's files
/// describe them.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// The volume that stays where it is: FLIRT's `-ref`, FreeSurfer's destination.
    pub fixed: Grid,
    /// The volume that is brought onto it: FLIRT's `-in`, FreeSurfer's source.
    pub moving: Grid,
}

/// Reads a linear transform from any kind of file that is known by its contents:
///
/// * a plain 4x4 matrix (RAS+, mm), in any lines, those that begin with `#` skipped, as of `MRtrix3` and greedy;
/// * ITK's text (`.tfm`, `.txt`): affine, Euler angles, versors, similarity, translation, and composites of these;
/// * ANTs' binary `.mat` (`0GenericAffine.mat`);
/// * FSL's `.mat`, a 4x4 matrix in a file of that name, for which `ends` are needed;
/// * FreeSurfer's `.lta`. Its direction is source to destination; `ends` tell whether the fixed volume is the destination,
///   as without them is taken, or the source.
///
/// The result maps points of the fixed volume to points of the moving one.
///
/// # Errors
/// If the file cannot be read, is none of these, or its map cannot be inverted.
pub fn read_transform(path: impl AsRef<Path>, ends: Option<&Ends>) -> Result<AffineTransform> {
    let path = path.as_ref();
    let bytes = fs_err::read(path).map_err(|source| Error::io(path, source))?;
    let matrix = matrix(path, bytes, ends).map_err(|reason| Error::transform(path, reason))?;
    AffineTransform::from_matrix(&matrix).map_err(|error| {
        Error::transform(path, format!("{error}; have it made anew by the program that wrote it"))
    })
}

/// The matrix in a file; the error is what is wrong, to be read after the file's name.
fn matrix(path: &Path, bytes: Vec<u8>, ends: Option<&Ends>) -> Result<Matrix4<f64>, String> {
    if bytes.starts_with(b"\x89HDF") {
        return Err(
            "is a transform in HDF5: save it as .tfm or .txt, which ITK's programs do by the name".into()
        );
    }
    if bytes.starts_with(b"MATLAB 5.0") {
        return Err(format!("is a MATLAB file of level 5, in which no transform is kept; {KINDS}"));
    }
    if mat4::is_matlab(&bytes) {
        return mat4::parse(&bytes)?.matrix();
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("is no text; {KINDS}"))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.starts_with("MNI Transform File") {
        return Err(
            "is a transform of MINC: write the rows of its Linear_Transform, inverted and with 0 0 0 1 below, as a 4x4 matrix"
                .into(),
        );
    }
    if itk::is_itk(text) {
        return itk::parse(text);
    }
    if lta::is_lta(text) {
        return lta::parse(text, ends);
    }
    let values = numbers(text.lines().filter(|line| !line.trim_start().starts_with('#')))
        .map_err(|why| format!("{why}; {KINDS}"))?;
    if values.len() != 16 {
        return Err(format!("a 4x4 matrix has 16 numbers, this file {}; {KINDS}", values.len()));
    }
    let matrix = Matrix4::from_row_slice(&values);
    if !ends_in(path, "mat") {
        return Ok(matrix);
    }
    let ends = ends.ok_or(
        "is a matrix of FSL by its name, which needs the two images that it was made with: give them, or rename the file to \
         .txt if it is a plain matrix in the world",
    )?;
    fsl::to_world(&matrix, ends)
}

/// Writes a transform as its file's name tells: `.tfm` for ITK, `.mat` for FSL and `.lta` for FreeSurfer, both of which need
/// `ends`, and else the plain 4x4 matrix (RAS+, mm), one row of four numbers a line, which read back exactly.
///
/// # Errors
/// If the file cannot be written, or `ends` are missing.
pub fn write_transform(
    path: impl AsRef<Path>,
    transform: impl Into<AffineTransform>,
    ends: Option<&Ends>,
) -> Result<()> {
    let (path, matrix) = (path.as_ref(), transform.into().matrix());
    check_ending(path)?;
    let needed = || ends.ok_or_else(|| Error::EndsMissing { path: path.to_owned() });
    let text = if ends_in(path, "tfm") {
        itk::text(&matrix)
    } else if ends_in(path, "mat") {
        rows(&fsl::from_world(&matrix, needed()?).map_err(|reason| Error::transform(path, reason))?)
    } else if ends_in(path, "lta") {
        lta::text(&matrix, needed()?).map_err(|reason| Error::transform(path, reason))?
    } else {
        rows(&matrix)
    };
    write_whole(path, |file| std::io::Write::write_all(file, text.as_bytes()))
}

/// Refuses what [`write_transform`] could not write, before the work for it: a kind of file that it does not know, or a folder
/// without room or permission.
///
/// # Errors
/// As [`write_transform`], but for missing `ends`.
pub fn can_write_transform(path: impl AsRef<Path>) -> Result<()> {
    check_ending(path.as_ref())?;
    can_write(path)
}

fn check_ending(path: &Path) -> Result<()> {
    let Some(format) = OTHERS.into_iter().find(|format| ends_in(path, format)) else { return Ok(()) };
    Err(Error::transform(
        path,
        format!("files of the kind .{format} are not written: take .txt (plain 4x4), .tfm, .mat or .lta"),
    ))
}

/// Writes the plain 4x4 matrix (RAS+, mm) as [`write_transform`] does, whatever the file's name.
///
/// # Errors
/// If the file cannot be written.
pub fn write_matrix(path: impl AsRef<Path>, transform: impl Into<AffineTransform>) -> Result<()> {
    let text = rows(&transform.into().matrix());
    write_whole(path, |file| std::io::Write::write_all(file, text.as_bytes()))
}

/// Writes an ITK transform file (`AffineTransform`) that `SimpleITK`, ANTs, greedy and 3D Slicer read, whatever its name.
/// ITK counts towards the left, the back and the top (LPS); like this crate it maps points of the fixed
/// volume to the moving one.
///
/// # Errors
/// If the file cannot be written.
pub fn write_itk(path: impl AsRef<Path>, transform: impl Into<AffineTransform>) -> Result<()> {
    let text = itk::text(&transform.into().matrix());
    write_whole(path, |file| std::io::Write::write_all(file, text.as_bytes()))
}

fn ends_in(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

fn rows(matrix: &Matrix4<f64>) -> String {
    matrix.row_iter().map(|row| joined(row.iter()) + "\n").collect()
}

fn joined<'a>(values: impl Iterator<Item = &'a f64>) -> String {
    values.map(f64::to_string).collect::<Vec<_>>().join(" ")
}

/// All numbers of some lines.
fn numbers<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Vec<f64>, String> {
    let words = lines.into_iter().flat_map(str::split_whitespace);
    words
        .map(|word| match word.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(format!("`{word}` is not a finite number")),
        })
        .collect()
}

#[cfg(test)]
mod tests;
