//! Scans on the command line, with the masks of their brains.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use clap::Args;
use mri_io::nifti::read_mask;
use mri_io::strip::{StripSettings, skull_strip};
use mri_io::{Mask, Volume, read, write};
use tempfile::TempDir;

use crate::files::{about, read_mask_of, warn};

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
    told: Mutex<HashSet<usize>>,
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
        let stripped = tempfile::tempdir().context("cannot make a temporary folder")?;
        Ok(Loader { cohort: self, stripped, told: Mutex::default() })
    }
}

impl Loader<'_> {
    pub(crate) fn load(&self, number: usize) -> Result<(Volume<f32>, Mask)> {
        let path = &self.cohort.scans[number];
        let mut scan = read(path)?;
        let odd = scan.zero_not_finite();
        // What is odd about a file is told once, however often it is read.
        let is_new = self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        if is_new {
            warn(path, odd.as_slice());
        }
        if let Some(mask) = self.cohort.masks.get(number) {
            let inside = read_mask_of(mask, path, &scan)?;
            if is_new {
                warn(mask, &inside.doubts());
            }
            return Ok((scan, inside));
        }
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
