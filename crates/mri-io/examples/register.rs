//! Brings one scan onto another: `cargo run --release --example register -- fixed.nii.gz moving.nii.gz moved.nii.gz`
//!
//! Beside the moved scan lies the transform, for ITK: `moved.nii.gz.tfm`.

use std::error::Error;
use std::path::Path;

use mri_io::register::{RegistrationSettings, register_rigid};
use mri_io::resample::{Interpolation, resample};
use mri_io::transform_file::write_itk;
use mri_io::{read, write};

/// Returns what there is to look at.
pub(crate) fn bring(fixed: &Path, moving: &Path, out: &Path) -> mri_io::Result<Vec<String>> {
    let (fixed, moving) = (read(fixed)?, read(moving)?);
    let found = register_rigid(&fixed, &moving, &RegistrationSettings::default())?;
    write(out, &resample(&moving, &fixed.grid(), found.transform, Interpolation::Linear, 0.0)?)?;
    write_itk(format!("{}.tfm", out.display()), found.transform)?;
    Ok(found.warnings)
}

#[allow(dead_code)] // The test of the examples calls the function above.
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fixed, moving, out] = arguments.as_slice() else {
        return Err("give the fixed scan, the moving one, and the name of the file to write".into());
    };
    for warning in bring(fixed.as_ref(), moving.as_ref(), out.as_ref())? {
        eprintln!("look at the result: {warning}");
    }
    Ok(())
}
