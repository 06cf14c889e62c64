//! Reading, resampling and histogram matching against nibabel, `SciPy` and `NumPy`. `golden/generate.py` made the files,
//! `golden/mgh.py` those of `FreeSurfer`'s format.

use std::path::{Path, PathBuf};

use mri_io::intensity::{Normalization, StandardScale, normalize};
use mri_io::nifti::{Datatype, Fault, Series, StoredVolume};
use mri_io::resample::{Interpolation, resample};
use mri_io::{Affine, Error, Grid, Mask, RigidTransform, Volume, read};
use nalgebra::Matrix4;
use ndarray::Array3;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn json(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn expected() -> Value {
    json("expected.json")
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
    let (expected, mgh) = (expected(), json("mgh.json"));
    let nifti = expected["files"].as_object().unwrap().iter().map(|file| ("files", file));
    let files: Vec<_> = nifti.chain(mgh.as_object().unwrap().iter().map(|file| ("mgh", file))).collect();
    assert_eq!(files.len(), 28 + 4);
    for (place, (name, expected)) in files {
        let volume = read(folder().join(place).join(name)).unwrap();
        assert_eq!(volume.shape(), shape(&expected["shape"]), "{name}");
        let affine = Matrix4::from_row_slice(&numbers(&expected["affine"]));
        let difference = (volume.affine().matrix() - affine).abs().max();
        assert!(difference < 1e-5, "{name}: the affine differs by {difference}");
        let values: Vec<_> = numbers(&expected["values"]).into_iter().map(|value| value as f32).collect();
        assert_eq!(volume.as_slice(), values, "{name}");
    }
}

#[test]
fn a_series_is_read_volume_by_volume() {
    let path = folder().join("mgh/series.mgz");
    let refusal = read(&path).unwrap_err();
    assert!(matches!(refusal, Error::Nifti { fault: Fault::Series { volumes: 3 }, .. }), "{refusal}");
    // `golden/mgh.py` counted the voxels with the volume's index running fastest.
    let values = |volume: &StoredVolume| volume.values().unwrap().as_slice().to_vec();
    let expected = |number: usize| (0..8).map(|n| (3 * n + number) as f32).collect::<Vec<_>>();
    let all: Vec<_> = Series::open(&path).unwrap().map(|volume| values(&volume.unwrap())).collect();
    assert_eq!(all, [0, 1, 2].map(expected));
    let mut series = Series::open(&path).unwrap();
    assert_eq!(series.header().volumes, 3);
    let last = series.take_volume(2).unwrap();
    assert_eq!((values(&last), last.datatype()), (expected(2), Datatype::Int16));
    for (number, cause) in [(3, "from 0 to 2"), (1, "open it again")] {
        let message = series.take_volume(number).unwrap_err().to_string();
        assert!(message.contains("series.mgz") && message.contains(cause), "{message}");
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
