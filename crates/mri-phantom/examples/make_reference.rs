//! Makes the reference that is built into `mri-io`: the mean T2 brain of rendered label maps.
//!
//! `cargo run --release -p mri-phantom --example make_reference -- LABEL_MAPS OUT.nii.gz`
//!
//! `LABEL_MAPS` is the folder of SynthSeg's training label maps (Billot et al., Medical Image Analysis 86, 2023;
//! Apache-2.0). Each map is rendered without motion, bias and noise, and counts twice: as it is and mirrored, so
//! that the mean has no side and its middle plane is x = 0. All are brought together by affine registration
//! (`mri_io::template::build_template`). The same maps give the same file, bit for bit, at any number of threads.

use std::error::Error;

use mri_io::find::nifti_files;
use mri_io::nifti::read_labels;
use mri_io::template::{Template, TemplateSettings, build_template};
use mri_io::{Affine, Mask, RigidTransform, Volume, write};
use mri_phantom::{PhantomSettings, from_labels};
use nalgebra::{Point3, Vector3};
use ndarray::s;

/// The seed of signals and texture.
const SEED: u64 = 2026;
/// By how much (degrees) the heads of the maps lie with their chins up: turned by this, the mean brain has the pitch of
/// MNI space, where the line through the commissures is nearly level.
const PITCH: f64 = 10.0;
/// Level of the brightest voxel in the file; 0 is what lies outside the brain.
const BRIGHTEST: f32 = 255.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(maps), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("usage: make_reference LABEL_MAPS OUT.nii.gz".into());
    };
    // Only as many voxels as hold a brain with its stem.
    let scanner = PhantomSettings {
        shape: [90, 110, 90],
        spacing: [2.0; 3],
        noise: 0.0,
        bias: 0.0,
        rotation_degrees: 0.0,
        translation_mm: 0.0,
        ..PhantomSettings::default()
    };
    let level = RigidTransform::about(Point3::origin(), Vector3::x() * -PITCH.to_radians(), Vector3::zeros());
    let files = nifti_files(&maps)?;
    let (mut names, mut heads) = (Vec::new(), Vec::new());
    for (subject, file) in files.iter().enumerate() {
        println!("{}", file.display());
        let head = from_labels(&read_labels(file)?, &scanner, SEED, subject as u64, None)?;
        names.extend([format!("{}, mirrored", file.display()), file.display().to_string()]);
        for (scan, mask) in
            [(mirrored(&head.scan)?, mirrored(&head.brain_mask)?), (head.scan, head.brain_mask)]
        {
            heads.push((turned(scan, &level)?, turned(mask, &level)?));
        }
    }
    let mut settings = TemplateSettings::default();
    settings.spacing = 2.0;
    settings.iterations = 4;
    settings.affine = true;
    let load = |number: usize| -> mri_io::Result<(Volume<f32>, Mask)> { Ok(heads[number].clone()) };
    let template = build_template(&names, load, &settings)?;
    for (name, warnings) in names.iter().zip(&template.warnings) {
        for warning in warnings {
            println!("{name}: {warning}");
        }
    }
    write(output, &levels(&template)?)?;
    Ok(())
}

/// The volume with right and left exchanged, on the same grid, whose middle is x = 0.
fn mirrored<T: Copy>(volume: &Volume<T>) -> mri_io::Result<Volume<T>> {
    let data = volume.data().slice(s![..;-1, .., ..]).as_standard_layout().into_owned();
    Volume::new(data, *volume.affine())
}

/// The volume moved in the world; voxels stay as they are.
fn turned<T: Clone>(volume: Volume<T>, motion: &RigidTransform) -> mri_io::Result<Volume<T>> {
    let affine = Affine::new(motion.matrix() * volume.affine().matrix())?;
    Volume::new(volume.into_data(), affine)
}

/// The template made exactly symmetric, in 8 bits: 1 to 255 in the brain, 0 outside.
fn levels(template: &Template) -> mri_io::Result<Volume<u8>> {
    let (volume, mask) = (&template.volume, &template.mask);
    let (other_volume, other_mask) = (mirrored(volume)?, mirrored(mask)?);
    let sides = volume.as_slice().iter().zip(other_volume.as_slice());
    let inside = mask.as_slice().iter().zip(other_mask.as_slice());
    let means: Vec<Option<f32>> =
        sides.zip(inside).map(|((a, b), (&one, &other))| (one && other).then(|| 0.5 * (a + b))).collect();
    let brightest = means.iter().flatten().copied().fold(f32::MIN_POSITIVE, f32::max);
    let level = |mean: Option<f32>| {
        mean.map_or(0, |mean| (1.0 + (BRIGHTEST - 1.0) * mean.max(0.0) / brightest).round() as u8)
    };
    let mut levels = Volume::filled(&volume.grid(), 0_u8)?;
    levels.as_mut_slice().iter_mut().zip(means).for_each(|(out, mean)| *out = level(mean));
    Ok(levels)
}
