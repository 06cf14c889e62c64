//! One scan, the contrasts that go along with it, and where their results go.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use cli_support::lock;
use mri_io::find::nifti_stem;
use mri_io::strip::Skull;

use super::sidecars::{ContrastSidecars, Sidecars};
use crate::files::about;

/// One scan.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// How messages and the page call it; each of a cohort has another.
    pub(crate) name: String,
    /// How records call the scan: its path, or the URI of BIDS.
    pub(crate) source: String,
    pub(crate) scan: PathBuf,
    /// Which volume, where the scan is a series.
    pub(crate) volume: Option<usize>,
    /// Its brain, where that is known.
    pub(crate) mask: Option<PathBuf>,
    /// Whether it has a skull, where a list says so.
    pub(crate) skull: Option<Skull>,
    /// Further contrasts of the session.
    pub(crate) also: Vec<Contrast>,
    pub(crate) outputs: Outputs,
}

/// The files that one scan's results are written to.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    pub(crate) folder: PathBuf,
    /// On the reference's grid.
    pub(crate) brain: PathBuf,
    pub(crate) mask: PathBuf,
    /// On the scan's grid.
    pub(crate) native_mask: PathBuf,
    pub(crate) matrix: PathBuf,
    pub(crate) itk: PathBuf,
    pub(crate) picture: PathBuf,
    pub(crate) thumbnail: PathBuf,
    /// [`super::summary::Summary`]; written last.
    pub(crate) summary: PathBuf,
    /// What BIDS wants beside the masks.
    pub(crate) sidecars: Option<Sidecars>,
    /// What another run on the same folder is kept away with, where the folder is the scan's own.
    pub(crate) lock: Option<PathBuf>,
}

impl Outputs {
    /// Plain names in a folder of the scan's own.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            brain: folder.join("brain.nii.gz"),
            mask: folder.join("mask.nii.gz"),
            native_mask: folder.join("native_mask.nii.gz"),
            matrix: folder.join("transform.txt"),
            itk: folder.join("transform.tfm"),
            picture: folder.join("quality.png"),
            thumbnail: folder.join("thumbnail.png"),
            summary: folder.join("summary.json"),
            sidecars: None,
            lock: Some(folder.join(lock::FILE)),
        }
    }

    /// Removes the folder of a scan that failed, if its lock is all that is in it.
    pub(super) fn remove_unless_more_than_a_lock(&self) {
        let Some(lock) = &self.lock else { return };
        let others = |mut entries: std::fs::ReadDir| {
            entries.any(|entry| entry.map_or(true, |entry| entry.path() != *lock))
        };
        if !std::fs::read_dir(&self.folder).map_or(true, others) {
            // The scan's own error is the one to tell; a folder that stays does no harm.
            let _ = std::fs::remove_file(lock).and_then(|()| std::fs::remove_dir(&self.folder));
        }
    }

    pub(crate) fn all_exist(&self) -> bool {
        let files = [
            &self.brain,
            &self.mask,
            &self.native_mask,
            &self.matrix,
            &self.itk,
            &self.picture,
            &self.thumbnail,
        ];
        let sidecars = self.sidecars.iter().flat_map(|Sidecars { mask, native_mask }| [mask, native_mask]);
        files.into_iter().chain(sidecars).all(|file| file.is_file())
    }
}

/// One further contrast.
#[derive(Clone, Debug)]
pub(crate) struct Contrast {
    /// How records call it: its path, or the URI of BIDS.
    pub(crate) source: String,
    pub(crate) scan: PathBuf,
    /// On the reference's grid, where all contrasts have one mask.
    pub(crate) brain: PathBuf,
    /// On the contrast's own grid.
    pub(crate) native_mask: PathBuf,
    pub(crate) matrix: PathBuf,
    pub(crate) itk: PathBuf,
    /// What BIDS wants beside the images.
    pub(crate) sidecars: Option<ContrastSidecars>,
}

impl Contrast {
    /// The contrasts of a scan with their results in a folder, after the names of the contrasts' files.
    ///
    /// # Errors
    /// If two contrasts have one name, or one is the scan itself.
    pub(super) fn all_in_folder(of: &Path, scans: &[PathBuf], folder: &Path) -> Result<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        for scan in scans {
            if scan == of {
                bail!("{}: is the scan itself, and not another contrast of its session", about(scan));
            }
            let stem = nifti_stem(scan);
            let file = |what: &str| folder.join(format!("{stem}_{what}"));
            if let Some(other) = all.iter().find(|other| other.brain == file("brain.nii.gz")) {
                bail!("{} and {} have one name: rename one", about(&other.scan), about(scan));
            }
            all.push(Self {
                source: about(scan),
                scan: scan.clone(),
                brain: file("brain.nii.gz"),
                native_mask: file("native_mask.nii.gz"),
                matrix: file("transform.txt"),
                itk: file("transform.tfm"),
                sidecars: None,
            });
        }
        Ok(all)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let sidecars = self.sidecars.iter().flat_map(ContrastSidecars::files);
        [&self.brain, &self.native_mask, &self.matrix, &self.itk].into_iter().chain(sidecars)
    }
}
