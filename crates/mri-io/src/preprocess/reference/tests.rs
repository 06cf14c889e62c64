use nalgebra::{Matrix4, Point3, Vector3};

use super::*;
use crate::register::{RegistrationSettings, Scan, register_rigid};

#[test]
fn the_built_in_brain_is_upright_symmetric_and_of_human_size() {
    let reference = Reference::t2().unwrap();
    let (volume, mask) = (reference.volume(), reference.mask());
    assert_eq!(volume.affine().spacing(), [2.0; 3]);
    // Axes along right, front, top, and x = 0 in the middle.
    let [ni, nj, nk] = volume.shape();
    let linear = volume.affine().matrix().fixed_view::<3, 3>(0, 0).into_owned();
    assert_eq!(linear, nalgebra::Matrix3::identity() * 2.0);
    assert_eq!(volume.affine().voxel_to_world(Point3::new((ni - 1) as f64 / 2.0, 0.0, 0.0)).x, 0.0);
    for (i, j, k) in voxels(ni, nj, nk) {
        assert_eq!(volume.data()[[i, j, k]], volume.data()[[ni - 1 - i, j, k]]);
    }
    // A brain with the fluid in its sulci has 1.2 to 1.9 litres.
    assert!((1200.0..1900.0).contains(&mask.millilitres()), "{} ml", mask.millilitres());
    assert!(volume.as_slice().iter().zip(mask.as_slice()).all(|(&value, &inside)| inside == (value > 0.0)));
    // The lateral ventricles: bright in T2 beside the plane of symmetry, against the white matter further out.
    let at = |x: f64, y: f64, z: f64| {
        let voxel = volume.affine().world_to_voxel(Point3::new(x, y, z)).map(|v| v.round() as usize);
        volume.data()[[voxel.x, voxel.y, voxel.z]]
    };
    let brightest = |x: std::ops::Range<i32>| {
        x.flat_map(|x| (-10..30).map(move |y| (x, y)))
            .flat_map(|(x, y)| (0..30).map(move |z| (x, y, z)))
            .map(|(x, y, z)| at(x.into(), y.into(), z.into()))
            .fold(0.0, f32::max)
    };
    assert!(brightest(4..14) > 1.3 * brightest(24..30), "{} {}", brightest(4..14), brightest(24..30));
}

fn voxels(ni: usize, nj: usize, nk: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..ni).flat_map(move |i| (0..nj).flat_map(move |j| (0..nk).map(move |k| (i, j, k))))
}

#[test]
fn grids_lie_around_the_brain() {
    let reference = Reference::t2().unwrap();
    for (shape, spacing) in [([240, 240, 155], [1.0; 3]), ([80, 96, 80], [2.0; 3])] {
        let grid = reference.grid_around(shape, spacing).unwrap();
        assert_eq!((grid.shape, grid.affine.spacing()), (shape, spacing));
        let there = reference.on_grid(&grid).unwrap();
        let share = there.mask().millilitres() / reference.mask().millilitres();
        // Half a voxel beside its own grid, ties at the border count as brain.
        assert!((share - 1.0).abs() < 0.04, "{share}");
        // Nothing is cut off: the mask keeps clear of the border.
        let mask = there.mask().data();
        assert!(mask.indexed_iter().all(|((i, j, k), &inside)| {
            !inside || [i, j, k].iter().zip(shape).all(|(&index, side)| index > 0 && index + 1 < side)
        }));
    }
    let message = reference.grid_around([40, 96, 80], [2.0; 3]).unwrap_err().to_string();
    assert!(message.contains("80 mm along axis 0"), "{message}");
}

#[test]
fn a_smaller_or_larger_brain_of_another_contrast_is_turned_back() {
    let reference = Reference::t2().unwrap();
    let turn = Vector3::new(15.0, -20.0, 25.0).map(f64::to_radians);
    let pose = RigidTransform::about(Point3::origin(), turn, Vector3::new(30.0, -15.0, 40.0));
    let settings = RegistrationSettings::default();
    for scale in [0.84, 0.7, 1.25] {
        let sized = Matrix4::new_scaling(scale);
        let affine = Affine::new(pose.matrix() * sized * reference.volume().affine().matrix()).unwrap();
        let dark = reference.volume().map(|&value| if value > 0.0 { 300.0 - value } else { 0.0 });
        let scan = Volume::new(dark.into_data(), affine).unwrap();
        let mask = Volume::new(reference.mask().data().to_owned(), affine).unwrap();
        let found = register_rigid(
            Scan::within(reference.volume(), reference.mask()),
            Scan::within(&scan, &mask),
            &settings,
        )
        .unwrap();
        let turned = pose.inverse().after(&found.transform).angle_degrees();
        let shifted = (pose.inverse().apply(found.transform.apply(Point3::origin()))).coords.norm();
        assert!(turned < 3.0 && shifted < 5.0, "{scale}: {turned} degrees, {shifted} mm");
        assert!(found.warnings.is_empty(), "{scale}: {:?}", found.warnings);
    }
}
