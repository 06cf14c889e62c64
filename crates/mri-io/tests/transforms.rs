//! Transforms that other programs wrote, against where those send points. `golden/transforms.py` made the files.

use std::path::{Path, PathBuf};

use mri_io::AffineTransform;
use mri_io::nifti::read_header;
use mri_io::transform_file::{Ends, read_transform};
use nalgebra::Point3;
use serde_json::Value;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/transforms").join(name)
}

fn expected() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/transforms.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn points(value: &Value) -> Vec<Point3<f64>> {
    let point = |value: &Value| Point3::from([0, 1, 2].map(|axis| value[axis].as_f64().unwrap()));
    value.as_array().unwrap().iter().map(point).collect()
}

fn check(name: &str, transform: &AffineTransform, from: &Value, to: &Value, tolerance: f64) {
    for (from, to) in points(from).into_iter().zip(points(to)) {
        let found = transform.apply(from);
        assert!((found - to).norm() < tolerance, "{name}: {found}, not {to}");
    }
}

#[test]
fn transforms_of_itk_and_ants_send_points_where_they_say() {
    let expected = expected();
    let mut count = 0;
    // ANTs computes points in f32.
    for (program, tolerance) in [("itk", 1e-9), ("ants", 1e-4)] {
        for (name, to) in expected[program].as_object().unwrap() {
            let transform = read_transform(file(name), None).unwrap();
            check(name, &transform, &expected["points"], to, tolerance);
            count += 1;
        }
    }
    assert_eq!(count, 11);
}

#[test]
fn transforms_between_images_send_points_where_nitransforms_says() {
    let expected = expected();
    let [fixed, moving] =
        ["fixed.nii.gz", "moving.nii.gz"].map(|name| read_header(file(name)).unwrap().grid());
    let ends = Ends { fixed, moving };
    // nitransforms writes FSL's matrix with eight decimals.
    for (name, tolerance) in [("flirt.mat", 1e-4), ("fixed_to_moving.lta", 1e-4)] {
        let transform = read_transform(file(name), Some(&ends)).unwrap();
        check(name, &transform, &expected["points"], &expected["between_images"], tolerance);
    }
}

#[test]
fn transforms_of_mrtrix_and_greedy_send_points_where_these_programs_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/linear.json");
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let files = expected["to"].as_object().unwrap();
    assert_eq!(files.len(), 4);
    for (name, to) in files {
        let transform = read_transform(file("../linear").join(name), None).unwrap();
        // Both programs resample in f32, and greedy writes six digits.
        check(name, &transform, &expected["points"], to, 2e-3);
    }
}
