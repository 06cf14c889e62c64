//! Known answers and laws. The comparison with `SciPy` is in `tests/golden.rs`.

use nalgebra::{Matrix4, Point3, Rotation3, Vector3};
use ndarray::Array3;
use proptest::prelude::*;

use super::*;
use crate::Affine;

const ALL: [Interpolation; 4] =
    [Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic, Interpolation::Lanczos];

fn scan(shape: [usize; 3]) -> Volume<f32> {
    let affine = Affine::from_spacing([1.0, 1.5, 2.0], [-3.0, 4.0, 5.0]).unwrap();
    let value = |(i, j, k): (usize, usize, usize)| ((i * 7 + j * 13 + k * 29) % 31) as f32;
    Volume::new(Array3::from_shape_fn(shape, value), affine).unwrap()
}

#[test]
fn on_its_own_grid_a_volume_stays_as_it_is() {
    for shape in [[5, 6, 7], [1, 4, 2], [3, 1, 1]] {
        let volume = scan(shape);
        for interpolation in ALL {
            let same =
                resample(&volume, &volume.grid(), RigidTransform::identity(), interpolation, -1.0).unwrap();
            for (a, b) in same.as_slice().iter().zip(volume.as_slice()) {
                assert!((a - b).abs() < 1e-4, "{interpolation:?}: {a} {b}");
            }
        }
    }
}

#[test]
fn a_ramp_stays_a_ramp() {
    let affine = Affine::from_spacing([1.0; 3], [0.0; 3]).unwrap();
    let ramp =
        Volume::new(Array3::from_shape_fn([20, 20, 20], |(i, j, k)| (i + 2 * j + 3 * k) as f32), affine)
            .unwrap();
    let grid = Grid { shape: [4, 4, 4], affine: Affine::from_spacing([1.0; 3], [8.0; 3]).unwrap() };
    let shift = RigidTransform::about(Point3::origin(), Vector3::zeros(), Vector3::new(0.25, -0.5, 0.375));
    for interpolation in [Interpolation::Linear, Interpolation::Cubic] {
        let moved = resample(&ramp, &grid, shift, interpolation, 0.0).unwrap();
        for ((i, j, k), &value) in moved.data().indexed_iter() {
            let expected = 48.0 + (i + 2 * j + 3 * k) as f32 + 0.25 - 1.0 + 1.125;
            assert!((value - expected).abs() < 1e-3, "{interpolation:?}: {value} {expected}");
        }
    }
}

#[test]
fn a_constant_is_kept_inside_and_filled_outside() {
    let volume = scan([6, 6, 6]).map(|_| 3.0);
    let far = Vector3::new(2.25, 0.3, 0.0);
    let shift = RigidTransform::about(Point3::origin(), Vector3::zeros(), far);
    for interpolation in ALL {
        let moved = resample(&volume, &volume.grid(), shift, interpolation, -1.0).unwrap();
        assert!(moved.as_slice().iter().all(|&value| (value - 3.0).abs() < 1e-5 || value == -1.0));
        // 2.25 voxels along i: 0 to 3 are inside (3 by its half-voxel border), 4 and 5 are not.
        let inside: Vec<_> = (0..6).map(|i| moved.data()[[i, 2, 2]] > 0.0).collect();
        assert_eq!(inside, [true, true, true, true, false, false], "{interpolation:?}");
    }
}

#[test]
fn labels_stay_labels_and_masks_follow_the_half() {
    let labels = scan([6, 6, 6]).map(|&value| if value > 15.0 { 500_u16 } else { 2 });
    let turn =
        RigidTransform::about(Point3::new(0.0, 8.0, 10.0), Vector3::new(0.0, 0.0, 0.5), Vector3::zeros());
    let turned = resample_labels(&labels, &labels.grid(), turn).unwrap();
    assert!(turned.as_slice().iter().all(|label| [0, 2, 500].contains(label)));
    let mask = scan([8, 1, 1]).map(|&value| value >= 0.0);
    let finer =
        Grid { shape: [18, 1, 1], affine: Affine::from_spacing([0.5, 1.5, 2.0], [-3.75, 4.0, 5.0]).unwrap() };
    let finer = resample_mask(&mask, &finer, RigidTransform::identity()).unwrap();
    assert_eq!(finer.count(), 16);
}

#[test]
fn going_coarser_keeps_the_mean_of_noise_that_plain_sampling_does_not() {
    let affine = Affine::from_spacing([1.0; 3], [0.0; 3]).unwrap();
    let checks = Array3::from_shape_fn([40, 40, 40], |(i, j, k)| ((i + j + k) % 2) as f32);
    let checks = Volume::new(checks, affine).unwrap();
    let coarse = resample_to_spacing(&checks, [4.0, 4.0, 4.0], Interpolation::Linear).unwrap();
    assert_eq!(coarse.shape(), [10, 10, 10]);
    assert!((coarse.grid().centre() - checks.grid().centre()).norm() < 1e-9);
    // The border, which the smoothing repeats, is left out.
    let middle = coarse.data().slice_move(ndarray::s![1..9, 1..9, 1..9]);
    assert!(middle.iter().all(|value| (value - 0.5).abs() < 1e-3), "{middle:?}");
    let finer = resample_to_spacing(&checks, [0.5, 1.0, 1.0], Interpolation::Nearest).unwrap();
    assert_eq!(finer.shape(), [80, 40, 40]);
    assert!(resample_to_spacing(&checks, [0.0, 1.0, 1.0], Interpolation::Linear).is_err());
}

#[test]
fn threads_do_not_change_a_bit() {
    let volume = scan([30, 31, 32]);
    let turn =
        RigidTransform::about(Point3::new(10.0, 20.0, 30.0), Vector3::new(0.2, 0.1, 0.5), Vector3::zeros());
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ALL.map(|kind| resample(&volume, &volume.grid(), turn, kind, 0.0).unwrap()))
    };
    assert!(run(1) == run(3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn canonical_order_keeps_each_voxel_in_its_place(
        shape in prop::array::uniform3(1..6_usize),
        rotation in prop::array::uniform3(-3.2..3.2_f64),
        mirrored in any::<bool>(),
    ) {
        let mirror = if mirrored { -1.0 } else { 1.0 };
        let scale = Matrix4::from_diagonal(&[mirror, 2.0, 3.0, 1.0].into());
        let rotation = Rotation3::from_scaled_axis(rotation.into()).to_homogeneous();
        let affine = Affine::new(Matrix4::new_translation(&Vector3::new(5.0, -7.0, 9.0)) * rotation * scale).unwrap();
        let count = shape.iter().product::<usize>();
        let numbers = Array3::from_shape_vec(shape, (0..count).collect()).unwrap();
        let volume = Volume::new(numbers, affine).unwrap();
        let canonical = to_canonical(&volume);
        prop_assert_eq!(canonical.affine().orientation(), "RAS");
        let places = |volume: &Volume<usize>| {
            let mut places = vec![Point3::origin(); count];
            for ((i, j, k), &value) in volume.data().indexed_iter() {
                places[value] = volume.affine().voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
            }
            places
        };
        for (a, b) in places(&volume).iter().zip(&places(&canonical)) {
            prop_assert!((a - b).norm() < 1e-9);
        }
    }
}

#[test]
fn voxels_that_are_not_finite_have_no_weight() {
    let whole = scan([24, 22, 20]).map(|&value| 100.0 + value);
    let mut holed = whole.clone();
    // Unknown: a slab, of which a band beside it would be lost if it spread.
    for ((i, _, _), value) in holed.data_mut().indexed_iter_mut() {
        if i < 8 {
            *value = if i % 2 == 0 { f32::NAN } else { f32::INFINITY };
        }
    }
    let shifted = |by: f64| {
        let matrix = whole.affine().matrix() * Matrix4::new_translation(&Vector3::new(by, 0.0, 0.0));
        Grid { shape: [20, 22, 20], affine: Affine::new(matrix).unwrap() }
    };
    let to = |volume: &Volume<f32>, grid: &Grid, interpolation| {
        resample(volume, grid, RigidTransform::identity(), interpolation, 7.0).unwrap()
    };
    for interpolation in [Interpolation::Linear, Interpolation::Cubic, Interpolation::Lanczos] {
        let [found, expected] = [&holed, &whole].map(|volume| to(volume, &shifted(0.4), interpolation));
        for (((i, _, _), &found), &expected) in found.data().indexed_iter().zip(expected.data()) {
            match i {
                // Position 7.4: six tenths of the weight are unknown.
                0..8 => assert!(found.is_nan(), "{interpolation:?} at {i}: {found}"),
                // Kernels see the stand-ins within their reach.
                8..14 if interpolation != Interpolation::Linear => assert!((99.0..=135.0).contains(&found)),
                _ => assert!((found - expected).abs() < 0.05, "{interpolation:?} at {i}: {found} {expected}"),
            }
        }
        // Position 7.6: the one known neighbour has the weight alone.
        let found = to(&holed, &shifted(-0.4), interpolation);
        let value = found.data()[[8, 5, 5]];
        if interpolation == Interpolation::Linear {
            assert!((value - whole.data()[[8, 5, 5]]).abs() < 1e-4);
        }
        assert!(value.is_finite() && to(&holed, &shifted(-3.0), interpolation).data()[[0, 0, 0]] == 7.0);
    }
    // Coarser: smoothing does not spread them either.
    let coarse = whole.grid().with_spacing([2.0, 3.0, 4.0]).unwrap();
    let found = to(&holed, &coarse, Interpolation::Linear);
    assert!(found.as_slice().iter().all(|value| value.is_nan() || (99.0..=131.0).contains(value)));
    assert_eq!(found.data().indexed_iter().filter(|((i, _, _), value)| *i >= 4 && value.is_nan()).count(), 0);
}

/// The volume as each of the 48 orders of its axes stores it.
pub(crate) fn stored_in_all_orders<T: Clone>(volume: &Volume<T>) -> Vec<Volume<T>> {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let all = orders.into_iter().flat_map(|order| (0..8_usize).map(move |flips| (order, flips)));
    all.map(|(order, flips)| {
        let mut data = volume.data().permuted_axes(order);
        let mut step = Matrix4::zeros();
        step[(3, 3)] = 1.0;
        for (new, &old) in order.iter().enumerate() {
            let is_flipped = flips >> new & 1 == 1;
            if is_flipped {
                data.invert_axis(ndarray::Axis(new));
            }
            step[(old, new)] = if is_flipped { -1.0 } else { 1.0 };
            step[(old, 3)] = if is_flipped { volume.shape()[old] as f64 - 1.0 } else { 0.0 };
        }
        let affine = volume.affine().stepped(&step).unwrap();
        Volume::new(data.as_standard_layout().into_owned(), affine).unwrap()
    })
    .collect()
}

#[test]
fn the_order_of_the_axes_in_a_file_decides_nothing() {
    let source = scan([14, 12, 10]);
    let grid =
        Grid { shape: [9, 11, 8], affine: Affine::from_spacing([1.5, 1.25, 2.5], [-1.0, 6.0, 7.0]).unwrap() };
    let turn = RigidTransform::about(Point3::new(1.0, 2.0, 3.0), Vector3::new(0.2, -0.1, 0.3), Vector3::x());
    let mut holed = source.clone();
    holed.data_mut()[[5, 6, 5]] = f32::NAN;
    let bits =
        |volume: &Volume<f32>| volume.as_slice().iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    for volume in [&source, &holed] {
        for interpolation in ALL {
            let expected = resample(volume, &grid, turn, interpolation, -1.0).unwrap();
            let own = stored_in_all_orders(&expected);
            assert_eq!(own.len(), 48);
            for (stored, own) in stored_in_all_orders(volume).iter().zip(&own) {
                let found = resample(stored, &grid, turn, interpolation, -1.0).unwrap();
                assert_eq!(
                    bits(&found),
                    bits(&expected),
                    "{interpolation:?} from {}",
                    stored.affine().orientation()
                );
                let found = resample(volume, &own.grid(), turn, interpolation, -1.0).unwrap();
                assert_eq!(bits(&found), bits(own), "{interpolation:?} to {}", own.affine().orientation());
            }
        }
    }
}
