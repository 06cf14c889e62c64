//! A coarse analytic head, and input that is no head.

use ndarray::Array3;

use super::{StripSettings, skull_strip};
use crate::{Grid, Mask, Volume};

/// Nested balls: white matter of 52 mm radius, grey matter to 66 mm, CSF to 70 mm, bone to 78 mm, scalp to 84 mm; and
/// the brain's mask.
fn head() -> (Volume<f32>, Mask) {
    let grid = Grid::centred([64, 64, 64], [3.0; 3]).unwrap();
    let radius = |(i, j, k): (usize, usize, usize)| {
        [i, j, k].map(|n| ((n as f32 - 31.5) * 3.0).powi(2)).iter().sum::<f32>().sqrt()
    };
    let scan = Array3::from_shape_fn(grid.shape, |at| match radius(at) {
        r if r < 52.0 => 430.0,
        r if r < 66.0 => 560.0,
        r if r < 70.0 => 1000.0,
        r if r < 78.0 => 50.0,
        r if r < 84.0 => 700.0,
        _ => 10.0,
    });
    let brain = Array3::from_shape_fn(grid.shape, |at| radius(at) < 66.0);
    (Volume::new(scan, grid.affine).unwrap(), Volume::new(brain, grid.affine).unwrap())
}

#[test]
fn a_head_of_nested_balls_is_stripped_the_same_at_any_thread_count() {
    let (scan, brain) = head();
    let strip = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| skull_strip(&scan, &StripSettings::default()).unwrap())
    };
    let found = strip(1);
    let dice = found.mask.dice(&brain).unwrap();
    assert!(dice > 0.93, "Dice {dice}");
    assert_eq!(found.mask, strip(3).mask);
}

fn quality_of(scan: &Volume<f32>) -> f64 {
    let found = skull_strip(scan, &StripSettings::default()).unwrap();
    println!("quality {:.2} {:?}", found.quality, found.warnings);
    found.quality
}

#[test]
fn quality_drops_with_what_makes_a_result_doubtful() {
    let (scan, _) = head();
    assert!(quality_of(&scan) > 0.9);

    let mut state = 1_u32;
    let noise = scan.map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32
    });
    assert!(quality_of(&noise) < 0.2);

    let half = scan.data().slice(ndarray::s![..32, .., ..]).to_owned();
    assert!(quality_of(&Volume::new(half, *scan.affine()).unwrap()) < 0.7);

    // A bottle.
    let ball = scan.map(|&value| if value > 10.0 { 500.0 } else { 10.0 });
    assert!(quality_of(&ball) < 0.2);

    // A column of one tissue: a leg.
    let grid = scan.grid();
    let column = Array3::from_shape_fn(grid.shape, |(i, j, k)| {
        let square = |n: usize| (n as f32 - 31.5).powi(2);
        if square(i) + square(j) < 400.0 { 500.0 + (i * j * k % 7) as f32 } else { 10.0 }
    });
    assert!(quality_of(&Volume::new(column, grid.affine).unwrap()) < 0.7);
}

#[test]
fn what_is_no_head_is_a_named_error() {
    let refusal = |shape, value| {
        let scan = Volume::filled(&Grid::centred(shape, [2.0; 3]).unwrap(), value).unwrap();
        skull_strip(&scan, &StripSettings::default()).unwrap_err().to_string()
    };
    assert!(refusal([40, 40, 40], 0.0).contains("there is no head"));
    assert!(refusal([40, 40, 1], 5.0).contains("needs a volume"));
    assert!(refusal([40, 40, 40], f32::NAN).contains("not finite"));
    let (scan, _) = head();
    assert!(skull_strip(&scan, &StripSettings { rim: -1.0 }).is_err());
}
