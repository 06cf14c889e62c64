use nalgebra::Point3;

use super::*;
use crate::Grid;
use crate::resample::tests::stored_in_all_orders;

/// A synthetic brain of two tissues in folds, and the field that it is multiplied with (mean 1 over it).
fn biased() -> (Volume<f32>, Mask, Volume<f32>) {
    let grid = Grid::centred([60, 70, 50], [3.0; 3]).unwrap();
    let mut scan = Volume::filled(&grid, 0.0_f32).unwrap();
    let mut field = scan.clone();
    let mut state = 1_u32;
    for ((i, j, k), value) in scan.data_mut().indexed_iter_mut() {
        let p = grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64));
        let bias = (0.3 * (p.x / 60.0).sin() - 0.2 * (p.y / 80.0) + 0.15 * (p.z / 60.0).powi(2)).exp();
        field.data_mut()[[i, j, k]] = bias as f32;
        if (p.x / 70.0).powi(2) + (p.y / 85.0).powi(2) + (p.z / 60.0).powi(2) < 1.0 {
            let folds = (p.x / 9.0).sin() + (p.y / 11.0).sin() + (p.z / 10.0).cos();
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state >> 8) / f64::from(1 << 24) - 0.5;
            *value = (bias * (if folds > 0.0 { 800.0 } else { 450.0 } + 60.0 * noise)) as f32;
        }
    }
    let mask = scan.map(|&value| value > 0.0);
    let inside = field.as_slice().iter().zip(mask.as_slice()).filter(|&(_, &inside)| inside);
    let mean = inside.map(|(&value, _)| value).sum::<f32>() / mask.count() as f32;
    field = field.map(|value| value / mean);
    (scan, mask, field)
}

/// Root mean square over the mask of the difference of the logarithms of two fields.
fn error(field: &Volume<f32>, truth: &Volume<f32>, mask: &Mask) -> f64 {
    let pairs = field.as_slice().iter().zip(truth.as_slice()).zip(mask.as_slice());
    let squares = pairs.filter(|&(_, &inside)| inside).map(|((a, b), _)| f64::from((a / b).ln()).powi(2));
    (squares.sum::<f64>() / mask.count() as f64).sqrt()
}

#[test]
fn a_known_field_is_found() {
    let (scan, mask, truth) = biased();
    let found = correct_bias(&scan, Some(&mask), &BiasSettings::default()).unwrap();
    let flat = truth.map(|_| 1.0);
    let (before, after) = (error(&flat, &truth, &mask), error(&found.field, &truth, &mask));
    assert!(before > 0.15, "{before}");
    assert!(after < 0.03, "{before} became {after}");
    let inside = found.field.as_slice().iter().zip(mask.as_slice()).filter(|&(_, &inside)| inside);
    let mean = inside.map(|(&value, _)| f64::from(value)).sum::<f64>() / mask.count() as f64;
    assert!((mean - 1.0).abs() < 1e-5);
    for ((&value, &field), &corrected) in
        scan.as_slice().iter().zip(found.field.as_slice()).zip(found.volume.as_slice())
    {
        assert!(field > 0.0 && (corrected * field - value).abs() <= 1e-3 * value);
    }
    // The background does not count as a mask that leaves it out.
    let unmasked = correct_bias(&scan, None, &BiasSettings::default()).unwrap();
    assert!(error(&unmasked.field, &truth, &mask) < 0.06);
}

/// Six of the 48 orders.
#[test]
fn the_order_in_which_voxels_are_stored_does_not_matter() {
    let (scan, mask, _) = biased();
    let settings = BiasSettings::default();
    let expected = correct_bias(&scan, Some(&mask), &settings).unwrap();
    let unmasked = correct_bias(&scan, None, &settings).unwrap();
    let (scans, masks) = (stored_in_all_orders(&scan), stored_in_all_orders(&mask));
    let [volumes, fields, alone] =
        [&expected.volume, &expected.field, &unmasked.field].map(stored_in_all_orders);
    for order in (3..48).step_by(9) {
        let found = correct_bias(&scans[order], Some(&masks[order]), &settings).unwrap();
        let order_of_axes = scans[order].affine().orientation();
        assert!(found.volume == volumes[order] && found.field == fields[order], "{order_of_axes}");
        assert!(
            correct_bias(&scans[order], None, &settings).unwrap().field == alone[order],
            "{order_of_axes}"
        );
    }
}

#[test]
fn another_gain_changes_the_volume_and_not_the_field() {
    let (scan, mask, _) = biased();
    let settings = BiasSettings::default();
    let found = correct_bias(&scan, Some(&mask), &settings).unwrap();
    let scaled = correct_bias(&scan.map(|value| 7.3 * value), Some(&mask), &settings).unwrap();
    assert!(error(&scaled.field, &found.field, &mask) < 1e-4);
}

#[test]
fn a_constant_has_no_field() {
    let scan = Volume::filled(&Grid::centred([20, 30, 10], [1.0, 1.0, 4.0]).unwrap(), 5.0).unwrap();
    let found = correct_bias(&scan, Some(&scan.map(|_| true)), &BiasSettings::default()).unwrap();
    assert!(found.field.as_slice().iter().all(|value| (value - 1.0).abs() < 1e-6));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (scan, mask, _) = biased();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| correct_bias(&scan, Some(&mask), &BiasSettings::default()).unwrap().field)
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_cannot_be_corrected_is_named() {
    let grid = Grid::centred([8, 8, 8], [2.0; 3]).unwrap();
    let settings = BiasSettings::default();
    let message = |value: f32, mask: &Mask, settings: &BiasSettings| {
        correct_bias(&Volume::filled(&grid, value).unwrap(), Some(mask), settings).unwrap_err().to_string()
    };
    let mask = Volume::filled(&grid, true).unwrap();
    assert!(message(0.0, &mask, &settings).contains("no positive"));
    assert!(message(f32::NAN, &mask, &settings).contains("no positive"));
    assert!(message(1.0, &mask.map(|_| false), &settings).contains("empty"));
    let other = Volume::filled(&Grid::centred([8, 8, 8], [1.0; 3]).unwrap(), true).unwrap();
    assert!(message(1.0, &other, &settings).contains("different grids"));
    assert!(message(1.0, &mask, &BiasSettings { knots: 0.0, ..settings.clone() }).contains("knots"));
    assert!(message(1.0, &mask, &BiasSettings { tolerance: f64::NAN, ..settings }).contains("tolerance"));
}
