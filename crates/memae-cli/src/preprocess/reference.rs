//! The reference: the grid, the brain on it, and its mask.

use anyhow::{Context, Result, ensure};
use mri_io::{Affine, Grid, Interpolation, Mask, Reference, RigidTransform};

use crate::config::Config;
use crate::files;
use crate::layout::Layout;

/// Spacing (mm) at which the synthetic atlas is looked at to find its brain.
const GLANCE: f64 = 4.0;

/// Makes the reference and writes it into the run.
///
/// # Errors
/// If its files cannot be read, or its brain does not fit into the configured grid.
pub(super) fn make(config: &Config, layout: &Layout) -> Result<Reference> {
    let reference = match &config.reference.file {
        Some(_) => from_file(config)?,
        None => synthetic_atlas(config)?,
    };
    fs_err::create_dir_all(layout.preprocess())?;
    mri_io::write(layout.reference(), reference.volume())?;
    mri_io::write(layout.reference_mask(), reference.mask())?;
    Ok(reference)
}

/// What the reference's files are, for the stage's key.
pub(super) fn stamp(config: &Config) -> Result<Vec<files::Stamp>> {
    config.reference.file.iter().chain(&config.reference.mask).map(|path| files::stamp(path)).collect()
}

/// SHA-256 of the reference's files.
pub(super) fn contents(config: &Config) -> Result<Vec<String>> {
    config.reference.file.iter().chain(&config.reference.mask).map(|path| files::sha256(path)).collect()
}

fn synthetic_atlas(config: &Config) -> Result<Reference> {
    let sides = [220.0, 260.0, 220.0];
    let glance = Grid::centred(sides.map(|side| (side / GLANCE) as usize), [GLANCE; 3])?;
    let grid = grid_around(&mri_phantom::atlas(&glance)?.mask, config)?;
    let atlas = mri_phantom::atlas(&grid)?;
    Ok(Reference::new(atlas.volume, atlas.mask)?)
}

fn from_file(config: &Config) -> Result<Reference> {
    let file = config.reference.file.as_ref().context("there is a reference file")?;
    let volume = mri_io::to_canonical(&mri_io::read(file)?);
    let mask = match &config.reference.mask {
        Some(path) => mri_io::to_canonical(&mri_io::read_mask(path)?),
        None => volume.map(|&value| value > 0.0),
    };
    // A file that already lies on the configured grid is taken as it is.
    let spacing = volume.affine().spacing();
    let alike = (0..3).all(|axis| (spacing[axis] - config.reference.spacing[axis]).abs() < 1e-3);
    if volume.shape() == config.reference.shape && alike {
        return Ok(Reference::new(volume, mask)?);
    }
    let grid = grid_around(&mask, config)?;
    let identity = RigidTransform::identity();
    let on_grid = mri_io::resample(&volume, &grid, identity, Interpolation::Linear, 0.0)?;
    Ok(Reference::new(on_grid, mri_io::resample_mask(&mask, &grid, identity)?)?)
}

/// The configured grid, RAS+, with its middle at the middle of the brain.
fn grid_around(mask: &Mask, config: &Config) -> Result<Grid> {
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for world in mask.points() {
        for axis in 0..3 {
            low[axis] = low[axis].min(world[axis]);
            high[axis] = high[axis].max(world[axis]);
        }
    }
    ensure!(low[0].is_finite(), "the reference's brain mask is empty");
    let mut grid = Grid::centred(config.reference.shape, config.reference.spacing)?;
    let mut matrix = *grid.affine.matrix();
    for axis in 0..3 {
        let (brain, side) =
            (high[axis] - low[axis], grid.shape[axis] as f64 * config.reference.spacing[axis]);
        ensure!(
            brain <= side,
            "[reference] shape and spacing: {side} mm along axis {axis} do not hold the reference's brain of {brain:.0} mm"
        );
        matrix[(axis, 3)] += 0.5 * (low[axis] + high[axis]);
    }
    grid.affine = Affine::new(matrix)?;
    Ok(grid)
}
