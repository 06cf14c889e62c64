//! The truth that comes with a phantom is true.

use mri_io::Grid;
use mri_phantom::{Phantom, PhantomSettings, Tissue, atlas, healthy, with_tumour};
use nalgebra::Point3;

fn coarse() -> PhantomSettings {
    PhantomSettings { shape: [80, 80, 52], spacing: [3.0; 3], ..PhantomSettings::default() }
}

fn millilitres(phantom: &Phantom, tissues: &[Tissue]) -> f64 {
    let count = phantom.tissues.as_slice().iter().filter(|&&t| tissues.iter().any(|&u| u as u8 == t)).count();
    count as f64 * phantom.tissues.affine().voxel_volume() / 1000.0
}

#[test]
fn volumes_are_physiological() {
    for subject in 0..6 {
        let phantom = healthy(&coarse(), 3, subject).unwrap();
        let brain = phantom.brain_mask.millilitres();
        let ventricles = millilitres(&phantom, &[Tissue::Ventricle]);
        let grey = millilitres(&phantom, &[Tissue::GreyMatter]);
        let white = millilitres(&phantom, &[Tissue::WhiteMatter]);
        let fluid = millilitres(&phantom, &[Tissue::Csf, Tissue::Ventricle]);
        println!(
            "brain {brain:.0} ventricles {ventricles:.1} grey {grey:.0} white {white:.0} fluid {fluid:.0}"
        );
        assert!((1000.0..1700.0).contains(&brain), "brain {brain} ml");
        assert!((8.0..60.0).contains(&ventricles), "ventricles {ventricles} ml");
        assert!((300.0..800.0).contains(&grey), "cortex {grey} ml");
        assert!((300.0..700.0).contains(&white), "white matter {white} ml");
        assert!((100.0..500.0).contains(&fluid), "fluid {fluid} ml");
    }
}

#[test]
fn the_mask_holds_all_brain_tissue() {
    let phantom = healthy(&coarse(), 5, 1).unwrap();
    let brain: Vec<u8> = Tissue::ALL.iter().filter(|t| t.is_brain()).map(|&t| t as u8).collect();
    let (mut tissue, mut outside) = (0, 0);
    for (label, &inside) in phantom.tissues.as_slice().iter().zip(phantom.brain_mask.as_slice()) {
        if brain.contains(label) {
            tissue += 1;
            outside += usize::from(!inside);
        }
    }
    // Voxels on the border may be decided differently by tissue and by hull.
    assert!(outside * 500 < tissue, "{outside} of {tissue} voxels of brain tissue lie outside the mask");
}

#[test]
fn tumours_lie_in_the_brain_and_have_a_plausible_size() {
    for subject in 0..10 {
        let phantom = with_tumour(&coarse(), 7, subject).unwrap();
        let tumour = phantom.lesion.map(|&label| label > 0);
        let volume = tumour.millilitres();
        println!("tumour {volume:.1} ml");
        assert!((10.0..=200.0).contains(&volume), "subject {subject}: {volume} ml");
        let labels = phantom.lesion.as_slice();
        assert!(
            labels.iter().zip(phantom.brain_mask.as_slice()).all(|(&label, &inside)| label == 0 || inside)
        );
        for label in [1, 2, 4] {
            assert!(labels.contains(&label), "subject {subject} lacks label {label}");
        }
        assert!(labels.iter().all(|label| [0, 1, 2, 4].contains(label)));
    }
}

#[test]
fn anatomy_is_where_the_pose_says() {
    let still = PhantomSettings { rotation_degrees: 0.0, translation_mm: 0.0, ..coarse() };
    let canonical = healthy(&still, 2, 4).unwrap();
    let moved = healthy(&coarse(), 2, 4).unwrap();
    assert!(moved.pose.angle_degrees() > 1.0);
    let motion = moved.pose.after(&canonical.pose.inverse());
    let (mut same, mut total) = (0, 0);
    for ((i, j, k), &inside) in canonical.brain_mask.data().indexed_iter() {
        let there =
            motion.apply(canonical.scan.affine().voxel_to_world(Point3::new(i as f64, j as f64, k as f64)));
        let voxel = moved.scan.affine().world_to_voxel(there).map(f64::round);
        let index = [voxel.x as usize, voxel.y as usize, voxel.z as usize];
        if inside && let Some(&also) = moved.brain_mask.data().get(index) {
            total += 1;
            same += usize::from(also);
        }
    }
    assert!(same as f64 > 0.97 * f64::from(total), "{same} of {total}");
}

#[test]
fn background_noise_is_rician() {
    let settings = PhantomSettings { noise: 0.05, ..coarse() };
    let noisy = healthy(&settings, 1, 1).unwrap();
    let clean = healthy(&PhantomSettings { noise: 0.0, ..coarse() }, 1, 1).unwrap();
    let (mut sum, mut square, mut count) = (0.0, 0.0, 0.0);
    for (&noisy, &clean) in noisy.scan.as_slice().iter().zip(clean.scan.as_slice()) {
        if clean == 0.0 {
            sum += f64::from(noisy);
            square += f64::from(noisy).powi(2);
            count += 1.0;
        }
    }
    // In air a Rician variable has a Rayleigh distribution: E[m] = s sqrt(pi/2), E[m^2] = 2 s^2.
    let deviation = (0.5 * square / count).sqrt();
    let expected = deviation * (0.5 * std::f64::consts::PI).sqrt();
    assert!((sum / count - expected).abs() < 0.01 * expected);
    assert!((40.0..65.0).contains(&deviation), "5 % of the fluid's signal: {deviation}");
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| with_tumour(&coarse(), 11, 3).unwrap())
    };
    let (one, three) = (with_threads(1), with_threads(3));
    assert_eq!(one.scan, three.scan);
    assert_eq!(one.tissues, three.tissues);
    assert_eq!(one.lesion, three.lesion);
    assert_eq!(one.brain_mask, three.brain_mask);
    assert_ne!(one.scan, with_tumour(&coarse(), 11, 4).unwrap().scan);
    assert_ne!(one.scan, with_tumour(&coarse(), 12, 3).unwrap().scan);
}

#[test]
fn the_atlas_has_a_brain_in_its_middle() {
    let grid = Grid::centred([60, 60, 39], [4.0; 3]).unwrap();
    let atlas = atlas(&grid).unwrap();
    assert!((1100.0..1600.0).contains(&atlas.mask.millilitres()), "{}", atlas.mask.millilitres());
    assert!(atlas.volume.as_slice().iter().all(|value| (0.0..2000.0).contains(value)));
    assert!(atlas.mask.data()[[30, 30, 20]]);
}

#[test]
fn thick_slices_average_what_thin_ones_show() {
    let quiet = PhantomSettings { noise: 0.0, bias: 0.0, ..coarse() };
    let thin = PhantomSettings { spacing: [3.0, 3.0, 1.5], shape: [80, 80, 104], ..quiet.clone() };
    let thick = PhantomSettings { slice_thickness: Some(3.0), ..quiet };
    let (thin, thick) = (healthy(&thin, 1, 2).unwrap(), healthy(&thick, 1, 2).unwrap());
    let (thin, thick) = (thin.scan.data(), thick.scan.data());
    let (mut difference, mut sum) = (0.0, 0.0);
    for ((i, j, k), &value) in thick.indexed_iter() {
        difference += (value - 0.5 * (thin[[i, j, 2 * k]] + thin[[i, j, 2 * k + 1]])).abs();
        sum += value;
    }
    assert!(difference < 0.02 * sum, "{}", difference / sum);
}

#[test]
fn impossible_settings_are_refused() {
    let refused = |settings: PhantomSettings| {
        assert!(healthy(&settings, 0, 0).is_err());
        assert!(settings.check().unwrap_err().to_string().contains("phantom setting"));
    };
    let default = PhantomSettings::default;
    refused(PhantomSettings { spacing: [1.0, 0.0, 1.0], ..default() });
    refused(PhantomSettings { spacing: [1.0, f64::NAN, 1.0], ..default() });
    refused(PhantomSettings { shape: [0, 240, 155], ..default() });
    refused(PhantomSettings { shape: [16, 16, 16], ..default() });
    refused(PhantomSettings { noise: -0.1, ..default() });
    refused(PhantomSettings { bias: 1.5, ..default() });
    refused(PhantomSettings { slice_thickness: Some(0.0), ..default() });
    refused(PhantomSettings { tumour_ml: [50.0, 20.0], ..default() });
}
