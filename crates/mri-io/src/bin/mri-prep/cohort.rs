//! Scans on the command line, with the masks of their brains.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use mri_io::{Mask, StripSettings, Volume, read, read_mask, skull_strip, write};
use tempfile::TempDir;

use crate::steps::{about, warn};

#[derive(Debug, Args)]
pub(crate) struct Cohort {
    /// Scans of heads.
    #[arg(required = true)]
    pub(crate) scans: Vec<PathBuf>,
    /// Their brains, in the same order; without them the skulls are stripped.
    #[arg(long, num_args = 1.., value_name = "MASK")]
    pub(crate) masks: Vec<PathBuf>,
}

/// Reads scans with their masks, as often as asked; each skull is stripped once.
pub(crate) struct Loader<'a> {
    cohort: &'a Cohort,
    stripped: TempDir,
}

impl Cohort {
    pub(crate) fn loader(&self) -> Result<Loader<'_>> {
        if !self.masks.is_empty() && self.masks.len() != self.scans.len() {
            bail!(
                "{} scans and {} masks: give one mask for each scan, or none",
                self.scans.len(),
                self.masks.len()
            );
        }
        if let Some(missing) = self.scans.iter().chain(&self.masks).find(|path| !path.exists()) {
            bail!("{}: no such file", about(missing));
        }
        Ok(Loader { cohort: self, stripped: tempfile::tempdir().context("cannot make a temporary folder")? })
    }
}

impl Loader<'_> {
    pub(crate) fn load(&self, number: usize) -> Result<(Volume<f32>, Mask)> {
        let path = &self.cohort.scans[number];
        let scan = read(path)?;
        let kept = self.stripped.path().join(format!("{number}.nii"));
        let mask = match self.cohort.masks.get(number) {
            Some(mask) => read_mask(mask)?,
            None if kept.exists() => read_mask(&kept)?,
            None => {
                let found = skull_strip(&scan, &StripSettings::default()).with_context(|| about(path))?;
                warn(path, &found.warnings);
                write(&kept, &found.mask)?;
                found.mask
            }
        };
        if !mask.grid().matches(&scan.grid(), 1e-2) {
            bail!("{}: the scan and its mask lie on different grids: resample the mask first", about(path));
        }
        Ok((scan, mask))
    }
}
