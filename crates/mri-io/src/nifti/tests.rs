//! Files made byte by byte, and what reading makes of them.

use std::path::PathBuf;

use nalgebra::Matrix4;
use ndarray::Array3;
use proptest::prelude::*;

use super::*;
use crate::{Affine, Grid, Mask, Result, Volume, read, write};

/// A plain little-endian file of 2x3x4 int16 voxels `0, 1, ..` in the file's order, LPS by its sform.
pub(super) fn plain_file() -> Vec<u8> {
    let mut bytes = vec![0; 352];
    let mut put =
        |position: usize, value: &[u8]| bytes[position..position + value.len()].copy_from_slice(value);
    put(0, &348_i32.to_le_bytes());
    for (n, length) in [3_i16, 2, 3, 4, 1, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * n, &length.to_le_bytes());
        put(76 + 4 * n, &1_f32.to_le_bytes());
    }
    put(70, &4_i16.to_le_bytes());
    put(72, &16_i16.to_le_bytes());
    put(108, &352_f32.to_le_bytes());
    put(254, &1_i16.to_le_bytes());
    for (n, value) in [-1_f32, 0.0, 0.0, 5.0, 0.0, -1.0, 0.0, 6.0, 0.0, 0.0, 2.0, 7.0].into_iter().enumerate()
    {
        put(280 + 4 * n, &value.to_le_bytes());
    }
    put(344, b"n+1\0");
    bytes.extend((0..24_i16).flat_map(i16::to_le_bytes));
    bytes
}

pub(super) fn changed(position: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = plain_file();
    bytes[position..position + value.len()].copy_from_slice(value);
    bytes
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn in_file<R>(name: &str, bytes: &[u8], run: impl FnOnce(PathBuf) -> R) -> R {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    run(path)
}

pub(super) fn read_bytes(bytes: &[u8]) -> Result<Volume<f32>> {
    in_file("scan.nii", bytes, read)
}

#[test]
fn the_first_axis_runs_fastest_in_the_file() {
    let volume = read_bytes(&plain_file()).unwrap();
    assert_eq!(volume.data()[[1, 2, 3]], 23.0);
    assert_eq!(volume.data()[[1, 0, 0]], 1.0);
    assert_eq!(volume.affine().orientation(), "LPS");
    assert_eq!(volume.affine().spacing(), [1.0, 1.0, 2.0]);
}

#[test]
fn gzip_is_known_by_its_content_whatever_its_members() {
    let (plain, expected) = (plain_file(), read_bytes(&plain_file()).unwrap());
    let (a, b) = plain.split_at(360);
    let members = [gzip(a), gzip(b)].concat();
    let followed = [gzip(&plain), gzip(&[1; 3000])].concat();
    let longer = gzip(&[plain, vec![7; 2 << 20]].concat());
    for bytes in [gzip(&plain_file()), members, followed, longer] {
        assert_eq!(read_bytes(&bytes).unwrap(), expected);
    }
}

#[test]
fn slope_and_intercept_apply_unless_the_slope_means_none() {
    let value = |slope: f32, intercept: f32| {
        let mut bytes = changed(112, &slope.to_le_bytes());
        bytes[116..120].copy_from_slice(&intercept.to_le_bytes());
        read_bytes(&bytes).unwrap().data()[[1, 2, 3]]
    };
    assert_eq!(value(0.5, -2.0), 9.5);
    assert_eq!(value(0.0, -2.0), 23.0);
    assert_eq!(value(f32::NAN, -2.0), 23.0);
    assert_eq!(value(1.0, f32::NAN), 23.0);
}

#[test]
fn headers_that_lie_are_named_with_the_lie() {
    let nan = f32::NAN.to_le_bytes();
    let no_sform = |mut bytes: Vec<u8>| {
        bytes[254] = 0;
        bytes
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "is empty"),
        (vec![0; 100], "not a NIfTI file"),
        (b"subject,age\n1,70\n".to_vec(), "not a NIfTI file"),
        ([&[0; 128][..], b"DICM", &[2; 40]].concat(), "dcm2niix -z y"),
        (b"NRRD0005\ntype: short\n".to_vec(), "c3d"),
        (b"# === DATA DESCRIPTION FILE ===\n#\n".to_vec(), "parrec2nii"),
        (b"\ntype = string-attribute\nname = TYPESTRING\n".to_vec(), "3dAFNItoNIFTI"),
        (b"\x89HDF\r\n".to_vec(), "mnc2nii"),
        (plain_file()[..200].to_vec(), "ends inside the header"),
        (plain_file()[..399].to_vec(), "too little data"),
        (gzip(&plain_file()[..399]), "too little data"),
        (gzip(&plain_file())[..40].to_vec(), "truncated"),
        (changed(40, &9_i16.to_le_bytes()), "9 dimensions"),
        (changed(40, &0_i16.to_le_bytes()), "0 dimensions"),
        (changed(44, &(-3_i16).to_le_bytes()), "an axis of no voxels"),
        (
            [
                changed(40, &4_i16.to_le_bytes())[..48].to_vec(),
                changed(48, &5_i16.to_le_bytes())[48..].to_vec(),
            ]
            .concat(),
            "series of volumes (5)",
        ),
        (changed(70, &32_i16.to_le_bytes()), "complex numbers"),
        (changed(70, &128_i16.to_le_bytes()), "colours"),
        (changed(70, &1536_i16.to_le_bytes()), "128-bit"),
        (changed(70, &3_i16.to_le_bytes()), "data type code 3"),
        (changed(108, &12_f32.to_le_bytes()), "start at byte 12"),
        (changed(108, &nan), "start at byte NaN"),
        (changed(280, &nan), "not finite"),
        (changed(280, &0_f32.to_le_bytes()), "singular"),
        (changed(280, &1e30_f32.to_le_bytes()), "mm long"),
        (changed(280, &1e-30_f32.to_le_bytes()), "mm long"),
        (changed(292, &1e30_f32.to_le_bytes()), "1e9 mm away"),
        (no_sform(changed(80, &0_f32.to_le_bytes())), "voxel spacing [0.0"),
        (changed(344, b"\0\0\0\0"), "not a NIfTI file"),
    ];
    for (bytes, cause) in cases {
        let message = read_bytes(&bytes).unwrap_err().to_string();
        assert!(message.contains("scan.nii") && message.contains(cause), "{cause}: {message}");
    }
}

#[test]
fn a_tiny_file_that_claims_many_voxels_is_refused_at_once() {
    let mut bytes = plain_file();
    for axis in 1..4 {
        bytes[40 + 2 * axis..42 + 2 * axis].copy_from_slice(&10_000_i16.to_le_bytes());
    }
    for bytes in [gzip(&bytes), bytes] {
        assert!(bytes.len() <= 400);
        let message = read_bytes(&bytes).unwrap_err().to_string();
        assert!(message.contains("[10000, 10000, 10000]"), "{message}");
    }
}

#[test]
fn a_flipped_bit_in_gzip_data_is_found() {
    let mut bytes = gzip(&plain_file());
    let last = bytes.len() - 6;
    bytes[last] ^= 1;
    assert!(read_bytes(&bytes).unwrap_err().to_string().contains("damaged"));
}

#[test]
fn header_and_voxels_may_be_a_pair_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut header = changed(344, b"ni1\0")[..348].to_vec();
    header[108..112].copy_from_slice(&0_f32.to_le_bytes());
    std::fs::write(folder.path().join("scan.hdr"), header).unwrap();
    std::fs::write(folder.path().join("scan.img.gz"), gzip(&plain_file()[352..])).unwrap();
    let expected = read_bytes(&plain_file()).unwrap();
    for name in ["scan.hdr", "scan.img", "scan.img.gz"] {
        assert_eq!(read(folder.path().join(name)).unwrap(), expected);
    }
    assert_eq!(read_header(folder.path().join("scan.img")).unwrap().datatype, Datatype::Int16);
}

#[test]
fn names_may_have_dots_but_must_tell_the_format() {
    let volume = read_bytes(&plain_file()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["sub-01.v2_T2w.nii", "sub-01.v2_T2w.nii.gz", "SUB.NII.GZ"] {
        let path = folder.path().join(name);
        write(&path, &volume).unwrap();
        assert!(path.is_file());
        assert_eq!(read(&path).unwrap(), volume);
        let is_gzip = std::fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]);
        assert_eq!(is_gzip, name.to_lowercase().ends_with("gz"));
    }
    for name in ["scan.img", "sub-01.v2_T2w", "sub-01.v2_T2w.gz"] {
        let message = write(folder.path().join(name), &volume).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains(".nii.gz"), "{message}");
    }
    let missing = write(folder.path().join("none/scan.nii"), &volume).unwrap_err().to_string();
    assert!(missing.contains("none"), "{missing}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing half-written is left");
}

#[test]
fn writing_like_a_file_keeps_what_its_values_mean() {
    let mut bytes = changed(68, &4_i16.to_le_bytes()); // the f statistic
    bytes[56..60].copy_from_slice(&2_f32.to_le_bytes());
    bytes[60..64].copy_from_slice(&17_f32.to_le_bytes());
    bytes[148..155].copy_from_slice(b"two men");
    bytes[328..343].copy_from_slice(b"fifteen letters");
    in_file("f.nii", &bytes, |path| {
        let header = read_header(&path).unwrap();
        let intent = Intent { code: 4, parameters: [2.0, 17.0, 0.0], name: "fifteen letters".into() };
        assert_eq!((&header.intent, header.description.as_str()), (&intent, "two men"));
        let again = path.with_file_name("again.nii.gz");
        write_like(&again, &read(&path).unwrap(), &header).unwrap();
        let again = read_header(&again).unwrap();
        assert_eq!((again.intent, again.description), (intent, header.description.clone()));

        let long = Header { description: "x".repeat(200), ..header };
        write_like(&path, &read(&path).unwrap(), &long).unwrap();
        assert_eq!(read_header(&path).unwrap().description, "x".repeat(79));
    });
}

#[test]
fn what_values_mean_stands_where_nifti1_h_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.nii");
    let volume = Volume::filled(&Grid::centred([2, 3, 4], [1.0; 3]).unwrap(), 0.5_f32).unwrap();
    let meaning = Meaning {
        intent: Intent::estimate("score"),
        description: "how unusual".to_owned(),
        auxiliary: "hot".to_owned(),
        display: [0.25, 1.0],
    };
    write_with(&path, &volume, &meaning).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let float = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(i16::from_le_bytes([bytes[68], bytes[69]]), 1001, "intent_code");
    assert_eq!((float(124), float(128)), (1.0, 0.25), "cal_max, cal_min");
    assert_eq!((float(112), float(116)), (1.0, 0.0), "scl_slope, scl_inter");
    assert_eq!((&bytes[148..160], &bytes[328..334]), (&b"how unusual\0"[..], &b"score\0"[..]));
    assert_eq!(&bytes[228..232], b"hot\0", "aux_file");
    assert_eq!(read_header(&path).unwrap().meaning(), meaning);

    write_with(&path, &volume, &Meaning { intent: Intent::label("mask"), ..Meaning::default() }).unwrap();
    let again = read_header(&path).unwrap();
    assert_eq!((again.intent.code, again.intent.name.as_str(), again.display), (1002, "mask", [0.0; 2]));
}

fn any_affine() -> impl Strategy<Value = Affine> {
    let spacing = prop::array::uniform3(0.3..6.0_f64);
    let rotation = prop::array::uniform3(-3.0..3.0_f64);
    (spacing, rotation, prop::array::uniform3(-200.0..200.0_f64), any::<bool>()).prop_map(
        |(spacing, rotation, shift, mirrored)| {
            let rotation = nalgebra::Rotation3::from_scaled_axis(rotation.into()).to_homogeneous();
            let mirror = if mirrored { -1.0 } else { 1.0 };
            let scale = Matrix4::from_diagonal(&[spacing[0] * mirror, spacing[1], spacing[2], 1.0].into());
            Affine::new(Matrix4::new_translation(&shift.into()) * rotation * scale).unwrap()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read(shape in prop::array::uniform3(1..40_usize), affine in any_affine(), gz in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if gz { "a.nii.gz" } else { "a.nii" });
        let values = Array3::from_shape_fn(shape, |(i, j, k)| (i * 1600 + j * 40 + k) as u16);
        let labels = Volume::new(values, affine).unwrap();
        write(&path, &labels).unwrap();
        let again = read_labels::<u16>(&path).unwrap();
        prop_assert_eq!(again.data(), labels.data());
        prop_assert!(again.grid().matches(&labels.grid(), 1e-3));

        // The qform alone tells the same.
        if !gz {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[254] = 0;
            std::fs::write(&path, bytes).unwrap();
            let header = read_header(&path).unwrap();
            let from_qform = crate::Grid { shape, affine: header.affine };
            prop_assert!(from_qform.matches(&labels.grid(), 1e-2));
        }
        let scan = labels.map(|&value| f32::from(value) - 0.1);
        write(&path, &scan).unwrap();
        prop_assert_eq!(read(&path).unwrap().into_data(), scan.into_data());
        let signed = labels.map(|&value| (i32::from(value) - 30_000) as i16);
        write(&path, &signed).unwrap();
        prop_assert_eq!(read(&path).unwrap().into_data(), signed.map(|&value| f32::from(value)).into_data());
        let mask: Mask = labels.map(|&value| value % 3 == 0);
        write(&path, &mask).unwrap();
        prop_assert_eq!(read_mask(&path).unwrap().into_data(), mask.into_data());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damaged_files_never_panic(
        changes in prop::collection::vec((0..400_usize, any::<u8>()), 1..6),
        length in 0..400_usize,
        compressed in any::<bool>(),
        damage_gzip in any::<bool>(),
    ) {
        let mut bytes = plain_file();
        if compressed && damage_gzip {
            bytes = gzip(&bytes);
        }
        for (position, value) in changes {
            let position = position % bytes.len();
            bytes[position] = value;
        }
        if length % 4 == 0 {
            bytes.truncate(length);
        }
        if compressed && !damage_gzip {
            bytes = gzip(&bytes);
        }
        let _ = read_bytes(&bytes);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..700), version in 0..3_u8) {
        let mut bytes = bytes;
        let size = match version { 0 => 348_i32, 1 => 540, _ => 0 };
        if size > 0 && bytes.len() > 4 {
            bytes[..4].copy_from_slice(&size.to_le_bytes());
        }
        let _ = read_bytes(&bytes);
    }
}
