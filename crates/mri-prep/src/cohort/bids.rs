//! What BIDS asks of derivatives: names, sidecars, and files about the data set as a whole.
//!
//! Source: [Brain Imaging Data Structure](https://bids-specification.readthedocs.io), "BIDS Derivatives". The validator 3.0.2
//! finds no error in what is written.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use cli_support::files::{read_json, write_json};
use cli_support::lock;
use mri_io::atomic_file::write_whole;
use mri_io::find::BidsScan;
use mri_io::preprocess::Reference;
use mri_io::write;
use serde_json::{Value, json};

use super::job::{Contrast, Job, Outputs};
use super::link::{escape, link};
use super::sidecars::{ContrastSidecars, Sidecars};

/// The suffix of the contrast that is prepared if none is named.
const USUAL: &str = "T2w";
/// The version of BIDS that the names and keys follow.
const VERSION: &str = "1.10.0";
/// BIDS has no names for transforms, pictures, pages and references of one's own.
const IGNORED: [&str; 5] = ["*_xfm.txt", "*_xfm.tfm", "figures", "reference", "sub-*.html"];
const README: &str = "\
# Brains by mri-prep

For each scan: the brain on the grid of the reference, skull-stripped and normalized
(`space-reference_desc-brain`), its mask there and on the scan's own grid, and the transform from reference to
scan (`xfm`). `reference/` holds the reference, `figures/` pictures of each result and `quality.html`, the page of
all of them; `sub-*.html` are pages of single subjects. Each JSON file says what its image was made from.
";

/// A folder of derivatives of a data set.
#[derive(Clone, Debug)]
pub(crate) struct Derivatives {
    raw: PathBuf,
    folder: PathBuf,
    /// Of the scans that are stripped.
    suffix: String,
}

impl Derivatives {
    pub(crate) fn new(raw: &Path, folder: Option<&Path>, suffix: &str) -> Self {
        // Masks have no suffix in their names: those of one contrast would replace those of the other.
        let own = if suffix == USUAL { "mri-prep".to_owned() } else { format!("mri-prep-{suffix}") };
        let folder = folder.map_or_else(|| raw.join("derivatives").join(own), Path::to_owned);
        Self { raw: raw.to_owned(), folder, suffix: suffix.to_owned() }
    }

    /// Where the page of one subject (`sub-01`) goes.
    pub(super) fn subject_page(&self, subject: &str) -> PathBuf {
        self.folder.join(format!("{subject}.html"))
    }

    /// Whom the folder belongs to while a run is at work.
    pub(crate) fn lock(&self) -> (PathBuf, PathBuf) {
        (self.folder.join(lock::FILE), self.folder.clone())
    }

    /// Where the page of all scans goes.
    pub(crate) fn page(&self) -> PathBuf {
        self.folder.join("figures/quality.html")
    }

    /// The work on a scan `ID_SUFFIX`.
    pub(crate) fn job(&self, BidsScan { id, place, path }: &BidsScan) -> Job {
        let (folder, suffix) = (self.folder.join(place), &self.suffix);
        let file = |rest: &str| folder.join(format!("{id}_{rest}"));
        let figure = |what: &str| self.folder.join(format!("figures/{id}_desc-{what}_{suffix}.png"));
        let outputs = Outputs {
            brain: file(&format!("space-reference_desc-brain_{suffix}.nii.gz")),
            mask: file("space-reference_desc-brain_mask.nii.gz"),
            native_mask: file("desc-brain_mask.nii.gz"),
            matrix: file(&format!("from-{suffix}_to-reference_mode-image_xfm.txt")),
            itk: file(&format!("from-{suffix}_to-reference_mode-image_xfm.tfm")),
            picture: figure("quality"),
            thumbnail: figure("thumbnail"),
            summary: file(&format!("space-reference_desc-brain_{suffix}.json")),
            lock: None,
            sidecars: Some(Sidecars {
                mask: file("space-reference_desc-brain_mask.json"),
                native_mask: file("desc-brain_mask.json"),
            }),
            folder,
        };
        Job {
            name: id.clone(),
            source: source(place, path),
            scan: path.clone(),
            volume: None,
            mask: None,
            skull: None,
            also: Vec::new(),
            outputs,
        }
    }

    /// A further contrast `ID_SUFFIX` of a scan's session.
    pub(crate) fn contrast(&self, BidsScan { id, place, path }: &BidsScan, suffix: &str) -> Contrast {
        let file = |rest: &str| self.folder.join(place).join(format!("{id}_{rest}"));
        let brain = file(&format!("space-reference_desc-brain_{suffix}.nii.gz"));
        let native_mask = file(&format!("space-{suffix}_desc-brain_mask.nii.gz"));
        Contrast {
            source: source(place, path),
            scan: path.clone(),
            matrix: file(&format!("from-{suffix}_to-reference_mode-image_xfm.txt")),
            itk: file(&format!("from-{suffix}_to-reference_mode-image_xfm.tfm")),
            sidecars: Some(ContrastSidecars {
                brain: file(&format!("space-reference_desc-brain_{suffix}.json")),
                native_mask: file(&format!("space-{suffix}_desc-brain_mask.json")),
            }),
            brain,
            native_mask,
        }
    }

    /// # Errors
    /// If the folder holds the results of another contrast.
    pub(super) fn check(&self) -> Result<()> {
        let path = self.folder.join("dataset_description.json");
        if !path.exists() {
            return Ok(());
        }
        let description: Value = read_json(&path)?;
        let earlier = description["GeneratedBy"][0]["Description"].as_str();
        ensure!(
            earlier.is_none_or(|earlier| earlier == self.about()),
            "{}: holds the results of another contrast ({}), whose masks have the same names: name another folder with \
             --derivatives",
            self.folder.display(),
            earlier.unwrap_or_default()
        );
        Ok(())
    }

    fn about(&self) -> String {
        format!("Brains of the scans *_{}", self.suffix)
    }

    /// Writes what concerns all scans: the description, what validators are to ignore, the reference, and a README where
    /// there is none.
    pub(super) fn describe(&self, reference: &Reference) -> Result<()> {
        fs_err::create_dir_all(self.folder.join("figures"))?;
        fs_err::create_dir_all(self.folder.join("reference"))?;
        write(self.folder.join("reference/volume.nii.gz"), reference.volume())?;
        write(self.folder.join("reference/mask.nii.gz"), reference.mask())?;
        let raw = link(&self.folder, &self.raw)?;
        let program = json!({
            "Name": "mri-prep",
            "Version": env!("CARGO_PKG_VERSION"),
            "CodeURL": env!("CARGO_PKG_REPOSITORY"),
            "Description": self.about(),
        });
        let description = json!({
            "Name": "mri-prep",
            "BIDSVersion": VERSION,
            "DatasetType": "derivative",
            "GeneratedBy": [program],
            "SourceDatasets": [{ "URL": raw }],
            "DatasetLinks": { "raw": raw },
        });
        write_json(&self.folder.join("dataset_description.json"), &description)?;
        let readme = self.folder.join("README.md");
        if !readme.exists() {
            write_whole(&readme, |file| file.write_all(README.as_bytes()))?;
        }
        self.ignore()
    }

    /// Adds what is missing to `.bidsignore`, in which a user may have lines too.
    fn ignore(&self) -> Result<()> {
        let path = self.folder.join(".bidsignore");
        let mut text = if path.exists() { fs_err::read_to_string(&path)? } else { String::new() };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        for line in IGNORED {
            if !text.lines().any(|there| there == line) {
                text += line;
                text.push('\n');
            }
        }
        Ok(write_whole(&path, |file| file.write_all(text.as_bytes()))?)
    }
}

/// The BIDS URI of a scan of the data set.
fn source(place: &Path, scan: &Path) -> String {
    format!("bids:raw:{}", escape(&place.join(scan.file_name().unwrap_or_default())))
}
