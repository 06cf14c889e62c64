//! What `mri-prep` makes of files: types, forms, values beyond the volume, and values that are none.

mod common;

use common::{fails, succeeds};
use mri_io::nifti::{Datatype, read_header, read_labels};
use mri_io::transform_file::{Ends, read_transform, write_transform};
use mri_io::{Affine, Grid, RigidTransform, Volume, read, write};
use nalgebra::{Matrix4, Point3, Vector3};
use ndarray::Array3;

/// Whole numbers from -1000 on, with axes to the left, the front and the top.
fn tomogram() -> Volume<i16> {
    let matrix = Matrix4::from_diagonal(&[-2.0, 2.0, 2.0, 1.0].into());
    let affine = Affine::new(matrix).unwrap().with_code(4);
    let value = |(i, j, k): (usize, usize, usize)| (i * 7 + j * 13 + k * 29) as i16 - 1000;
    Volume::new(Array3::from_shape_fn([12, 14, 10], value), affine).unwrap()
}

#[test]
fn types_stay_where_nothing_is_interpolated_and_are_a_choice_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder.join("a.nii"), &tomogram()).unwrap();
    let datatype = |name: &str| read_header(folder.join(name)).unwrap().datatype;
    for (options, expected) in [
        ("--canonical", Datatype::Int16),
        ("--spacing 1 1 1 --interpolation nearest", Datatype::Int16),
        ("--spacing 3 3 3 --labels", Datatype::Int16),
        ("--spacing 3 3 3", Datatype::Float32),
        ("--spacing 3 3 3 --dtype int32", Datatype::Int32),
        ("--canonical --dtype float64", Datatype::Float64),
    ] {
        succeeds(folder, &format!("resample a.nii b.nii {options}"));
        assert_eq!(datatype("b.nii"), expected, "{options}");
        assert_eq!(read_header(folder.join("b.nii")).unwrap().affine.code(), Some(4), "{options}");
    }
    fails(folder, "resample a.nii b.nii --canonical --dtype uint8", &["a.nii", "-923", "uint8"]);
    fails(folder, "resample a.nii b.nii --spacing 3 3 3 --dtype uint16", &["a.nii", "uint16"]);
}

#[test]
fn what_lies_beyond_the_volume_is_a_choice() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder.join("a.nii"), &tomogram()).unwrap();
    let matrix = Matrix4::from_diagonal(&[-2.0, 2.0, 2.0, 1.0].into());
    let around = Grid { shape: [14, 14, 10], affine: Affine::new(matrix).unwrap() };
    write(folder.join("like.nii"), &Volume::filled(&around, 0_u8).unwrap()).unwrap();
    for options in ["", "--labels", "--interpolation nearest", "--interpolation cubic --dtype int16"] {
        let line = format!("resample a.nii b.nii --like like.nii --fill -1000 {options}");
        succeeds(folder, line.trim_end());
        let values = read(folder.join("b.nii")).unwrap();
        assert_eq!(values.data()[[13, 5, 5]], -1000.0, "{options}");
        assert!((values.data()[[4, 5, 6]] - (28.0 + 65.0 + 174.0 - 1000.0)).abs() < 0.01, "{options}");
    }
}

#[test]
fn voxels_that_are_no_numbers_are_counted_and_treated_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut scan = tomogram().map(|&value| f32::from(value) + 2000.0);
    scan.data_mut().slice_mut(ndarray::s![..6, .., ..]).fill(f32::NAN);
    write(folder.join("a.nii"), &scan).unwrap();
    let text = succeeds(folder, "resample a.nii b.nii --spacing 1 1 1");
    assert!(text.contains("a.nii") && text.contains("840 of 1680 voxels are not finite"), "{text}");
    let kept = read(folder.join("b.nii")).unwrap();
    let lost = kept.as_slice().iter().filter(|value| value.is_nan()).count();
    assert_eq!(lost, kept.as_slice().len() / 2);
    assert!(kept.as_slice().iter().all(|value| value.is_nan() || *value > 1000.0));
    succeeds(folder, "resample a.nii b.nii --spacing 1 1 1 --nan zero");
    assert!(read(folder.join("b.nii")).unwrap().as_slice().iter().all(|value| value.is_finite()));
    fails(folder, "resample a.nii b.nii --spacing 1 1 1 --nan refuse", &["a.nii", "840 of 1680"]);
    let text = succeeds(folder, "resample a.nii b.nii --spacing 1 1 1 --interpolation nearest");
    assert!(text.contains("840 of 1680"), "{text}");
}

#[test]
fn labels_that_lose_their_volume_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut labels = tomogram().map(|_| 1_i16);
    // Of two voxels of 2 mm, one in every cube of 3 is left: label 7 lies beside them.
    labels.data_mut()[[3, 3, 3]] = 7;
    write(folder.join("a.nii"), &labels).unwrap();
    let text = succeeds(folder, "resample a.nii b.nii --spacing 6 6 6 --labels");
    assert!(text.contains("a.nii: volumes change: label 7 from 0.01 to 0.00 ml"), "{text}");
    assert!(!text.contains("label 1 "), "{text}");
}

#[test]
fn kinds_of_files_that_are_not_written_are_refused_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder.join("a.nii"), &tomogram()).unwrap();
    fails(folder, "register a.nii a.nii --matrix m.txt --inverse x.h5", &["x.h5", ".h5 are not written"]);
    assert!(!folder.join("m.txt").exists());
}

#[test]
fn odd_headers_are_told_by_all_commands() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder.join("a.nii"), &tomogram()).unwrap();
    let mut bytes = std::fs::read(folder.join("a.nii")).unwrap();
    bytes[72..74].copy_from_slice(&32_i16.to_le_bytes());
    bytes[268..272].copy_from_slice(&52_f32.to_le_bytes());
    std::fs::write(folder.join("odd.nii"), bytes).unwrap();
    for line in [
        "info odd.nii",
        "resample odd.nii b.nii --canonical",
        "resample odd.nii b.nii --spacing 4 4 4",
        "resample a.nii b.nii --like odd.nii",
    ] {
        let text = succeeds(folder, line);
        assert!(text.contains("52.0 mm apart") && text.contains("32 bits"), "{line}: {text}");
    }
    fails(folder, "check odd.nii", &["52.0 mm apart", "32 bits"]);
    // One file that cannot be read does not keep `info` from the next.
    let text = fails(folder, "info none.nii a.nii", &["none.nii"]);
    assert!(text.contains("12 x 14 x 10 int16"), "{text}");
    assert_eq!(read_labels::<i32>(folder.join("odd.nii")).unwrap().data()[[1, 0, 0]], -993);
}

#[test]
fn transforms_are_converted_turned_round_and_joined() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [fixed, moving] = [tomogram(), {
        let matrix = Matrix4::new_translation(&Vector3::new(-24.0, 1.0, -2.0)) * Matrix4::new_scaling(2.0);
        Volume::new(tomogram().into_data(), Affine::new(matrix).unwrap()).unwrap()
    }];
    write(folder.join("f.nii"), &fixed).unwrap();
    write(folder.join("m.nii"), &moving).unwrap();
    let about = |turn: [f64; 3], shift: [f64; 3]| {
        RigidTransform::about(Point3::new(1.0, 2.0, 3.0), turn.into(), shift.into())
    };
    let (a, b) = (about([0.1, 0.2, -0.1], [4.0, -3.0, 2.0]), about([0.0, -0.3, 0.2], [-1.0, 5.0, 0.5]));
    let ends = Ends { fixed: fixed.grid(), moving: moving.grid() };
    write_transform(folder.join("a.tfm"), a, None).unwrap();
    write_transform(folder.join("b.txt"), b, None).unwrap();
    let images = "--fixed f.nii --moving m.nii";
    succeeds(folder, &format!("transform a.tfm b.txt --convert ab.mat {images}"));
    succeeds(folder, &format!("transform ab.mat {images} --convert ab.lta"));
    succeeds(folder, &format!("transform ab.lta {images} --inverse --convert back.tfm"));
    let joined = b.after(&a).matrix();
    let matrix = |name: &str, ends| read_transform(folder.join(name), ends).unwrap().matrix();
    assert!((matrix("ab.mat", Some(&ends)) - joined).abs().max() < 1e-9);
    assert!((matrix("ab.lta", Some(&ends)) - joined).abs().max() < 1e-9);
    assert!((matrix("back.tfm", None) * joined - Matrix4::identity()).abs().max() < 1e-9);
    fails(folder, "transform ab.mat a.tfm --convert c.txt", &["ab.mat", "two images"]);

    // The same by each file, on the fixed volume's grid.
    let mut results = Vec::new();
    for matrix in ["a.tfm --matrix b.txt", "ab.mat", "ab.lta", "back.tfm --inverse"] {
        succeeds(folder, &format!("resample m.nii r.nii --like f.nii --matrix {matrix}"));
        results.push(read(folder.join("r.nii")).unwrap());
    }
    for other in &results[1..] {
        let pairs = results[0].as_slice().iter().zip(other.as_slice());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 0.01));
    }
    assert!(results[0].as_slice().iter().filter(|&&value| value != 0.0).count() > 100);
}

#[test]
fn volumes_of_a_series_are_chosen_or_split() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Three copies of a volume, the second of them times 2, as one file of 4 dimensions.
    let one = tomogram();
    write(folder.join("one.nii"), &one).unwrap();
    let mut bytes = std::fs::read(folder.join("one.nii")).unwrap();
    write(folder.join("two.nii"), &one.map(|&value| 2 * value)).unwrap();
    bytes[40..42].copy_from_slice(&4_i16.to_le_bytes());
    bytes[48..50].copy_from_slice(&3_i16.to_le_bytes());
    let voxels = bytes[352..].to_vec();
    bytes.extend(&std::fs::read(folder.join("two.nii")).unwrap()[352..]);
    bytes.extend(voxels);
    std::fs::write(folder.join("series.nii"), bytes).unwrap();

    assert!(succeeds(folder, "info series.nii").contains("3 volumes"));
    fails(folder, "resample series.nii a.nii --canonical", &["series.nii", "--volume N", "mri-prep split"]);
    fails(folder, "resample series.nii a.nii --canonical --volume 3", &["no volume 3", "from 0 to 2"]);
    succeeds(folder, "split series.nii part_");
    for (number, expected) in [(0, "one.nii"), (1, "two.nii"), (2, "one.nii")] {
        let expected = std::fs::read(folder.join(expected)).unwrap();
        succeeds(folder, &format!("resample part_000{number}.nii.gz whole.nii --canonical"));
        succeeds(folder, &format!("resample series.nii a.nii --canonical --volume {number}"));
        let [whole, chosen] = ["whole.nii", "a.nii"].map(|name| std::fs::read(folder.join(name)).unwrap());
        assert!(whole == chosen);
        succeeds(folder, &format!("resample series.nii b.nii --spacing 2 2 2 --volume {number}"));
        std::fs::write(folder.join("expected.nii"), expected).unwrap();
        assert_eq!(read(folder.join("b.nii")).unwrap(), read(folder.join("expected.nii")).unwrap());
    }
    assert!(!folder.join("part_0003.nii.gz").exists());
}

#[test]
fn a_stripped_brain_keeps_the_type_of_its_scan() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let scan = common::brain(&RigidTransform::identity()).map(|&value| value as i16);
    write(folder.join("a.nii"), &scan).unwrap();
    succeeds(folder, "strip a.nii --skull keep --brain brain.nii --mask mask.nii");
    assert_eq!(read_header(folder.join("brain.nii")).unwrap().datatype, Datatype::Int16);
    let mask = mri_io::nifti::read_mask(folder.join("mask.nii")).unwrap();
    let brain = read_labels::<i16>(folder.join("brain.nii")).unwrap();
    for ((&brain, &scan), &inside) in brain.as_slice().iter().zip(scan.as_slice()).zip(mask.as_slice()) {
        assert_eq!(brain, if inside { scan } else { 0 });
    }
}
