//! One label map becomes many people.

use mri_io::{Grid, Volume};
use mri_phantom::{People, Phantom, PhantomSettings, Scanners, Tissue, from_labels};
use ndarray::Array3;

/// An egg of white matter (2) within cortex (3), fluid (24) and bone (515), with two ventricles (4, 43), on a 3 mm grid.
fn egg() -> Volume<u16> {
    let shape = [80, 90, 80];
    let grid = Grid::centred(shape, [3.0; 3]).unwrap();
    let data = Array3::from_shape_fn(shape, |(i, j, k)| {
        let [x, y, z] =
            [(i, 80), (j, 90), (k, 80)].map(|(n, count)| 3.0 * (n as f64 - 0.5 * (f64::from(count) - 1.0)));
        let radius = (x * x + 0.6 * y * y + z * z).sqrt();
        let horn = |side: f64| ((x - 14.0 * side).powi(2) * 4.0 + y * y * 0.4 + z * z).sqrt() < 16.0;
        match radius {
            _ if horn(1.0) => 43,
            _ if horn(-1.0) => 4,
            r if r < 54.0 => 2,
            r if r < 62.0 => 3,
            r if r < 67.0 => 24,
            r if r < 74.0 => 515,
            _ => 0,
        }
    });
    Volume::new(data, grid.affine).unwrap()
}

fn settings() -> PhantomSettings {
    PhantomSettings {
        shape: [60, 68, 56],
        spacing: [3.9; 3],
        rotation_degrees: 0.0,
        translation_mm: 0.0,
        people: People {
            deformation: 1.0,
            age: Some([30.0, 80.0]),
            contrast: 1.0,
            texture: 1.0,
            vessels: true,
            ..People::default()
        },
        scanners: Scanners {
            noise: Some([0.0, 0.02]),
            bias: Some([0.0, 0.4]),
            slice_thickness: Some([2.0, 5.0]),
            blur: [0.0, 2.0],
            ghosting: [0.0, 0.02],
        },
        ..PhantomSettings::default()
    }
}

fn person(settings: &PhantomSettings, subject: u64) -> Phantom {
    from_labels(&egg(), settings, 9, subject, None).unwrap()
}

fn ventricles(phantom: &Phantom) -> mri_io::Mask {
    phantom.tissues.map(|&tissue| tissue == Tissue::Ventricle as u8)
}

#[test]
fn people_of_one_map_differ_in_shape() {
    let people: Vec<_> = (0..3).map(|subject| person(&settings(), subject)).collect();
    for (number, one) in people.iter().enumerate() {
        let brain = one.brain_mask.millilitres();
        assert!((800.0..2100.0).contains(&brain), "{brain} ml");
        for other in &people[..number] {
            let overlap = ventricles(one).dice(&ventricles(other)).unwrap();
            println!("Dice of ventricles {overlap:.2}");
            assert!(overlap < 0.9, "{overlap}");
        }
    }
}

#[test]
fn old_people_have_wider_ventricles_and_sulci() {
    let of_age = |age: f64, subject| {
        let people = People { age: Some([age, age]), ..People::default() };
        let phantom = person(&PhantomSettings { people, ..settings() }, subject);
        let fluid = phantom.tissues.map(|&tissue| tissue == Tissue::Csf as u8).millilitres();
        (ventricles(&phantom).millilitres(), fluid)
    };
    for subject in 0..2 {
        let (young, old) = (of_age(20.0, subject), of_age(85.0, subject));
        assert!(old.0 > 1.2 * young.0 && old.1 > 1.05 * young.1, "{young:?} {old:?} ml");
    }
}

#[test]
fn hyperintensities_only_brighten_and_may_be_left_out() {
    let with = |hyperintensities| {
        let people = People { age: Some([85.0, 85.0]), hyperintensities, ..People::default() };
        let scanners = Scanners::default();
        person(&PhantomSettings { people, scanners, noise: 0.0, bias: 0.0, ..settings() }, 1)
    };
    let (none, all) = (with(0.0), with(1.0));
    assert_eq!(none.tissues, all.tissues);
    let gain = |(all, none): (&f32, &f32)| all - none;
    let gains: Vec<f32> = all.scan.as_slice().iter().zip(none.scan.as_slice()).map(gain).collect();
    let [low, high] = gains.iter().fold([0.0_f32; 2], |[low, high], &gain| [low.min(gain), high.max(gain)]);
    // Where white matter and fluid share a voxel, it may lose a little.
    assert!(low > -0.05 * high, "{low} {high}");
    let brightened = gains.iter().filter(|&&gain| gain > 0.2 * high).count();
    assert!(brightened > 20, "{brightened} voxels");
}

#[test]
fn contrasts_are_those_of_many_scanners() {
    let settings = PhantomSettings { noise: 0.0, bias: 0.0, scanners: Scanners::default(), ..settings() };
    let ratio = |subject| {
        let phantom = person(&settings, subject);
        let mean = |tissue: Tissue| {
            let of = phantom.scan.as_slice().iter().zip(phantom.tissues.as_slice());
            let values: Vec<f32> = of.filter(|&(_, &t)| t == tissue as u8).map(|(&value, _)| value).collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        assert!(mean(Tissue::Ventricle) > 1.3 * mean(Tissue::WhiteMatter));
        mean(Tissue::WhiteMatter) / mean(Tissue::GreyMatter)
    };
    let ratios: Vec<f32> = (0..5).map(ratio).collect();
    println!("white over grey {ratios:.2?}");
    let mean = ratios.iter().sum::<f32>() / ratios.len() as f32;
    assert!((0.6..0.95).contains(&mean), "{mean}");
    assert!(ratios.iter().any(|ratio| (ratio - mean).abs() > 0.03));
}

#[test]
fn a_person_is_the_same_at_any_number_of_threads() {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| person(&settings(), 3))
    };
    let (one, three) = (with_threads(1), with_threads(3));
    assert_eq!(one.scan, three.scan);
    assert_eq!(one.tissues, three.tissues);
    assert_eq!(one.brain_mask, three.brain_mask);
    assert_ne!(one.scan, person(&settings(), 4).scan);
}

#[test]
fn impossible_people_and_scanners_are_refused() {
    let refused = |people: People, scanners: Scanners, name: &str| {
        let error = PhantomSettings { people, scanners, ..settings() }.check().unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    };
    let (people, scanners) = (People::default, Scanners::default);
    refused(People { deformation: 1.5, ..people() }, scanners(), "deformation");
    refused(People { hyperintensities: -0.5, ..people() }, scanners(), "hyperintensities");
    refused(People { contrast: f64::NAN, ..people() }, scanners(), "contrast");
    refused(People { age: Some([60.0, 20.0]), ..people() }, scanners(), "age");
    refused(people(), Scanners { blur: [-1.0, 2.0], ..scanners() }, "blur");
    refused(people(), Scanners { noise: Some([0.3, 0.1]), ..scanners() }, "noise");
}
