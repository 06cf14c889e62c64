//! Label maps become scans with the same truth as the procedural heads.

use std::path::PathBuf;

use mri_io::nifti::read_labels;
use mri_io::{Grid, Volume};
use mri_phantom::{LesionKind, PhantomSettings, Tissue, from_labels};
use ndarray::Array3;

/// A ball of white matter (2) within cortex (3), fluid (24) and bone (515), with a ventricle (4) in its
/// middle, on a 4 mm grid.
fn ball() -> Volume<u16> {
    let grid = Grid::centred([60, 60, 60], [4.0; 3]).unwrap();
    let data = Array3::from_shape_fn((60, 60, 60), |(i, j, k)| {
        let radius = [i, j, k].iter().map(|&n| (4.0 * (n as f64 - 29.5)).powi(2)).sum::<f64>().sqrt();
        match radius {
            r if r < 12.0 => 4,
            r if r < 56.0 => 2,
            r if r < 64.0 => 3,
            r if r < 68.0 => 24,
            r if r < 76.0 => 515,
            _ => 0,
        }
    });
    Volume::new(data, grid.affine).unwrap()
}

fn settings() -> PhantomSettings {
    PhantomSettings {
        shape: [60, 60, 52],
        spacing: [4.0, 4.0, 3.0],
        noise: 0.0,
        bias: 0.0,
        ..Default::default()
    }
}

#[test]
fn a_ball_keeps_its_tissues_and_its_mask() {
    let phantom = from_labels(&ball(), &settings(), 1, 0, None).unwrap();
    let expected = 4.0 / 3.0 * std::f64::consts::PI * 64.0_f64.powi(3) / 1000.0;
    let brain = phantom.brain_mask.millilitres();
    assert!((brain - expected).abs() < 0.05 * expected, "{brain} ml instead of {expected}");
    let mean = |tissue: Tissue| {
        let of = phantom.scan.as_slice().iter().zip(phantom.tissues.as_slice());
        let values: Vec<f32> = of.filter(|&(_, &t)| t == tissue as u8).map(|(&value, _)| value).collect();
        values.iter().sum::<f32>() / values.len() as f32
    };
    assert!(mean(Tissue::Ventricle) > mean(Tissue::GreyMatter));
    assert!(mean(Tissue::GreyMatter) > mean(Tissue::WhiteMatter));
    assert!(mean(Tissue::WhiteMatter) > mean(Tissue::Bone));
    assert!(phantom.lesion.as_slice().iter().all(|&label| label == 0));
}

#[test]
fn a_tumour_grows_in_the_white_matter_of_a_map() {
    let phantom = from_labels(&ball(), &settings(), 1, 3, Some(LesionKind::Glioma)).unwrap();
    let volume = phantom.lesion.map(|&label| label > 0).millilitres();
    assert!((10.0..200.0).contains(&volume), "{volume} ml");
    let mut both = phantom.lesion.as_slice().iter().zip(phantom.brain_mask.as_slice());
    assert!(both.all(|(&label, &inside)| label == 0 || inside));
}

#[test]
fn maps_that_cannot_be_rendered_are_refused() {
    let mut strange = ball();
    strange.as_mut_slice()[0] = 999;
    let error = from_labels(&strange, &settings(), 1, 0, None).unwrap_err().to_string();
    assert!(error.contains("999"), "{error}");
    let empty = ball().map(|_| 0_u16);
    assert!(from_labels(&empty, &settings(), 1, 0, None).is_err());
    let grey_only = ball().map(|&label| if label == 2 { 3 } else { label });
    assert!(from_labels(&grey_only, &settings(), 1, 0, Some(LesionKind::Glioma)).is_err());
}

#[test]
fn a_real_map_becomes_a_head() {
    let folder = std::env::var_os("MRI_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("synthseg_labels/training_seg_01.nii.gz");
    if !path.exists() {
        println!("skipped: {} is absent", path.display());
        return;
    }
    let coarse = PhantomSettings { shape: [80, 80, 52], spacing: [3.0; 3], ..Default::default() };
    let labels = read_labels(&path).unwrap();
    let phantom = from_labels(&labels, &coarse, 1, 0, Some(LesionKind::Glioma)).unwrap();
    let brain = phantom.brain_mask.millilitres();
    assert!((1000.0..1700.0).contains(&brain), "{brain} ml");
    let tumour = phantom.lesion.map(|&label| label > 0).millilitres();
    assert!((10.0..200.0).contains(&tumour), "{tumour} ml");
}
