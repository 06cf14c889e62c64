//! Headers that contradict themselves, and what is left of a header on the way out.

use nalgebra::{Matrix4, Rotation3};

use super::tests::{changed, gzip, in_file, plain_file, read_bytes};
use super::*;
use crate::resample::to_canonical;
use crate::{Affine, Grid, Volume, read, write};

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

fn floats(bytes: &mut [u8], at: usize, values: &[f32]) {
    values.iter().enumerate().for_each(|(n, value)| put(bytes, at + 4 * n, &value.to_le_bytes()));
}

/// The bytes of a plain file with a qform too: no rotation, voxels of 1 x 1 x 2 mm, first voxel at (5, 6, 7).
fn with_qform() -> Vec<u8> {
    let mut bytes = changed(252, &1_i16.to_le_bytes());
    floats(&mut bytes, 80, &[1.0, 1.0, 2.0]);
    // Half a turn about z: x to the left, y to the back, as the sform has it.
    floats(&mut bytes, 256, &[0.0, 0.0, 1.0, 5.0, 6.0, 7.0]);
    bytes
}

fn header(bytes: &[u8]) -> Header {
    in_file("scan.nii", bytes, read_header).unwrap()
}

fn found(bytes: &[u8]) -> String {
    header(bytes).findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The header of what is written of a file, as the 348 bytes.
fn written(bytes: &[u8], change: impl FnOnce(Volume<f32>) -> Volume<f32>) -> Vec<u8> {
    in_file("scan.nii", bytes, |path| {
        let volume = change(read(&path).unwrap());
        write(&path, &volume).unwrap();
        std::fs::read(&path).unwrap()[..348].to_vec()
    })
}

#[test]
fn a_consistent_header_has_nothing_odd() {
    assert_eq!(found(&with_qform()), "");
    assert_eq!(header(&with_qform()).affine, header(&plain_file()).affine);
}

#[test]
fn the_type_decides_how_long_a_voxel_is() {
    for bits in [8_i16, 32, 0] {
        let bytes = changed(72, &bits.to_le_bytes());
        assert_eq!(read_bytes(&bytes).unwrap(), read_bytes(&plain_file()).unwrap());
        assert!(found(&bytes).contains(&format!("a voxel of int16 has {bits} bits")));
    }
}

#[test]
fn further_axes_of_no_voxels_count_as_one() {
    let mut bytes = changed(40, &5_i16.to_le_bytes());
    put(&mut bytes, 48, &[0; 4]);
    assert_eq!(read_bytes(&bytes).unwrap(), read_bytes(&plain_file()).unwrap());
    assert!(found(&bytes).contains("[2, 3, 4, 0, 0]"));
}

#[test]
fn a_form_that_cannot_be_used_gives_way_to_the_other() {
    let expected = header(&plain_file()).affine;
    for broken in [0.0, f32::NAN, 1e30] {
        let mut bytes = with_qform();
        floats(&mut bytes, 280, &[broken; 12]);
        assert!((header(&bytes).affine.matrix() - expected.matrix()).abs().max() < 1e-6);
        assert!(found(&bytes).contains("an sform that cannot be used"), "{}", found(&bytes));
        let again = written(&bytes, |volume| volume);
        assert_eq!((again[252], again[254]), (1, 0), "what cannot be used is not repeated");
    }
    let mut bytes = with_qform();
    floats(&mut bytes, 256, &[f32::NAN]);
    assert_eq!(header(&bytes).affine, expected);
    assert!(found(&bytes).contains("no rotation"));
    // As the reference library: too long a quaternion is shortened.
    let mut bytes = with_qform();
    put(&mut bytes, 254, &[0; 2]);
    floats(&mut bytes, 256, &[0.0, 0.0, 1.5]);
    assert!((header(&bytes).affine.matrix() - expected.matrix()).abs().max() < 1e-6);
    assert!(found(&bytes).contains("shortened"));
}

#[test]
fn sizes_and_angles_are_compared() {
    let mut bytes = with_qform();
    put(&mut bytes, 252, &[0; 2]);
    floats(&mut bytes, 80, &[1.0, 1.002, 2.0]);
    let text = found(&bytes);
    assert!(text.contains("1.0000 x 1.0000 x 2.0000 by its sform and of 1.0000 x 1.0020 x 2.0000"), "{text}");
    // A shear of 1e-3: beside the qform it is told, alone it is told that ITK refuses it.
    let mut bytes = with_qform();
    floats(&mut bytes, 284, &[1e-3]);
    assert!(found(&bytes).contains("off right angles by up to 0.057 degrees; it is used"));
    put(&mut bytes, 252, &[0; 2]);
    assert!(found(&bytes).contains("refuse it"));
}

#[test]
fn forms_apart_are_told() {
    let mut bytes = with_qform();
    floats(&mut bytes, 268, &[57.0]);
    let header = header(&bytes);
    assert!((header.form_distance.unwrap() - 52.0).abs() < 1e-3);
    assert!(header.findings[0].what.contains("52.0 mm apart"));
}

#[test]
fn a_file_on_a_files_grid_repeats_its_forms() {
    let mut bytes = with_qform();
    for (at, value) in [(39, 0b11_10_01), (123, 8 + 2), (252, 1), (254, 4)] {
        put(&mut bytes, at, &[value]);
    }
    floats(&mut bytes, 256, &[0.1, 0.2, 0.3, -57.0, 6.0, 7.0]);
    floats(&mut bytes, 76, &[-1.0]);
    let again = written(&bytes, |volume| volume.map(|value| value + 1.0));
    for range in [39..40, 76..92, 123..124, 252..328] {
        assert_eq!(again[range.clone()], bytes[range.clone()], "bytes {range:?}");
    }
    // Without any form, and in metres.
    for at in [252, 254] {
        put(&mut bytes, at, &[0; 2]);
    }
    put(&mut bytes, 123, &[1]);
    floats(&mut bytes, 80, &[0.001, 0.001, 0.002]);
    let again = written(&bytes, |volume| volume);
    assert_eq!(again[80..92], bytes[80..92]);
    assert_eq!((again[123], again[252], again[254]), (1, 0, 0));
}

#[test]
fn turned_axes_keep_both_forms_and_what_they_mean() {
    let mut bytes = with_qform();
    for (at, value) in [(39, 0b11_10_01), (252, 1), (254, 4)] {
        put(&mut bytes, at, &[value]);
    }
    floats(&mut bytes, 268, &[57.0]);
    // The first voxel axis runs to the front, the second to the left.
    floats(&mut bytes, 280, &[0.0, -1.0, 0.0, 5.0, 1.0, 0.0, 0.0, 6.0, 0.0, 0.0, 2.0, 7.0]);
    let before = in_file("scan.nii", &bytes, read).unwrap();
    let again = written(&bytes, |volume| to_canonical(&volume));
    assert_eq!((again[252], again[254]), (1, 4));
    assert_eq!(again[39], 0b11_01_10, "frequency now runs along the second axis, phase along the first");
    let mut file = again.clone();
    file.resize(352 + 4 * 24, 0);
    let after = in_file("scan.nii", &file, read).unwrap();
    let [other, turned] = [&before, &after].map(|volume| volume.affine().other_form().unwrap());
    // A voxel's place by the qform: [0, 1, 2] was [2 - 1 = 1 from the right, ...].
    let place = |affine: &Affine, voxel: [f64; 3]| affine.voxel_to_world(voxel.into());
    assert!((place(&other, [1.0, 0.0, 2.0]) - place(&turned, [2.0, 1.0, 2.0])).norm() < 1e-5);
}

#[test]
fn a_shear_gets_the_nearest_rotation_beside_it() {
    let turn = Rotation3::from_euler_angles(0.12, 0.07, -0.2).to_homogeneous();
    let mut sheared = turn * Matrix4::from_diagonal(&[2.0, 2.0, 2.0, 1.0].into());
    sheared[(0, 1)] += 2e-3;
    let volume =
        Volume::filled(&Grid { shape: [4, 5, 6], affine: Affine::new(sheared).unwrap() }, 1_u8).unwrap();
    let check = |bytes: &[u8]| {
        assert_eq!((bytes[252], bytes[254]), (1, 1));
        let mut alone = bytes.to_vec();
        put(&mut alone, 254, &[0; 2]);
        let rotated = in_file("a.nii", &alone, read_header).unwrap().affine;
        let scale = nalgebra::Matrix3::from_diagonal(&rotated.spacing().map(|side| 1.0 / side).into());
        let axes = rotated.matrix().fixed_view::<3, 3>(0, 0) * scale;
        assert!((axes.transpose() * axes - nalgebra::Matrix3::identity()).abs().max() < 1e-5);
        assert!((rotated.matrix() - sheared).abs().max() < 2e-3);
    };
    in_file("a.nii", &[], |path| {
        write(&path, &volume).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        check(&bytes);
        // A file with that sform alone, as ITK refuses it.
        let mut lone = bytes;
        put(&mut lone, 252, &[0; 2]);
        std::fs::write(&path, &lone).unwrap();
        write(&path, &read_labels::<u8>(&path).unwrap()).unwrap();
        check(&std::fs::read(&path).unwrap());
    });
}

#[test]
fn analyze_is_read_as_what_it_is() {
    let mut bytes = plain_file()[..348].to_vec();
    put(&mut bytes, 252, &[0; 96]); // where NIfTI has forms, Analyze has its history
    floats(&mut bytes, 80, &[1.0, 2.0, 3.0]);
    floats(&mut bytes, 108, &[0.0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.hdr");
    std::fs::write(path.with_extension("img"), &plain_file()[352..]).unwrap();
    let affine = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let header = read_header(&path).unwrap();
        assert_eq!((header.format, header.oriented), (Format::Analyze, false));
        assert!(header.findings[0].what.contains("Analyze 7.5"));
        assert_eq!(read(&path).unwrap().data(), read_bytes(&plain_file()).unwrap().data());
        *header.affine.matrix()
    };
    // Both as nibabel 5.4 has it.
    let rows = [-1.0, 0.0, 0.0, 0.5, 0.0, 2.0, 0.0, -2.0, 0.0, 0.0, 3.0, -4.5, 0.0, 0.0, 0.0, 1.0];
    assert_eq!(affine(&bytes), Matrix4::from_row_slice(&rows));
    [2_i16, 3, 1]
        .iter()
        .enumerate()
        .for_each(|(n, voxel)| put(&mut bytes, 253 + 2 * n, &voxel.to_le_bytes()));
    let rows = [-1.0, 0.0, 0.0, 1.0, 0.0, 2.0, 0.0, -4.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    assert_eq!(affine(&bytes), Matrix4::from_row_slice(&rows));
    assert!(read_header(&path).unwrap().findings.iter().all(|finding| !finding.what.contains(".mat")));
    std::fs::write(path.with_extension("mat"), "").unwrap();
    assert!(read_header(&path).unwrap().findings.iter().any(|finding| finding.what.contains(".mat")));
    let message = in_file("scan.nii.gz", &gzip(&bytes), read).unwrap_err().to_string();
    assert!(message.contains("Analyze 7.5, whose header is named .hdr"), "{message}");
}
