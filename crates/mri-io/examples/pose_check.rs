//! Whether scans are brought onto the built-in reference from any pose: a check that needs no truth.
//!
//! ```text
//! cargo run --release -p mri-io --example pose_check -- SCAN.nii.gz... > poses.md
//! ```
//!
//! Each scan is stripped (unless it is already) and registered. Then it is turned by known motions and stored in
//! another order of voxels, and registered again: the found pose must follow. A row of the table: the rotation
//! found (degrees), mutual information (nats), the errors for the motions (degrees and mm over the brain),
//! seconds for one registration, and warnings.

use std::path::Path;
use std::time::Instant;

use mri_io::find::nifti_stem;
use mri_io::preprocess::Reference;
use mri_io::register::{Registration, RegistrationSettings, Scan, register_rigid};
use mri_io::strip::{StripSettings, already_stripped, skull_strip};
use mri_io::{Affine, Mask, RigidTransform, Volume, read};
use nalgebra::Vector3;

type Failure = Box<dyn std::error::Error>;

/// Rotation vector (degrees), shift (mm) and order of the voxel axes of each motion.
const MOTIONS: [([f64; 3], [f64; 3], [usize; 3]); 3] = [
    ([10.0, -14.0, 9.0], [12.0, -30.0, 18.0], [1, 2, 0]),
    ([-22.0, 8.0, 18.0], [-35.0, 10.0, -20.0], [2, 0, 1]),
    ([25.0, 25.0, -28.0], [20.0, 35.0, 40.0], [1, 0, 2]),
];

fn main() -> Result<(), Failure> {
    let reference = Reference::t2()?;
    let reference = reference.on_grid(&reference.grid_around([80, 96, 80], [2.0; 3])?)?;
    println!("| scan | rotation | information | errors | s | warnings |\n|---|---|---|---|---|---|");
    for path in std::env::args().skip(1) {
        println!("{}", row(Path::new(&path), &reference)?);
    }
    Ok(())
}

fn row(path: &Path, reference: &Reference) -> Result<String, Failure> {
    let scan = read(path)?;
    let mask = match already_stripped(&scan) {
        Some(mask) => mask,
        None => skull_strip(&scan, &StripSettings::default())?.mask,
    };
    let start = Instant::now();
    let base = onto(reference, &scan, &mask)?;
    let mut seconds = start.elapsed().as_secs_f64();
    let mut warnings = base.warnings.clone();
    let mut errors = Vec::new();
    for (turn, shift, order) in MOTIONS {
        let motion =
            RigidTransform::about(scan.grid().centre(), turn.map(f64::to_radians).into(), shift.into());
        let (scan, mask) = (moved(&scan, &motion, order)?, moved(&mask, &motion, order)?);
        let start = Instant::now();
        let found = onto(reference, &scan, &mask)?;
        seconds += start.elapsed().as_secs_f64();
        let expected = motion.after(&base.transform);
        let degrees = expected.inverse().after(&found.transform).angle_degrees();
        let distance = expected.mean_distance(&found.transform, reference.mask().points());
        errors.push(format!("{degrees:.1}, {distance:.1}"));
        warnings.extend(found.warnings.iter().map(|warning| format!("(turned) {warning}")));
    }
    let axis: Vec<String> = axis(&base.transform).iter().map(|part| format!("{part:.0}")).collect();
    Ok(format!(
        "| {} | {:.0} ({}) | {:.3} | {} | {:.1} | {} |",
        nifti_stem(path),
        base.transform.angle_degrees(),
        axis.join(" "),
        base.metric,
        errors.join("; "),
        seconds / 4.0,
        warnings.join("; ")
    ))
}

fn onto(reference: &Reference, scan: &Volume<f32>, mask: &Mask) -> mri_io::Result<Registration> {
    let settings = RegistrationSettings::default();
    register_rigid(Scan::within(reference.volume(), reference.mask()), Scan::within(scan, mask), &settings)
}

/// The volume moved in the world, with its voxel axes in another order.
fn moved<T: Copy>(
    volume: &Volume<T>,
    motion: &RigidTransform,
    order: [usize; 3],
) -> Result<Volume<T>, Failure> {
    let data = volume.data().permuted_axes(order).as_standard_layout().into_owned();
    let old = motion.matrix() * volume.affine().matrix();
    let mut matrix = old;
    for (axis, from) in order.into_iter().enumerate() {
        matrix.set_column(axis, &old.column(from));
    }
    Ok(Volume::new(data, Affine::new(matrix)?)?)
}

/// Rotation vector (degrees) of a transform.
fn axis(transform: &RigidTransform) -> Vector3<f64> {
    let rotation =
        nalgebra::Rotation3::from_matrix(&transform.matrix().fixed_view::<3, 3>(0, 0).into_owned());
    rotation.scaled_axis().map(f64::to_degrees)
}
