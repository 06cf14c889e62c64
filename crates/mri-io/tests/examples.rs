//! The examples do what they say.

#[path = "../examples/register.rs"]
mod register;
#[path = "../examples/resample.rs"]
mod resample;

use mri_io::transform_file::read_transform;
use mri_io::{Grid, RigidTransform, Volume, read, write};
use nalgebra::{Point3, Vector3};

/// A lopsided ball, moved by `pose`.
fn ball(pose: &RigidTransform) -> Volume<f32> {
    let grid = Grid::centred([40, 44, 36], [4.0; 3]).unwrap();
    let mut scan = Volume::filled(&grid, 0.0_f32).unwrap();
    for ((i, j, k), value) in scan.data_mut().indexed_iter_mut() {
        let world = grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
        let place = pose.inverse().apply(world).coords.component_div(&Vector3::new(60.0, 75.0, 50.0));
        if place.norm() < 1.0 {
            *value = (100.0 + 60.0 * place.x - 30.0 * place.y * place.z) as f32;
        }
    }
    scan
}

#[test]
fn a_scan_is_brought_onto_the_grid_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let [scan, like, out] = ["scan.nii.gz", "like.nii.gz", "out.nii.gz"].map(|name| folder.path().join(name));
    write(&scan, &ball(&RigidTransform::identity())).unwrap();
    let grid = Grid::centred([20, 22, 18], [8.0; 3]).unwrap();
    write(&like, &Volume::filled(&grid, 0_u8).unwrap()).unwrap();
    resample::bring(&scan, &like, &out).unwrap();
    let found = read(&out).unwrap();
    assert_eq!(found.grid().shape, grid.shape);
    // Both grids have the same middle, where the ball has 100.
    assert!((found.data()[[10, 11, 9]] - 100.0).abs() < 10.0);
}

#[test]
fn one_scan_is_brought_onto_another() {
    let folder = tempfile::tempdir().unwrap();
    let [fixed, moving, out] =
        ["fixed.nii.gz", "moving.nii.gz", "out.nii.gz"].map(|name| folder.path().join(name));
    let pose =
        RigidTransform::about(Point3::origin(), Vector3::new(0.05, -0.1, 0.1), Vector3::new(5.0, -4.0, 3.0));
    write(&fixed, &ball(&RigidTransform::identity())).unwrap();
    write(&moving, &ball(&pose)).unwrap();
    register::bring(&fixed, &moving, &out).unwrap();
    let found = read_transform(folder.path().join("out.nii.gz.tfm"), None).unwrap().to_rigid().unwrap();
    let places = [[50.0, 0.0, 0.0], [0.0, 60.0, 0.0], [0.0, 0.0, 40.0]].map(Point3::from);
    assert!(found.mean_distance(&pose, places) < 1.5);
    assert_eq!(read(&out).unwrap().shape(), [40, 44, 36]);
}
