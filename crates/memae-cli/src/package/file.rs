//! The package: a checkpoint that carries the reference, as NIfTI files, and says all else that using it takes.

use std::collections::BTreeMap;
use std::path::Path;

use anomaly_eval::Scoring;
use anyhow::{Context, Result, bail, ensure};
use memae_model::{Attached, DeviceChoice, TrainedModel};
use mri_io::{PreprocessSettings, Reference};
use serde::{Deserialize, Serialize};

use super::Calibration;
use crate::files;
use crate::layout::Layout;

/// Changes whenever a package of before cannot be used any more.
pub(super) const FORMAT: u64 = 2;
const REFERENCE: &str = "reference.nii.gz";
const REFERENCE_MASK: &str = "reference_brainmask.nii.gz";

/// What a package says about itself, beside the settings of network and training that every checkpoint has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct About {
    pub(super) format: u64,
    /// Fingerprint of what it was made from.
    pub(crate) key: String,
    pub(crate) preprocess: PreprocessSettings,
    pub(crate) scoring: Scoring,
    pub(crate) calibration: Calibration,
    pub(crate) provenance: Provenance,
}

/// Where a model comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Provenance {
    /// Program and version that made the package.
    pub(crate) program: String,
    pub(crate) libtorch: Option<String>,
    pub(crate) run: String,
    /// Day of the last change of the weights (UTC).
    pub(crate) trained: String,
    /// Fingerprint of training data and settings.
    pub(crate) training_key: String,
    pub(crate) training_subjects: usize,
    /// Whether the model has only ever seen synthetic heads, or was calibrated on them.
    pub(crate) synthetic: bool,
}

impl About {
    /// Puts this and the run's reference beside the weights.
    pub(super) fn write(&self, layout: &Layout, weights: &Path, path: &Path) -> Result<()> {
        let files = BTreeMap::from([
            (REFERENCE.to_owned(), fs_err::read(layout.reference())?),
            (REFERENCE_MASK.to_owned(), fs_err::read(layout.reference_mask())?),
        ]);
        let note = serde_json::to_value(self)?;
        Ok(Attached { note, files }.write(weights, path)?)
    }

    /// Reads what a package says about itself.
    ///
    /// # Errors
    /// If the file is no package, or one of another format.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        Ok(parts(path)?.0)
    }
}

/// A package, ready for scans.
pub(crate) struct Package {
    pub(crate) about: About,
    pub(crate) model: TrainedModel,
    pub(crate) reference: Reference,
    pub(crate) sha256: String,
}

impl Package {
    /// Reads a package.
    ///
    /// # Errors
    /// As [`About::read`]; also if the device is absent.
    pub(crate) fn open(path: &Path, device: DeviceChoice) -> Result<Self> {
        let (about, mut files) = parts(path)?;
        let mut volume = |name: &str| {
            let bytes = files.remove(name).with_context(|| format!("{}: lacks {name}", path.display()))?;
            Ok::<_, anyhow::Error>(mri_io::read_bytes(path, bytes)?)
        };
        let (reference, mask) = (volume(REFERENCE)?, volume(REFERENCE_MASK)?.map(|&value| value != 0.0));
        let model = TrainedModel::load(path, device)?;
        let [i, j, _] = reference.shape();
        ensure!(
            model.sides() == [i, j],
            "{}: model and reference do not belong together; get the file again",
            path.display()
        );
        let reference = Reference::new(reference, mask).with_context(|| path.display().to_string())?;
        Ok(Self { about, model, reference, sha256: files::sha256(path)? })
    }
}

fn parts(path: &Path) -> Result<(About, BTreeMap<String, Vec<u8>>)> {
    let name = path.display();
    ensure!(
        !path.is_dir(),
        "{name} is a folder, not a model package: packages are the files runs/<name>/packages/<model>.safetensors"
    );
    let read = Attached::read(path).context(
        "no model package can be read; `memae package` makes runs/<name>/packages/<model>.safetensors",
    )?;
    let Some(Attached { note, files }) = read else {
        bail!(
            "{name} holds the weights of a model and nothing else; `memae package` adds what else is needed, in \
             runs/<name>/packages/<model>.safetensors"
        );
    };
    let format = note["format"].as_u64();
    ensure!(
        format == Some(FORMAT),
        "{name} is a package of format {}, but memae {} reads format {FORMAT}: use the version that made it ({}), or \
         pack the model again with `memae package`",
        format.map_or_else(|| "?".to_owned(), |format| format.to_string()),
        env!("CARGO_PKG_VERSION"),
        note["provenance"]["program"].as_str().unwrap_or("unknown"),
    );
    let about =
        serde_json::from_value(note).with_context(|| format!("{name} is a damaged package: get it again"))?;
    Ok((about, files))
}
