//! Scores registration of real heads on a list of cases whose poses are known.
//!
//! `cargo run --release -p mri-io --example register_score -- LIST.tsv > poses.md`
//!
//! Each line of the list has, with a tab between: name, degrees of freedom (6, 7, 9, 12), fixed volume, its mask or
//! `-`, moving volume, its mask or `-`, and twice 16 numbers with blanks between, row by row: a motion by which the
//! moving volume's world is changed first (in its header: turns, shifts, scales), and the truth from the fixed to the
//! changed moving world. Told for each case: the error of the rotation (degrees) and of where the middle of the
//! fixed mask goes (mm), processor seconds, and the warnings.

use std::error::Error;
use std::path::Path;

use mri_io::nifti::read_mask;
use mri_io::register::{Degrees, RegistrationSettings, Scan, register};
use mri_io::{Affine, AffineTransform, Mask, Volume, read};
use nalgebra::{Matrix4, Point3};

/// Errors up to which a pose is right.
const DEGREES: f64 = 8.0;
const MILLIMETRES: f64 = 5.0;

fn main() -> Result<(), Box<dyn Error>> {
    let list = std::env::args().nth(1).ok_or("usage: register_score LIST.tsv")?;
    println!("| case | right | degrees | mm | s | warnings |\n|---|---|---|---|---|---|");
    let (mut right, mut doubted, mut unseen, mut count) = (0, 0, 0, 0);
    for line in std::fs::read_to_string(list)?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, degrees, fixed, fixed_mask, moving, moving_mask, change, truth] = fields[..] else {
            return Err(format!("8 fields are wanted: {line}").into());
        };
        let (change, truth) = (matrix(change)?, AffineTransform::from_matrix(&matrix(truth)?)?);
        let degrees = kind(degrees)?;
        let (fixed, fixed_mask) = (read(fixed)?, mask(fixed_mask)?);
        let moving = moved(&read(moving)?, &change)?;
        let moving_mask = mask(moving_mask)?.map(|mask| moved(&mask, &change)).transpose()?;
        let start = processor_seconds();
        let settings = RegistrationSettings::default();
        let found = register(
            degrees,
            Scan { volume: &fixed, mask: fixed_mask.as_ref() },
            Scan { volume: &moving, mask: moving_mask.as_ref() },
            &settings,
        )?;
        let seconds = processor_seconds() - start;
        let middle = middle(&fixed, fixed_mask.as_ref());
        let turned = truth.inverse().after(&found.transform)?.angle_degrees();
        let shifted = (truth.apply(middle) - found.transform.apply(middle)).norm();
        let is_right = turned <= DEGREES && shifted <= MILLIMETRES;
        count += 1;
        right += usize::from(is_right);
        doubted += usize::from(is_right && !found.warnings.is_empty());
        unseen += usize::from(!is_right && found.warnings.is_empty());
        let is_right = if is_right { "yes" } else { "no" };
        let warnings = found.warnings.join("; ");
        println!("| {name} | {is_right} | {turned:.1} | {shifted:.1} | {seconds:.2} | {warnings} |");
    }
    println!("\n{right} of {count} right, {doubted} of these doubted; {unseen} wrong without a warning");
    Ok(())
}

fn kind(degrees: &str) -> Result<Degrees, Box<dyn Error>> {
    let found = Degrees::with_count(degrees.parse()?);
    found.ok_or_else(|| format!("degrees of freedom are 6, 7, 9 or 12, not {degrees}").into())
}

fn matrix(text: &str) -> Result<Matrix4<f64>, Box<dyn Error>> {
    let numbers: Vec<f64> = text.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    if numbers.len() != 16 {
        return Err(format!("16 numbers are wanted: {text}").into());
    }
    Ok(Matrix4::from_row_slice(&numbers))
}

fn mask(path: &str) -> mri_io::Result<Option<Mask>> {
    (path != "-").then(|| read_mask(Path::new(path))).transpose()
}

/// Processor time of this program so far, where Linux tells it (in hundredths of a second); else 0.
fn processor_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = told.rsplit(") ").next().unwrap_or_default();
    after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The volume with its world changed.
fn moved<T: Clone>(volume: &Volume<T>, change: &Matrix4<f64>) -> mri_io::Result<Volume<T>> {
    Volume::new(volume.data().to_owned(), Affine::new(change * volume.affine().matrix())?)
}

/// The middle of the mask; without one, of the voxels that are not 0.
fn middle(volume: &Volume<f32>, mask: Option<&Mask>) -> Point3<f64> {
    let shown = mask.map_or_else(|| volume.map(|&value| value != 0.0), Clone::clone);
    let sum = shown.points().fold(Point3::origin(), |sum, point| sum + point.coords);
    sum / shown.count().max(1) as f64
}
