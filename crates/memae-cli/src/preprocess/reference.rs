//! The reference: the grid, the brain on it, and its mask.

use anyhow::{Context, Result, ensure};
use mri_io::{Affine, Grid, Interpolation, Mask, Reference, RigidTransform};
use mri_phantom::Atlas;

use crate::config::Config;
use crate::failure::Interrupted;
use crate::layout::Layout;
use crate::progress::say;
use crate::stage::Stage;
use crate::{files, interrupt};

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

/// The synthetic atlas on the configured grid, from the cache of an earlier run if there is one.
///
/// # Errors
/// If its brain does not fit into the grid, the cache cannot be written, or the program was asked to stop.
fn synthetic_atlas(config: &Config) -> Result<Reference> {
    let Config { reference, run, .. } = config;
    let key = files::fingerprint(&(env!("CARGO_PKG_VERSION"), reference.shape, reference.spacing))?;
    let folder = run.cache.join(format!("atlas-{}", &key[..12]));
    let stage = Stage::new("atlas", &folder, &key)?;
    let (volume, mask) = (folder.join("atlas.nii.gz"), folder.join("mask.nii.gz"));
    if !stage.is_done() {
        say(format!(
            "preprocess: drawing the synthetic atlas, once for this grid; it stays in {}",
            folder.display()
        ));
        let atlas = draw_atlas(config)?;
        fs_err::create_dir_all(&folder)?;
        mri_io::write(&volume, &atlas.volume)?;
        mri_io::write(&mask, &atlas.mask)?;
        stage.finish(&[volume.clone(), mask.clone()])?;
    }
    // Read back even when just drawn: the first run and later ones have the same bits.
    Ok(Reference::new(mri_io::read(&volume)?, mri_io::read_mask(&mask)?)?)
}

fn draw_atlas(config: &Config) -> Result<Atlas> {
    let sides = [220.0, 260.0, 220.0];
    let glance = Grid::centred(sides.map(|side| (side / GLANCE) as usize), [GLANCE; 3])?;
    let draw = |grid: &Grid| -> Result<Atlas> {
        Ok(mri_phantom::atlas_while(grid, || !interrupt::asked())?.ok_or(Interrupted)?)
    };
    let grid = grid_around(&draw(&glance)?.mask, config)?;
    draw(&grid)
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
