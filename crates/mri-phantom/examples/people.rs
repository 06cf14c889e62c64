//! Writes people rendered from a label map as NIfTI files: `scan-N.nii`, `brain-N.nii`, `tissues-N.nii`, `lesion-N.nii`.
//!
//! `cargo run --release -p mri-phantom --example people -- LABELS FOLDER [COUNT] [SEED] [glioma|infarct|ms]`

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use mri_io::nifti::read_labels;
use mri_io::write;
use mri_phantom::{LesionKind, People, PhantomSettings, Scanners, from_labels};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: people LABELS FOLDER [COUNT] [SEED] [glioma|infarct|ms]";
    let (labels, folder) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let count = arguments.next().map_or(Ok(4), |text| text.parse())?;
    let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let lesion = match arguments.next().as_deref() {
        None => None,
        Some("glioma") => Some(LesionKind::Glioma),
        Some("infarct") => Some(LesionKind::Infarct),
        Some("ms") => Some(LesionKind::Ms),
        Some(_) => return Err(usage.into()),
    };
    let settings = PhantomSettings {
        shape: [112, 128, 96],
        spacing: [2.0; 3],
        people: People {
            deformation: 1.0,
            age: Some([20.0, 85.0]),
            contrast: 1.0,
            texture: 1.0,
            vessels: true,
            ..People::default()
        },
        scanners: Scanners {
            noise: Some([0.003, 0.02]),
            bias: Some([0.05, 0.4]),
            slice_thickness: Some([1.0, 5.0]),
            blur: [0.0, 1.5],
            ghosting: [0.0, 0.02],
        },
        ..PhantomSettings::default()
    };
    let labels = read_labels(labels)?;
    for subject in 0..count {
        let start = Instant::now();
        let phantom = from_labels(&labels, &settings, seed, subject, lesion)?;
        println!("subject {subject}: {:.2} s", start.elapsed().as_secs_f64());
        let file = |kind: &str| Path::new(&folder).join(format!("{kind}-{subject}.nii"));
        write(file("scan"), &phantom.scan)?;
        write(file("brain"), &phantom.brain_mask)?;
        write(file("tissues"), &phantom.tissues)?;
        write(file("lesion"), &phantom.lesion)?;
    }
    Ok(())
}
