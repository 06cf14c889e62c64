//! Scans on the command line, with the masks of their brains.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use mri_io::nifti::read_mask;
use mri_io::strip::{StripSettings, skull_strip};
use mri_io::{Mask, Volume, write};
use tempfile::TempDir;

use crate::files::{about, read_scan, read_with_mask, warn};

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
    /// All that is read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.scans.iter().chain(&self.masks)
    }

    pub(crate) fn loader(&self) -> Result<Loader<'_>> {
        if !self.masks.is_empty() && self.masks.len() != self.scans.len() {
            bail!(
                "{} scans and {} masks: give one mask for each scan, or none",
                self.scans.len(),
                self.masks.len()
            );
        }
        if let Some(missing) = self.files().find(|path| !path.exists()) {
            bail!("{}: no such file", about(missing));
        }
        Ok(Loader { cohort: self, stripped: tempfile::tempdir().context("cannot make a temporary folder")? })
    }
}

impl Loader<'_> {
    pub(crate) fn load(&self, number: usize) -> Result<(Volume<f32>, Mask)> {
        let path = &self.cohort.scans[number];
        if let Some(mask) = self.cohort.masks.get(number) {
            return read_with_mask(path, mask);
        }
        let scan = read_scan(path)?;
        let kept = self.stripped.path().join(format!("{number}.nii"));
        if kept.exists() {
            return Ok((scan, read_mask(&kept)?));
        }
        let found = skull_strip(&scan, &StripSettings::default()).with_context(|| about(path))?;
        warn(path, &found.warnings);
        write(&kept, &found.mask)?;
        Ok((scan, found.mask))
    }
}
