//! Other contrasts of a session, which go along with the scan that is stripped.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mri_io::{
    AffineTransform, PreprocessSettings, Preprocessed, Volume, nifti_stem, preprocess_contrast, write,
    write_itk, write_matrix,
};
use serde::{Deserialize, Serialize};

use super::bids::ContrastSidecars;
use crate::steps::{about, name, read_one};

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

/// What one further contrast gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Along {
    pub(crate) scan: String,
    /// Mutual information with the scan that was stripped.
    pub(crate) metric: Option<f64>,
    /// World of the reference to world of the contrast (RAS+, mm).
    pub(crate) transform: [[f64; 4]; 4],
}

/// A contrast with its result, to be drawn.
pub(super) struct Drawn {
    pub(super) volume: Volume,
    /// World of the reference to world of the contrast.
    pub(super) transform: AffineTransform,
}

impl Contrast {
    /// Results in a folder, after the name of the contrast's file.
    ///
    /// # Errors
    /// If two contrasts have one name.
    pub(super) fn all_in_folder(scans: &[PathBuf], folder: &Path) -> Result<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        for scan in scans {
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

    /// Brings the contrast along and writes its results. Warnings name it.
    pub(super) fn process(
        &self,
        scan: &Volume,
        done: &Preprocessed,
        settings: &PreprocessSettings,
        warnings: &mut Vec<String>,
    ) -> Result<(Along, Drawn)> {
        let (header, volume) = read_one(&self.scan, None)?;
        let result = preprocess_contrast(&volume, scan, done, settings).with_context(|| about(&self.scan))?;
        let odd = header.findings.iter().map(ToString::to_string);
        let called = name(&self.scan);
        warnings.extend(odd.chain(result.warnings).map(|warning| format!("{called}: {warning}")));
        write(&self.brain, &result.volume)?;
        write(&self.native_mask, &result.native_mask)?;
        write_matrix(&self.matrix, result.transform)?;
        write_itk(&self.itk, result.transform)?;
        if let Some(sidecars) = &self.sidecars {
            sidecars.write(&self.source)?;
        }
        let matrix = result.transform.matrix();
        let along = Along {
            scan: self.source.clone(),
            metric: result.metric,
            transform: std::array::from_fn(|row| std::array::from_fn(|column| matrix[(row, column)])),
        };
        Ok((along, Drawn { volume, transform: result.transform.into() }))
    }
}
