//! Brains without what surrounds them.

use nalgebra::{Matrix4, Point3, Vector3};
use ndarray::Array3;

use super::{error, grid, head, pose, register};
use crate::register::{RegistrationSettings, Scan, register_rigid};
use crate::{AffineTransform, Mask, RigidTransform, Volume};

/// Where the phantom's brain lies, mm.
const MIDDLE: Point3<f64> = Point3::new(0.0, 4.0, 2.0);
const HALF_AXES: [f64; 3] = [54.0, 68.0, 50.0];

/// The phantom's brain without what surrounds it, moved, on a background of 0.
fn brain(pose: impl Into<AffineTransform>, contrast: usize) -> (Volume<f32>, Mask) {
    let pose = pose.into();
    let mut brain = head(&grid(), pose, contrast);
    let inverse = pose.inverse();
    let inside = Array3::from_shape_fn(grid().shape, |(i, j, k)| {
        let world = grid().affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
        (inverse.apply(world) - MIDDLE).component_div(&Vector3::from(HALF_AXES)).norm() <= 1.0
    });
    let mask = Volume::new(inside, grid().affine).unwrap();
    for (value, &inside) in brain.as_mut_slice().iter_mut().zip(mask.as_slice()) {
        *value = if inside { *value } else { 0.0 };
    }
    (brain, mask)
}

/// The rotation is found, and the middle goes where it went.
#[test]
fn brains_of_other_sizes_meet_with_their_masks() {
    let (fixed, fixed_mask) = brain(RigidTransform::identity(), 0);
    for (scale, degrees, shift) in
        [(0.75, [12.0, -20.0, 25.0], [10.0, -6.0, 8.0]), (1.25, [-18.0, 10.0, -22.0], [4.0, 6.0, -5.0])]
    {
        let turned = pose(degrees, shift);
        let scaling = Matrix4::new_scaling(scale);
        let truth = AffineTransform::from_matrix(&(turned.matrix() * scaling)).unwrap();
        let (moving, moving_mask) = brain(truth, 1);
        let found = register_rigid(
            Scan { volume: &fixed, mask: Some(&fixed_mask) },
            Scan { volume: &moving, mask: Some(&moving_mask) },
            &RegistrationSettings::default(),
        )
        .unwrap();
        let angle = turned.inverse().after(&found.transform).angle_degrees();
        let shifted = (truth.apply(MIDDLE) - found.transform.apply(MIDDLE)).norm();
        assert!(angle < 1.0 && shifted < 1.0, "{angle} degrees, {shifted} mm at x{scale}");
        assert!(found.warnings.is_empty(), "{:?} at x{scale}", found.warnings);
    }
}

#[test]
fn a_stripped_brain_meets_its_head() {
    let truth = pose([8.0, -12.0, 10.0], [10.0, -6.0, 12.0]);
    let identity = RigidTransform::identity();
    for (fixed, moving) in
        [(brain(identity, 0).0, head(&grid(), truth, 1)), (head(&grid(), identity, 0), brain(truth, 1).0)]
    {
        let found = register(&fixed, &moving);
        let error = error(&found.transform, &truth);
        assert!(error < 0.3, "{error} mm");
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
}
