//! Writes heads with known brains, on which skull stripping is scored (`strip_score` of `mri-io`).
//!
//! `cargo run --release -p mri-phantom --example strip_cases -- FOLDER [LABEL_MAPS]`
//!
//! Each case is a folder with `scan.nii`, `brain.nii` and, with a tumour, `tumour.nii`. `LABEL_MAPS` is the
//! folder of SynthSeg's label maps; only those that the built-in atlas was not made of (07 to 10) are used.

use std::error::Error;
use std::path::Path;

use mri_io::nifti::read_labels;
use mri_io::{Volume, write};
use mri_phantom::{LesionKind, Phantom, PhantomSettings, from_labels, healthy, with_tumour};

/// Signals of [`mri_phantom::Tissue`] by number in other contrasts than T2, then those of necrosis, oedema
/// and enhancing tumour.
const CONTRASTS: [(&str, [f32; 18], [f32; 3]); 3] = [
    (
        "t1",
        [
            20., 200., 200., 560., 800., 650., 720., 560., 800., 780., 750., 60., 850., 950., 400., 500.,
            450., 220.,
        ],
        [350., 600., 950.],
    ),
    (
        "pd",
        [
            20., 760., 760., 850., 720., 800., 740., 850., 720., 730., 720., 120., 600., 850., 600., 700.,
            800., 780.,
        ],
        [900., 920., 900.],
    ),
    (
        "flair",
        [
            20., 60., 60., 600., 480., 540., 430., 600., 480., 500., 470., 50., 450., 650., 300., 250., 600.,
            60.,
        ],
        [500., 900., 850.],
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: strip_cases FOLDER [LABEL_MAPS]")?;
    let folder = Path::new(&folder);
    let one = PhantomSettings { rotation_degrees: 10.0, translation_mm: 8.0, ..PhantomSettings::default() };
    let two = PhantomSettings { shape: [120, 120, 78], spacing: [2.0; 3], ..one.clone() };
    let thick = PhantomSettings { shape: [256, 256, 28], spacing: [0.9, 0.9, 5.5], ..one.clone() };
    let biased = PhantomSettings { bias: 0.5, ..one.clone() };
    for subject in 0..2 {
        save(&folder.join(format!("phantom-1mm-{subject}")), &healthy(&one, 31, subject)?)?;
        save(&folder.join(format!("phantom-1mm-tumour-{subject}")), &with_tumour(&one, 32, subject)?)?;
        save(&folder.join(format!("phantom-2mm-tumour-{subject}")), &with_tumour(&two, 33, subject)?)?;
        save(&folder.join(format!("phantom-thick-tumour-{subject}")), &with_tumour(&thick, 34, subject)?)?;
    }
    save(&folder.join("phantom-thick"), &healthy(&thick, 35, 0)?)?;
    save(&folder.join("phantom-bias-tumour"), &with_tumour(&biased, 36, 0)?)?;
    let Some(maps) = arguments.next() else { return Ok(()) };
    for subject in 7..=10 {
        let labels = read_labels(Path::new(&maps).join(format!("training_seg_{subject:02}.nii.gz")))?;
        let head = |settings, tumour: bool| {
            from_labels(&labels, settings, 37, subject, tumour.then_some(LesionKind::Glioma))
        };
        save(&folder.join(format!("map{subject:02}-1mm-tumour")), &head(&one, true)?)?;
        save(&folder.join(format!("map{subject:02}-thick")), &head(&thick, false)?)?;
        save(&folder.join(format!("map{subject:02}-thick-tumour")), &head(&thick, true)?)?;
        let (contrast, tissues, tumours) = CONTRASTS[subject as usize % 3];
        let settings = if subject % 2 == 0 { &thick } else { &one };
        let mut ill = head(settings, true)?;
        ill.scan = recoloured(&ill, &tissues, &tumours);
        save(&folder.join(format!("map{subject:02}-{contrast}-tumour")), &ill)?;
        let (contrast, tissues, tumours) = CONTRASTS[(subject + 1) as usize % 3];
        let mut well = head(settings, false)?;
        well.scan = recoloured(&well, &tissues, &tumours);
        save(&folder.join(format!("map{subject:02}-{contrast}")), &well)?;
    }
    Ok(())
}

/// The scan with other signals, a linear bias field and noise.
fn recoloured(phantom: &Phantom, tissues: &[f32], tumours: &[f32; 3]) -> Volume<f32> {
    let mut scan = phantom.scan.clone();
    let shape = scan.shape();
    let mut state = 1_u64;
    let mut noise = || {
        // Sum of four uniform numbers: close enough to normal.
        let mut sum = 0.0;
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += (state >> 40) as f32 / (1 << 24) as f32 - 0.5;
        }
        25.0 * sum
    };
    for (((i, j, k), value), (&tissue, &tumour)) in scan
        .data_mut()
        .indexed_iter_mut()
        .zip(phantom.tissues.as_slice().iter().zip(phantom.lesion.as_slice()))
    {
        let signal = match tumour {
            0 => tissues[usize::from(tissue)],
            1 => tumours[0],
            2 => tumours[1],
            _ => tumours[2],
        };
        let unit = |n: usize, axis: usize| 2.0 * n as f32 / shape[axis] as f32 - 1.0;
        let bias = 1.0 + 0.15 * unit(i, 0) - 0.1 * unit(j, 1) + 0.1 * unit(k, 2);
        *value = (signal * bias + noise()).hypot(noise());
    }
    scan
}

fn save(folder: &Path, phantom: &Phantom) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    write(folder.join("scan.nii"), &phantom.scan)?;
    write(folder.join("brain.nii"), &phantom.brain_mask.map(|&inside| u8::from(inside)))?;
    if phantom.lesion.as_slice().iter().any(|&label| label > 0) {
        write(folder.join("tumour.nii"), &phantom.lesion)?;
    }
    println!("{}", folder.display());
    Ok(())
}
