//! A head around the built-in brain, and input that is no head.

use std::sync::LazyLock;

use ndarray::Array3;

use super::{Skull, SkullStrip, StripSettings, already_stripped, foreground, skull_strip};
use crate::morphology::distance_to;
use crate::preprocess::Reference;
use crate::resample::tests::stored_in_all_orders;
use crate::{Affine, Grid, Mask, Volume};

/// The built-in T2 brain with fluid, bone, scalp and a little noise around it; and the brain with its fluid.
fn head() -> (Volume<f32>, Mask) {
    let reference = Reference::t2().unwrap();
    let (brain, mask) = (reference.volume(), reference.mask());
    let margin = 12;
    let shape = brain.shape().map(|n| n + 2 * margin);
    let inner = ndarray::s![margin..shape[0] - margin, margin..shape[1] - margin, margin..shape[2] - margin];
    let (mut scan, mut inside) = (Array3::zeros(shape), Array3::from_elem(shape, false));
    scan.slice_mut(inner).assign(&brain.data());
    inside.slice_mut(inner).assign(&mask.data());
    let bright = brain.as_slice().iter().copied().fold(0.0, f32::max);
    let spacing = brain.affine().spacing();
    let distance = distance_to(&inside, spacing);
    for (index, value) in scan.indexed_iter_mut() {
        let grain = ((index.0 * 7 + index.1 * 13 + index.2 * 29) % 11) as f32 / 11.0;
        if inside[index] {
            continue;
        }
        let layer = match distance[index] {
            d if d <= 2.0 => 0.9,
            d if d <= 8.0 => 0.05,
            d if d <= 15.0 => 0.6,
            _ => 0.01,
        };
        *value = bright * (layer + 0.02 * grain);
    }
    let brain = distance.mapv(|distance| distance <= 2.0);
    let affine = Affine::from_spacing(spacing, [0.0; 3]).unwrap();
    (Volume::new(scan, affine).unwrap(), Volume::new(brain, affine).unwrap())
}

/// What three threads find in [`head`], which several tests compare with.
static FOUND: LazyLock<SkullStrip> = LazyLock::new(|| strip_on(3, &head().0));

fn strip_on(threads: usize, scan: &Volume<f32>) -> SkullStrip {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| skull_strip(scan, &StripSettings::default()).unwrap())
}

fn removing() -> StripSettings {
    StripSettings { skull: Skull::Remove, ..StripSettings::default() }
}

#[test]
fn a_head_is_stripped_the_same_at_any_thread_count() {
    let (scan, brain) = head();
    let found = strip_on(1, &scan);
    let dice = found.mask.dice(&brain).unwrap();
    assert!(dice > 0.94, "Dice {dice}");
    assert!(found.quality > 0.9, "{:?}", found.warnings);
    assert_eq!(found.mask, FOUND.mask);
}

/// Three of the 48 orders; that the search sees the same in all of them is tested where it looks at the scan.
#[test]
fn the_order_in_which_voxels_are_stored_does_not_matter() {
    let (scans, masks) = (stored_in_all_orders(&head().0), stored_in_all_orders(&FOUND.mask));
    for order in [11, 22, 37] {
        let found = skull_strip(&scans[order], &removing()).unwrap();
        assert!(found.mask == masks[order], "{}", scans[order].affine().orientation());
    }
}

#[test]
fn the_rim_moves_the_surface() {
    let (scan, _) = head();
    let volume = |rim| skull_strip(&scan, &StripSettings { rim, ..removing() }).unwrap().mask.millilitres();
    let (tight, plain, wide) = (volume(-2.0), FOUND.mask.millilitres(), volume(2.0));
    // A brain has a hull of about 600 square centimetres: 60 ml for each millimetre.
    assert!((60.0..300.0).contains(&(plain - tight)), "{tight} {plain}");
    assert!((60.0..300.0).contains(&(wide - plain)), "{plain} {wide}");
}

#[test]
fn only_a_brain_without_a_head_is_stripped_already() {
    let (scan, brain) = head();
    assert!(already_stripped(&scan).is_none());
    let data = ndarray::Zip::from(scan.data())
        .and(brain.data())
        .map_collect(|&value, &inside| if inside { value } else { 0.0 });
    let stripped = Volume::new(data, *scan.affine()).unwrap();
    assert!(already_stripped(&stripped).unwrap().dice(&brain).unwrap() > 0.999);
    // A child's head on a background of zeros has the volume of a brain.
    let small =
        Affine::new(nalgebra::Matrix4::from_diagonal(&[0.8, 0.8, 0.8, 1.0].into()) * scan.affine().matrix())
            .unwrap();
    let bare = scan.data().mapv(|value| if value < 0.045 { 0.0 } else { value });
    let child = Volume::new(bare, small).unwrap();
    assert!(already_stripped(&child).is_none());
    // Unless somebody says so.
    let keep = StripSettings { skull: Skull::Keep, ..StripSettings::default() };
    if let Some(object) = foreground(&child) {
        assert_eq!(skull_strip(&child, &keep).unwrap().mask, object);
    }
}

/// The head's brain, its intensities changed and on a background.
fn stripped(background: f32, change: impl Fn(f32) -> f32) -> (Volume<f32>, Mask) {
    let (scan, brain) = head();
    let data = ndarray::Zip::from(scan.data())
        .and(brain.data())
        .map_collect(|&value, &inside| if inside { change(value) } else { background });
    (Volume::new(data, *scan.affine()).unwrap(), brain)
}

#[test]
fn a_brain_is_stripped_already_on_any_background() {
    let bright = head().0.as_slice().iter().copied().fold(0.0, f32::max);
    let cases = [
        ("z-scores on 0", stripped(0.0, |value| 6.0 * value / bright - 2.5)),
        ("grey in the middle of its range", stripped(0.4, |value| value / bright)),
        ("brighter than all of it", stripped(65_535.0, |value| (1000.0 * value / bright).round())),
        ("from -1 to 1 on -1", stripped(-1.0, |value| 2.0 * value / bright - 1.0)),
    ];
    for (name, (scan, brain)) in cases {
        let found = skull_strip(&scan, &StripSettings::default()).unwrap();
        let dice = found.mask.dice(&brain).unwrap();
        assert!(found.stripped && dice > 0.97, "{name}: {} {dice}", found.stripped);
    }
}

#[test]
fn a_field_of_view_may_end_at_the_brain() {
    let (scan, brain) = stripped(0.0, |value| value);
    let data = brain.data();
    let inside = || data.indexed_iter().filter(|(_, inside)| **inside).map(|((i, j, k), _)| [i, j, k]);
    let ends = |axis: usize| {
        let along = || inside().map(|at| at[axis]);
        along().min().unwrap()..along().max().unwrap() + 1
    };
    let part = ndarray::s![ends(0), ends(1), ends(2)];
    let tight = Volume::new(scan.data().slice(part).to_owned(), *scan.affine()).unwrap();
    let found = skull_strip(&tight, &StripSettings::default()).unwrap();
    assert!(found.stripped);
    let all = brain.count();
    assert!((found.mask.count() as f64 / all as f64 - 1.0).abs() < 0.01, "{} of {all}", found.mask.count());
}

#[test]
fn what_is_kept_as_stripped_must_have_the_size_of_a_brain() {
    let (scan, _) = head();
    let large = scan.data().mapv(|value| if value < 0.045 { 0.0 } else { value });
    let affine =
        Affine::new(scan.affine().matrix() * nalgebra::Matrix4::from_diagonal(&[1.2, 1.2, 1.2, 1.0].into()));
    let keep = StripSettings { skull: Skull::Keep, ..StripSettings::default() };
    let found = skull_strip(&Volume::new(large, affine.unwrap()).unwrap(), &keep).unwrap();
    assert!(found.stripped && found.quality < 0.7, "{}", found.quality);
    assert!(found.warnings.iter().any(|warning| warning.contains("ml, outside")), "{:?}", found.warnings);
}

fn quality_of(scan: &Volume<f32>) -> f64 {
    match skull_strip(scan, &StripSettings::default()) {
        Ok(found) => {
            println!("quality {:.2} {:?}", found.quality, found.warnings);
            found.quality
        }
        Err(error) => {
            println!("{error}");
            0.0
        }
    }
}

#[test]
fn quality_drops_with_what_makes_a_result_doubtful() {
    let (scan, _) = head();
    assert!(FOUND.quality > 0.9);

    let mut state = 1_u32;
    let noise = scan.map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32
    });
    assert!(quality_of(&noise) < 0.5);

    let half = scan.data().slice(ndarray::s![..52, .., ..]).to_owned();
    assert!(quality_of(&Volume::new(half, *scan.affine()).unwrap()) < 0.9);

    // A column of one tissue: a leg.
    let grid = scan.grid();
    let column = Array3::from_shape_fn(grid.shape, |(i, j, k)| {
        let square = |n: usize| (n as f32 - 50.0).powi(2);
        if square(i) + square(j) < 900.0 { 500.0 + (i * j * k % 7) as f32 } else { 10.0 }
    });
    assert!(quality_of(&Volume::new(column, grid.affine).unwrap()) < 0.5);
}

#[test]
fn what_is_no_head_is_a_named_error() {
    let refusal = |shape, value| {
        let scan = Volume::filled(&Grid::centred(shape, [2.0; 3]).unwrap(), value).unwrap();
        skull_strip(&scan, &StripSettings::default()).unwrap_err().to_string()
    };
    assert!(refusal([40, 40, 40], 0.0).contains("is constant"));
    assert!(refusal([40, 40, 1], 5.0).contains("at least 3 along each axis"));
    assert!(refusal([40, 40, 40], f32::NAN).contains("not finite"));
    let (scan, _) = head();
    assert!(skull_strip(&scan, &StripSettings { rim: -6.0, ..removing() }).is_err());
}

#[test]
fn a_brain_without_its_fluid_is_the_brain_and_a_head_is_not() {
    let grid = Grid::centred([32; 3], [2.0; 3]).unwrap();
    let ball = |radius: f32, holes: bool| {
        let inside = |(i, j, k): (usize, usize, usize)| {
            let place = [i, j, k].map(|n| (n as f32 - 15.5).powi(2)).iter().sum::<f32>().sqrt();
            place < radius && !(holes && place > 8.0 && (i + j) % 5 == 0)
        };
        Mask::new(ndarray::Array3::from_shape_fn(grid.shape, inside), grid.affine).unwrap()
    };
    let brain = ball(12.0, false);
    // Sulci cut out: too little overlap for Dice, but nothing lies outside.
    let tissue = ball(11.0, true);
    assert!(tissue.dice(&brain).unwrap() < super::STRIPPED);
    assert!(super::is_the_brain(&tissue, &brain).unwrap());
    assert!(super::is_the_brain(&brain, &brain).unwrap());
    assert!(!super::is_the_brain(&ball(14.0, false), &brain).unwrap(), "a head");
    assert!(!super::is_the_brain(&ball(6.0, false), &brain).unwrap(), "a piece");
}
