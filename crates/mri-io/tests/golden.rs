//! Reading, resampling and histogram matching against nibabel, `SciPy` and `NumPy`. `golden/generate.py` made the files.

use std::path::{Path, PathBuf};

use mri_io::{
    Affine, Grid, Interpolation, Mask, Normalization, RigidTransform, StandardScale, Volume, normalize, read,
    resample,
};
use nalgebra::Matrix4;
use ndarray::Array3;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn expected() -> Value {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn shape(value: &Value) -> [usize; 3] {
    let lengths: Vec<_> = numbers(value).into_iter().map(|n| n as usize).collect();
    lengths.try_into().unwrap()
}

#[test]
fn files_read_as_nibabel_reads_them() {
    let expected = expected();
    let files = expected["files"].as_object().unwrap();
    assert_eq!(files.len(), 28);
    for (name, expected) in files {
        let volume = read(folder().join("files").join(name)).unwrap();
        assert_eq!(volume.shape(), shape(&expected["shape"]), "{name}");
        let affine = Matrix4::from_row_slice(&numbers(&expected["affine"]));
        let difference = (volume.affine().matrix() - affine).abs().max();
        assert!(difference < 1e-5, "{name}: the affine differs by {difference}");
        let values: Vec<_> = numbers(&expected["values"]).into_iter().map(|value| value as f32).collect();
        assert_eq!(volume.as_slice(), values, "{name}");
    }
}

#[test]
fn interpolation_agrees_with_scipy() {
    let expected = &expected()["resampled"];
    let values = numbers(&expected["volume"]).into_iter().map(|value| value as f32).collect();
    let data = Array3::from_shape_vec(shape(&expected["volume_shape"]), values).unwrap();
    let volume = Volume::new(data, Affine::from_spacing([1.0; 3], [0.0; 3]).unwrap()).unwrap();
    let matrix = Matrix4::from_row_slice(&numbers(&expected["grid_affine"]));
    let grid = Grid { shape: shape(&expected["grid_shape"]), affine: Affine::new(matrix).unwrap() };
    for (name, interpolation) in [
        ("nearest", Interpolation::Nearest),
        ("linear", Interpolation::Linear),
        ("cubic", Interpolation::Cubic),
    ] {
        let found = resample(&volume, &grid, RigidTransform::identity(), interpolation, 0.0).unwrap();
        for (&found, expected) in found.as_slice().iter().zip(numbers(&expected[name])) {
            assert!((f64::from(found) - expected).abs() < 1e-3, "{name}: {found}, SciPy {expected}");
        }
    }
}

#[test]
fn histogram_matching_agrees_with_numpy() {
    let expected = &expected()["nyul"];
    let volume = |values: &Value| {
        let values: Vec<f32> = numbers(values).into_iter().map(|value| value as f32).collect();
        let data = Array3::from_shape_vec((values.len(), 1, 1), values).unwrap();
        Volume::new(data, Affine::from_spacing([1.0; 3], [0.0; 3]).unwrap()).unwrap()
    };
    let all = |volume: &Volume<f32>| -> Mask { volume.map(|_| true) };
    let cohort = expected["cohort"].as_array().unwrap().iter().map(volume);
    let scales: Vec<_> = cohort.map(|scan| StandardScale::of(&scan, &all(&scan)).unwrap()).collect();
    let standard = StandardScale::learn(scales.iter().copied()).unwrap();
    for (found, expected) in standard.landmarks().iter().zip(numbers(&expected["standard"])) {
        assert!((found - expected).abs() < 1e-6, "{found}, NumPy {expected}");
    }
    for (scale, name, tolerance) in [(standard, "on_standard", 1e-6), (scales[0], "like_first", 1e-3)] {
        let mut scan = volume(&expected["scan"]);
        let mask = all(&scan);
        normalize(&mut scan, &mask, &Normalization::Nyul(scale)).unwrap();
        for (&found, expected) in scan.as_slice().iter().zip(numbers(&expected[name])) {
            assert!((f64::from(found) - expected).abs() < tolerance, "{name}: {found}, NumPy {expected}");
        }
    }
}
