//! Brings a volume onto the grid of another, without moving it: `cargo run --release --example resample -- scan.nii.gz
//! grid.nii.gz resampled.nii.gz`

use std::error::Error;
use std::path::Path;

use mri_io::nifti::read_header;
use mri_io::resample::{Interpolation, resample};
use mri_io::{RigidTransform, read, write};

/// Values beyond the scan's field of view are 0.
pub(crate) fn bring(scan: &Path, grid: &Path, out: &Path) -> mri_io::Result<()> {
    let scan = read(scan)?;
    let grid = read_header(grid)?.grid();
    let resampled = resample(&scan, &grid, RigidTransform::identity(), Interpolation::Linear, 0.0)?;
    write(out, &resampled)
}

#[allow(dead_code)] // The test of the examples calls the function above.
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [scan, grid, out] = arguments.as_slice() else {
        return Err(
            "give a scan, a volume on the grid that is wanted, and the name of the file to write".into()
        );
    };
    Ok(bring(scan.as_ref(), grid.as_ref(), out.as_ref())?)
}
