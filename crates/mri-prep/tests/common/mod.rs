//! A small synthetic brain, and the program run on it.
#![allow(dead_code, unreachable_pub)] // Not every test needs all of it.

use std::path::Path;

use assert_cmd::Command;
use mri_io::{Grid, RigidTransform, Volume};
use nalgebra::{Point3, Vector3};

/// A lopsided ellipsoid without a skull: two levels and a gradient inside, 0 outside.
pub fn brain(pose: &RigidTransform) -> Volume<f32> {
    let grid = Grid::centred([48, 56, 44], [3.5; 3]).unwrap();
    let mut scan = Volume::filled(&grid, 0.0_f32).unwrap();
    for ((i, j, k), value) in scan.data_mut().indexed_iter_mut() {
        let world = grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
        let place = pose.inverse().apply(world).coords;
        let radius = |place: Vector3<f64>, axes: [f64; 3]| place.component_div(&Vector3::from(axes)).norm();
        if radius(place, [62.0, 80.0, 55.0]) < 1.0 {
            let inside = radius(place - Vector3::new(14.0, 22.0, 8.0), [18.0, 30.0, 14.0]) < 1.0;
            *value = if inside { 300.0 } else { 100.0 + 0.5 * place.y as f32 };
        }
    }
    scan
}

pub fn pose() -> RigidTransform {
    RigidTransform::about(Point3::origin(), Vector3::new(0.1, -0.05, 0.15), Vector3::new(6.0, -4.0, 5.0))
}

pub fn mri_prep(folder: &Path, line: &str) -> (i32, String) {
    let output =
        Command::cargo_bin("mri-prep").unwrap().current_dir(folder).args(line.split(' ')).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().expect("not killed"), String::from_utf8(text).unwrap())
}

pub fn succeeds(folder: &Path, line: &str) -> String {
    let (code, text) = mri_prep(folder, line);
    assert_eq!(code, 0, "{line}: {text}");
    text
}

pub fn fails(folder: &Path, line: &str, causes: &[&str]) -> String {
    let (code, text) = mri_prep(folder, line);
    assert_eq!(code, 1, "{line}: {text}");
    for cause in causes {
        assert!(text.contains(cause), "{line}: `{cause}` is not in {text}");
    }
    assert!(!text.contains("panicked"), "{line}: {text}");
    text
}
