//! The reference: the grid, the brain on it, and its mask.

use anyhow::{Context, Result};
use cli_support::Interrupted;
use cli_support::progress::say;
use cli_support::{files, interrupt};
use mri_io::Grid;
use mri_io::preprocess::Reference;
use mri_phantom::Atlas;

use crate::config::{Builtin, Config, Reference as Settings};
use crate::run::layout::Layout;
use crate::run::stage::{Kind, Stage};

/// Spacing (mm) at which the synthetic atlas is looked at to find its brain.
const GLANCE: f64 = 4.0;

/// Makes the reference and writes it into the run.
///
/// # Errors
/// If its files cannot be read, or its brain does not fit into the configured grid.
pub(super) fn make(config: &Config, layout: &Layout) -> Result<Reference> {
    let reference = match config.builtin_reference() {
        Some(Builtin::Synthetic) => synthetic_atlas(config)?,
        _ => of_anatomy(config)?,
    };
    fs_err::create_dir_all(layout.preprocess())?;
    mri_io::write(layout.reference(), reference.volume())?;
    mri_io::write(layout.reference_mask(), reference.mask())?;
    Ok(reference)
}

/// The configured file, or the built-in brain of real anatomy.
///
/// # Errors
/// If its files cannot be read, or its brain does not fit into the configured grid.
pub(super) fn of_anatomy(config: &Config) -> Result<Reference> {
    if config.reference.file.is_some() {
        from_file(config)
    } else {
        on_configured_grid(&Reference::t2()?, config)
    }
}

/// What the reference's files are, for the stage's key.
pub(super) fn stamp(config: &Config) -> Result<Vec<files::Stamp>> {
    config.reference.file.iter().chain(&config.reference.mask).map(|path| files::stamp(path)).collect()
}

/// SHA-256 of the reference's files, or which of the built-in brains it is.
pub(super) fn contents(config: &Config) -> Result<Vec<String>> {
    if let Some(builtin) = config.builtin_reference() {
        return Ok(vec![format!("{builtin:?}")]);
    }
    config.reference.file.iter().chain(&config.reference.mask).map(|path| files::sha256(path)).collect()
}

/// The synthetic atlas on the configured grid, from the cache of an earlier run if there is one.
///
/// # Errors
/// If its brain does not fit into the grid, the cache cannot be written, or the program was asked to stop.
fn synthetic_atlas(config: &Config) -> Result<Reference> {
    let Config { reference, run, .. } = config;
    let key = files::fingerprint(&(Kind::Atlas.revision(), reference.shape, reference.spacing))?;
    let folder = run.cache.join(format!("atlas-{}", &key[..12]));
    let stage = Stage::new(Kind::Atlas, &folder, &key)?;
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
    Ok(Reference::new(mri_io::read(&volume)?, mri_io::nifti::read_mask(&mask)?)?)
}

fn draw_atlas(config: &Config) -> Result<Atlas> {
    let sides = [220.0, 260.0, 220.0];
    let glance = Grid::centred(sides.map(|side| (side / GLANCE) as usize), [GLANCE; 3])?;
    let draw = |grid: &Grid| -> Result<Atlas> {
        Ok(mri_phantom::atlas_while(grid, || !interrupt::asked())?.ok_or(Interrupted)?)
    };
    let glance = draw(&glance)?;
    draw(&grid_around(&Reference::new(glance.volume, glance.mask)?, config)?)
}

fn from_file(config: &Config) -> Result<Reference> {
    let file = config.reference.file.as_ref().context("there is a reference file")?;
    let volume = mri_io::resample::to_canonical(&mri_io::read(file)?);
    let mask = match &config.reference.mask {
        Some(path) => mri_io::resample::to_canonical(&mri_io::nifti::read_mask(path)?),
        None => volume.map(|&value| value > 0.0),
    };
    // A file that already lies on the configured grid is taken as it is.
    let spacing = volume.affine().spacing();
    let alike = (0..3).all(|axis| (spacing[axis] - config.reference.spacing[axis]).abs() < 1e-3);
    let as_configured = volume.shape() == config.reference.shape && alike;
    let reference = Reference::new(volume, mask)?;
    if as_configured { Ok(reference) } else { on_configured_grid(&reference, config) }
}

fn on_configured_grid(reference: &Reference, config: &Config) -> Result<Reference> {
    Ok(reference.on_grid(&grid_around(reference, config)?)?)
}

/// The configured grid, RAS+, with its middle at the middle of the brain.
fn grid_around(reference: &Reference, config: &Config) -> Result<Grid> {
    let Settings { shape, spacing, .. } = config.reference;
    reference.grid_around(shape, spacing).context("[reference] shape and spacing")
}
