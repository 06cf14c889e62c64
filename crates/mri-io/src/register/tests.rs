//! Whole registrations of an analytic head whose pose is known.

use nalgebra::{Matrix4, Point3, Vector3};
use ndarray::Array3;

use super::views::views;
use super::{Degrees, Registration, RegistrationSettings, Scan, register_affine, register_rigid};
use crate::resample::tests::stored_in_all_orders;
use crate::{AffineTransform, Grid, Mask, RigidTransform, Volume};

/// Ellipsoids: middle, half axes (mm), and what they add to the intensity in two contrasts.
const PARTS: [([f64; 3], [f64; 3], [f64; 2]); 9] = [
    ([0.0, 0.0, 0.0], [66.0, 82.0, 62.0], [60.0, 90.0]),
    ([0.0, 4.0, 2.0], [54.0, 68.0, 50.0], [40.0, -45.0]),
    ([12.0, 5.0, 8.0], [9.0, 26.0, 12.0], [-70.0, 60.0]),
    ([-13.0, 2.0, 9.0], [8.0, 22.0, 14.0], [-65.0, 60.0]),
    ([20.0, -45.0, -30.0], [16.0, 14.0, 12.0], [25.0, 20.0]),
    ([-22.0, -42.0, -28.0], [13.0, 16.0, 11.0], [22.0, 20.0]),
    ([30.0, 40.0, 10.0], [8.0, 7.0, 12.0], [-30.0, 25.0]),
    ([-35.0, 10.0, -15.0], [10.0, 6.0, 9.0], [-25.0, 30.0]),
    ([5.0, 62.0, -20.0], [20.0, 9.0, 8.0], [30.0, -25.0]),
];

/// Intensity at a point of the head's own space, with edges about 2 mm wide.
fn intensity(point: Point3<f64>, contrast: usize) -> f64 {
    PARTS.iter().fold(5.0, |sum, &(middle, axes, adds)| {
        let scaled = (point - Point3::from(middle)).component_div(&Vector3::from(axes));
        let depth = (scaled.norm() - 1.0) * axes.iter().copied().fold(f64::INFINITY, f64::min);
        sum + adds[contrast] / (1.0 + (depth / 0.8).exp())
    })
}

/// The head on `grid` after `pose` moved it, with a little reproducible noise.
fn head(grid: &Grid, pose: impl Into<AffineTransform>, contrast: usize) -> Volume<f32> {
    let inverse = pose.into().inverse();
    let mut state = 1_u64 + contrast as u64;
    let data = Array3::from_shape_fn(grid.shape, |(i, j, k)| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let noise = (state >> 40) as f64 / f64::from(1 << 24) - 0.5;
        let world = grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
        (intensity(inverse.apply(world), contrast) + 4.0 * noise) as f32
    });
    Volume::new(data, grid.affine).unwrap()
}

fn grid() -> Grid {
    Grid::centred([92, 104, 84], [2.0; 3]).unwrap()
}

fn pose(degrees: [f64; 3], shift: [f64; 3]) -> RigidTransform {
    RigidTransform::about(Point3::new(3.0, -5.0, 2.0), degrees.map(f64::to_radians).into(), shift.into())
}

fn register(fixed: &Volume<f32>, moving: &Volume<f32>) -> Registration {
    register_rigid(fixed, moving, &RegistrationSettings::default()).unwrap()
}

/// Points of a lattice within the head, mm.
fn places() -> impl Iterator<Item = Point3<f64>> {
    let lattice = || (-2..=2).map(|v| f64::from(v) * 25.0);
    lattice().flat_map(move |x| lattice().flat_map(move |y| lattice().map(move |z| Point3::new(x, y, z))))
}

/// Mean distance (mm) between two transforms over the head.
fn error(a: &RigidTransform, b: &RigidTransform) -> f64 {
    a.mean_distance(b, places())
}

/// Mean distance (mm) between two affine transforms over the head.
fn affine_error(a: &AffineTransform, b: &AffineTransform) -> f64 {
    places().map(|point| (a.apply(point) - b.apply(point)).norm()).sum::<f64>() / places().count() as f64
}

/// A pose with scale and shear.
fn stretched(degrees: [f64; 3], shift: [f64; 3]) -> AffineTransform {
    let stretch =
        Matrix4::new(1.12, 0.04, -0.02, 0.0, 0.0, 0.93, 0.05, 0.0, 0.03, 0.0, 1.06, 0.0, 0.0, 0.0, 0.0, 1.0);
    AffineTransform::from_matrix(&(pose(degrees, shift).matrix() * stretch)).unwrap()
}

#[test]
fn poses_are_recovered_in_one_and_across_two_contrasts() {
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    for (contrast, degrees, shift) in
        [(0, [4.0, -3.0, 6.0], [3.0, 8.0, -5.0]), (1, [-20.0, 15.0, 30.0], [20.0, -15.0, 12.0])]
    {
        let truth = pose(degrees, shift);
        let found = register(&fixed, &head(&grid(), truth, contrast));
        let error = error(&found.transform, &truth);
        assert!(error < 0.15, "{error} mm in contrast {contrast}");
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
}

#[test]
fn scale_and_shear_are_recovered() {
    let settings = RegistrationSettings::default();
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    for (contrast, degrees, shift) in
        [(0, [10.0, -8.0, 12.0], [8.0, -12.0, 10.0]), (1, [-15.0, 20.0, 10.0], [-15.0, 10.0, 20.0])]
    {
        let truth = stretched(degrees, shift);
        let moving = head(&grid(), truth, contrast);
        let found = register_affine(&fixed, &moving, &settings).unwrap();
        let error = affine_error(&found.transform, &truth);
        assert!(error < 0.3, "{error} mm in contrast {contrast}");
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
}

#[test]
fn scales_are_recovered_with_the_degrees_of_freedom_for_them() {
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let turned = pose([8.0, -6.0, 12.0], [6.0, -9.0, 8.0]);
    for (degrees, scales) in [(Degrees::Similarity, [1.1; 3]), (Degrees::Scales, [1.1, 0.93, 1.05])] {
        let stretch = Matrix4::new_nonuniform_scaling(&scales.into());
        let truth = AffineTransform::from_matrix(&(turned.matrix() * stretch)).unwrap();
        let moving = head(&grid(), truth, 1);
        let found = super::register(degrees, &fixed, &moving, &RegistrationSettings::default()).unwrap();
        let error = affine_error(&found.transform, &truth);
        assert!(error < 0.3, "{error} mm with {degrees:?}");
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
}

#[test]
fn a_header_that_stands_on_its_head_is_reported() {
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    for turn in [[180.0, 0.0, 0.0], [0.0, 180.0, 0.0]] {
        let found = register(&fixed, &head(&grid(), pose(turn, [0.0; 3]), 0));
        assert!(found.warnings.iter().any(|warning| warning.contains("half a turn")), "{:?}", found.warnings);
    }
}

#[test]
fn thick_slices_of_any_orientation_are_registered() {
    let truth = pose([8.0, -6.0, 10.0], [5.0, 6.0, -4.0]);
    let thick = Grid::centred([150, 170, 32], [1.2, 1.2, 5.0]).unwrap();
    // The same grid as stored by a scanner that counts leftwards first.
    let mut matrix = *thick.affine.matrix();
    matrix.column_mut(0).neg_mut();
    matrix[(0, 3)] = -matrix[(0, 3)];
    let thick = Grid { affine: crate::Affine::new(matrix).unwrap(), ..thick };
    let found = register(&head(&grid(), RigidTransform::identity(), 0), &head(&thick, truth, 1));
    let error = error(&found.transform, &truth);
    assert!(error < 0.3, "{error} mm");
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let moving = head(&grid(), pose([10.0, 5.0, -8.0], [6.0, 2.0, 9.0]), 1);
    let [one, four] = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| register(&fixed, &moving))
    });
    assert_eq!(one.transform, four.transform);
    assert_eq!(one.metric.to_bits(), four.metric.to_bits());
    let affine = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let settings = RegistrationSettings::default();
        pool.install(|| register_affine(&fixed, &moving, &settings)).unwrap()
    };
    assert_eq!(affine(1).transform, affine(3).transform);
}

#[test]
fn the_way_back_is_the_inverse() {
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let moving = head(&grid(), pose([-12.0, 7.0, 5.0], [-6.0, 10.0, 3.0]), 1);
    let there = register(&fixed, &moving).transform;
    let back = register(&moving, &fixed).transform;
    let error = error(&back.after(&there), &RigidTransform::identity());
    assert!(error < 0.15, "{error} mm");
}

#[test]
fn masks_shut_out_what_does_not_match() {
    let truth = pose([6.0, -9.0, 12.0], [4.0, -7.0, 8.0]);
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let mut moving = head(&grid(), truth, 1);
    let ball = |pose: &RigidTransform| -> Mask {
        let inverse = pose.inverse();
        let data = Array3::from_shape_fn(grid().shape, |(i, j, k)| {
            let world = grid().affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
            intensity(inverse.apply(world), 0) > 35.0
        });
        Volume::new(data, grid().affine).unwrap()
    };
    let (fixed_mask, moving_mask) = (ball(&RigidTransform::identity()), ball(&truth));
    // Something bright beside the head, and a tumour within.
    let inverse = truth.inverse();
    for ((i, j, k), value) in moving.data_mut().indexed_iter_mut() {
        let world = grid().affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
        if (inverse.apply(world) - Point3::new(25.0, 15.0, 20.0)).norm() < 20.0 || k < 4 {
            *value = 180.0;
        }
    }
    let settings = RegistrationSettings::default();
    for masks in
        [(Some(&fixed_mask), Some(&moving_mask)), (Some(&fixed_mask), None), (None, Some(&moving_mask))]
    {
        let found = register_rigid(
            Scan { volume: &fixed, mask: masks.0 },
            Scan { volume: &moving, mask: masks.1 },
            &settings,
        )
        .unwrap();
        let error = error(&found.transform, &truth);
        assert!(error < 0.3, "{error} mm with masks {} {}", masks.0.is_some(), masks.1.is_some());
    }
}

#[test]
fn a_stripped_brain_meets_its_head() {
    let truth = pose([8.0, -12.0, 10.0], [10.0, -6.0, 12.0]);
    let stripped = |pose: RigidTransform, contrast| {
        let mut head = head(&grid(), pose, contrast);
        for ((i, j, k), value) in head.data_mut().indexed_iter_mut() {
            let world = grid().affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
            let place = pose.inverse().apply(world) - Point3::new(0.0, 4.0, 2.0);
            if place.component_div(&Vector3::new(54.0, 68.0, 50.0)).norm() > 1.0 {
                *value = 0.0;
            }
        }
        head
    };
    let identity = RigidTransform::identity();
    for (fixed, moving) in
        [(stripped(identity, 0), head(&grid(), truth, 1)), (head(&grid(), identity, 0), stripped(truth, 1))]
    {
        let found = register(&fixed, &moving);
        let error = error(&found.transform, &truth);
        assert!(error < 0.3, "{error} mm");
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
}

#[test]
fn voxels_that_are_not_finite_do_no_harm() {
    let truth = pose([3.0, 5.0, -4.0], [5.0, 2.0, 1.0]);
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let mut moving = head(&grid(), truth, 0);
    for (index, value) in moving.as_mut_slice().iter_mut().enumerate() {
        match index % 3000 {
            0 => *value = f32::NAN,
            1 => *value = f32::INFINITY,
            2 => *value = f32::NEG_INFINITY,
            _ => {}
        }
    }
    let error = error(&register(&fixed, &moving).transform, &truth);
    assert!(error < 0.15, "{error} mm");
}

#[test]
fn volumes_without_content_are_refused_by_name() {
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let settings = RegistrationSettings::default();
    let complaint = |fixed: &Volume<f32>, mask: Option<&Mask>, moving: &Volume<f32>| {
        register_rigid(Scan { volume: fixed, mask }, moving, &settings).unwrap_err().to_string()
    };
    let constant = Volume::filled(&grid(), 7.0).unwrap();
    assert!(complaint(&fixed, None, &constant).contains("the moving volume: the volume is constant"));
    let nothing = Volume::filled(&grid(), f32::NAN).unwrap();
    assert!(complaint(&nothing, None, &fixed).contains("voxels are not finite"));
    let slice = Volume::filled(&Grid::centred([64, 64, 1], [1.0; 3]).unwrap(), 1.0).unwrap();
    assert!(
        complaint(&fixed, None, &slice)
            .contains("the moving volume: a volume of [64, 64, 1] voxels is too small")
    );
    let empty = Volume::filled(&grid(), false).unwrap();
    assert!(complaint(&fixed, Some(&empty), &fixed).contains("empty"));
    let elsewhere = Volume::filled(&Grid::centred([9, 9, 9], [1.0; 3]).unwrap(), true).unwrap();
    assert!(complaint(&fixed, Some(&elsewhere), &fixed).contains("different grids"));
}

#[test]
fn noise_against_a_head_is_reported() {
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let mut state = 3_u64;
    let noise = fixed.map(|_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32
    });
    assert!(!register(&fixed, &noise).warnings.is_empty());
}

#[test]
fn a_head_with_its_blocks_in_disorder_is_reported() {
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let mut blocks = fixed.clone();
    let [ni, nj, nk] = grid().shape;
    for ((i, j, k), value) in blocks.data_mut().indexed_iter_mut() {
        // A step that shares no factor with the number of blocks along its axis.
        let from = |index: usize, count: usize, step: usize| {
            let blocks = count / 4;
            if index < 4 * blocks { index / 4 * step % blocks * 4 + index % 4 } else { index }
        };
        *value = fixed.data()[[from(i, ni, 7), from(j, nj, 9), from(k, nk, 8)]];
    }
    assert!(!register(&fixed, &blocks).warnings.is_empty());
}

#[test]
fn a_turn_beyond_the_search_and_a_small_overlap_are_reported() {
    let truth = pose([0.0, 0.0, 70.0], [0.0; 3]);
    let fixed = head(&grid(), RigidTransform::identity(), 0);
    let turned = register(&fixed, &head(&grid(), truth, 1));
    assert!(turned.warnings.iter().any(|warning| warning.contains("bound of its search")), "{turned:?}");
    let mut lower = grid();
    lower.shape[2] = 36;
    let partly = register(&fixed, &head(&lower, pose([5.0, 0.0, 8.0], [3.0, 0.0, 0.0]), 1));
    assert!(partly.warnings.iter().any(|warning| warning.contains("only")), "{partly:?}");
}

/// All that a registration sees of its volumes is the same, so its result is.
#[test]
fn the_order_of_the_axes_in_a_file_decides_nothing() {
    let grid = Grid::centred([24, 28, 22], [8.0; 3]).unwrap();
    let moving = head(&grid, pose([6.0, -4.0, 8.0], [5.0, -3.0, 4.0]), 0);
    let fixed = head(&grid, RigidTransform::identity(), 0);
    let mask = moving.map(|&value| value > 20.0);
    let seen = |fixed: &Volume<f32>, moving: &Volume<f32>, mask: &Mask| {
        let levels = views(fixed.into(), Scan::within(moving, mask)).unwrap().into_iter().flatten();
        let levels = levels.flat_map(|view| [Some(view.level), view.mask]).flatten();
        levels.map(|level| (level.data, level.shape, *level.affine.matrix())).collect::<Vec<_>>()
    };
    let expected = seen(&fixed, &moving, &mask);
    let [all_fixed, all_moving] = [&fixed, &moving].map(stored_in_all_orders);
    let masks = stored_in_all_orders(&mask);
    for order in 0..48 {
        assert!(
            seen(&all_fixed[order], &all_moving[47 - order], &masks[47 - order]) == expected,
            "order {order}"
        );
    }
}
