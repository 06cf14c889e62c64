//! FreeSurfer's format: `.mgh`, and compressed `.mgz`.
//!
//! Source: <https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat>; nibabel's `freesurfer/mghformat.py`.

use nalgebra::{Matrix4, Point3, Vector3};

use super::Intent;
use super::datatype::Datatype;
use super::fault::{Fault, Refusal};
use super::fields::Format;
use super::header::{Header, sized};
use crate::Affine;
use crate::finding::{Finding, Severity};

/// Where the voxels start.
const OFFSET: usize = 284;
/// Where the last field ends that is read: the place of the middle.
const FIELDS: usize = 90;
/// The only version there is. NIfTI begins with the length of its header, which is not 1 in either byte order.
const VERSION: i32 = 1;

/// Whether a (decompressed) file begins like one of FreeSurfer's.
pub(super) fn is_mgh(bytes: &[u8]) -> bool {
    bytes.len() >= FIELDS && whole(bytes, 0) == VERSION
}

/// Checks the first bytes of a file for which [`is_mgh`] holds. The error is what is wrong, to be read after its name.
pub(super) fn parse(bytes: &[u8]) -> Result<Header, Refusal> {
    let [ni, nj, nk, volumes] = [4, 8, 12, 16].map(|at| whole(bytes, at));
    if [ni, nj, nk, volumes].iter().any(|&n| n < 1) {
        return Err(format!(
            "has the size {:?}, with an axis of no voxels: the header is damaged, copy the file again or make it anew",
            [ni, nj, nk, volumes]
        )
        .into());
    }
    let shape = [ni, nj, nk].map(|n| n as usize);
    let datatype = match whole(bytes, 20) {
        0 => Datatype::Uint8,
        1 => Datatype::Int32,
        3 => Datatype::Float32,
        4 => Datatype::Int16,
        10 => Datatype::Uint16,
        other => {
            return Err(Fault::Voxels.because(format!(
                "has voxels of FreeSurfer's type {other}, which is not read: convert it with `mri_convert -odt float`"
            )));
        }
    };
    let volumes = volumes as usize;
    sized(shape, datatype, volumes)?;
    let oriented = i16::from_be_bytes([bytes[28], bytes[29]]) > 0;
    let mut findings = Vec::new();
    if !oriented {
        findings.push(Finding::new(
            Severity::Warning,
            "does not say where left and right are",
            "voxels of 1 mm in coronal slices are assumed, as FreeSurfer does; convert it again from DICOM",
        ));
    }
    let affine = Affine::new(if oriented { matrix(bytes, shape) } else { coronal(shape) })
        .map_err(|error| format!("has a geometry that cannot be used: {error}"))?;
    Ok(Header {
        shape,
        volumes,
        affine,
        oriented,
        form_distance: None,
        datatype,
        format: Format::Mgh,
        description: String::new(),
        auxiliary: String::new(),
        intent: Intent::default(),
        slope: 1.0,
        inter: 0.0,
        findings,
        display: [0.0; 2],
        big_endian: true,
        offset: OFFSET,
        single_file: true,
    })
}

/// Voxel index to world: directions of the axes, voxel sizes, and the place of the voxel with half of the size as its index.
fn matrix(bytes: &[u8], shape: [usize; 3]) -> Matrix4<f64> {
    let vector = |at: usize| Vector3::from_fn(|axis, _| real(bytes, at + 4 * axis));
    let (sizes, middle) = (vector(30), vector(78));
    let mut matrix = Matrix4::identity();
    for axis in 0..3 {
        matrix.fixed_view_mut::<3, 1>(0, axis).copy_from(&(vector(42 + 12 * axis) * sizes[axis]));
    }
    centred(matrix, shape, middle)
}

/// What FreeSurfer takes where the header says nothing: to the left, down, to the front.
fn coronal(shape: [usize; 3]) -> Matrix4<f64> {
    let mut matrix = Matrix4::zeros();
    for (row, column, value) in [(0, 0, -1.0), (2, 1, -1.0), (1, 2, 1.0), (3, 3, 1.0)] {
        matrix[(row, column)] = value;
    }
    centred(matrix, shape, Vector3::zeros())
}

fn centred(mut matrix: Matrix4<f64>, shape: [usize; 3], middle: Vector3<f64>) -> Matrix4<f64> {
    let half = Point3::from(shape.map(|n| 0.5 * n as f64));
    let origin = middle - matrix.transform_point(&half).coords;
    matrix.fixed_view_mut::<3, 1>(0, 3).copy_from(&origin);
    matrix
}

fn word(bytes: &[u8], at: usize) -> [u8; 4] {
    bytes[at..at + 4].try_into().expect("four bytes")
}

fn whole(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(word(bytes, at))
}

fn real(bytes: &[u8], at: usize) -> f64 {
    f64::from(f32::from_be_bytes(word(bytes, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As surfa, FreeSurfer's own package, reads such a file (`findings/mgh-without-orientation.sh`).
    #[test]
    fn a_file_without_orientation_has_coronal_slices() {
        let mut bytes = vec![0; OFFSET];
        for (at, value) in [1_i32, 4, 5, 6, 1, 0].into_iter().enumerate() {
            bytes[4 * at..4 * at + 4].copy_from_slice(&value.to_be_bytes());
        }
        let header = parse(&bytes).unwrap();
        assert_eq!(header.affine.orientation(), "LIA");
        assert_eq!(header.affine.voxel_to_world(Point3::origin()), Point3::new(2.0, -3.0, 2.5));
        assert!(!header.oriented && header.findings.len() == 1);
    }
}
