//! The package: a checkpoint that carries the reference, as NIfTI files, and says all else that using it takes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use anomaly_eval::{HealthyCalibration, PlaceCalibration, Scoring};
use anyhow::{Context, Result, bail, ensure};
use cli_support::files;
use memae_model::{Attached, DeviceChoice, TrainedModel};
use mri_io::preprocess::{PreprocessSettings, Reference};
use serde::{Deserialize, Serialize};

use super::Source;
use super::place::{self, PlaceRanges};
use crate::run::layout::{Layout, REFERENCE, REFERENCE_MASK};

/// Changes whenever a package of before cannot be used any more.
pub(super) const FORMAT: u64 = 2;

/// What a package says about itself, beside the settings of network and training that every checkpoint has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct About {
    pub(super) format: u64,
    /// Fingerprint of what it was made from.
    pub(crate) key: String,
    pub(crate) preprocess: PreprocessSettings,
    pub(crate) scoring: Scoring,
    /// Findings of `memae detect` below this volume (ml) are left out; 0: none.
    #[serde(default)]
    pub(crate) smallest_ml: f64,
    pub(crate) calibration: HealthyCalibration,
    /// Of the calibration by place, where the scoring has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<PlaceRanges>,
    /// What speaks against using the model, as sentences: that it has learned nothing, or copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) doubts: Vec<String>,
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
    /// Puts this, the run's reference and the calibration by place beside the weights, the bytes of a checkpoint file.
    pub(super) fn write(
        &self,
        layout: &Layout,
        place: Option<&PlaceCalibration>,
        weights: &[u8],
        path: &Path,
    ) -> Result<()> {
        let mut files = BTreeMap::from([
            (REFERENCE.to_owned(), fs_err::read(layout.reference())?),
            (REFERENCE_MASK.to_owned(), fs_err::read(layout.reference_mask())?),
        ]);
        if let Some(place) = place {
            files.extend(place::files(place, mri_io::read(layout.reference())?.affine())?);
        }
        let note = serde_json::to_value(self)?;
        Ok(Attached { note, files }.write(weights, path)?)
    }

    /// Reads what a package says about itself.
    ///
    /// # Errors
    /// If the file is no package, or one of another format.
    pub(crate) fn read(source: &Source) -> Result<Self> {
        Ok(Self::with_files(source)?.0)
    }

    /// As [`Self::read`], with the files that the package carries: reference, its mask, and the calibration by place.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn with_files(source: &Source) -> Result<(Self, BTreeMap<String, Vec<u8>>)> {
        parts(source, &bytes(source)?)
    }
}

/// A package, ready for scans.
pub(crate) struct Package {
    pub(crate) about: About,
    pub(crate) model: TrainedModel,
    pub(crate) reference: Reference,
    pub(crate) place: Option<PlaceCalibration>,
    /// Fingerprint of reference and preprocessing settings: packages that share it can share a scan's preprocessing.
    pub(crate) preprocessing: String,
    pub(crate) sha256: String,
}

impl Package {
    /// Reads a package.
    ///
    /// # Errors
    /// As [`About::read`]; also if the device is absent.
    pub(crate) fn open(source: &Source, device: DeviceChoice) -> Result<Self> {
        let bytes = bytes(source)?;
        let (about, mut files) = parts(source, &bytes)?;
        let path = source.name();
        let mut file =
            |name: &str| files.remove(name).with_context(|| format!("{}: lacks {name}", path.display()));
        let [volume, mask] = [file(REFERENCE)?, file(REFERENCE_MASK)?];
        let place = about.place.map(|ranges| ranges.take(source, &mut files)).transpose()?;
        let hashes = [&volume, &mask].map(|bytes| files::sha256_of(bytes));
        let preprocessing = files::fingerprint(&(hashes, &about.preprocess))?;
        let (volume, mask) =
            (mri_io::nifti::read_bytes(&path, volume)?, mri_io::nifti::read_bytes(&path, mask)?);
        let sha256 = files::sha256_of(&bytes);
        let model = TrainedModel::from_bytes(&path, bytes.into_owned(), device)?;
        let [i, j, _] = volume.shape();
        ensure!(
            model.sides() == [i, j],
            "{source}: model and reference do not belong together; get the file again"
        );
        let reference =
            Reference::new(volume, mask.map(|&value| value != 0.0)).with_context(|| source.to_string())?;
        Ok(Self { about, model, reference, place, preprocessing, sha256 })
    }
}

fn bytes(source: &Source) -> Result<Cow<'static, [u8]>> {
    if let Source::File(path) = source {
        ensure!(
            !path.is_dir(),
            "{source} is a folder, not a model package: packages are the files runs/<name>/packages/<model>.safetensors"
        );
    }
    source.bytes().context(NO_PACKAGE)
}

const NO_PACKAGE: &str =
    "no model package can be read; `memae package` makes runs/<name>/packages/<model>.safetensors";

fn parts(source: &Source, bytes: &[u8]) -> Result<(About, BTreeMap<String, Vec<u8>>)> {
    let read = Attached::from_bytes(&source.name(), bytes).context(NO_PACKAGE)?;
    let Some(Attached { note, files }) = read else {
        bail!(
            "{source} holds the weights of a model and nothing else; `memae package` adds what else is needed, in \
             runs/<name>/packages/<model>.safetensors"
        );
    };
    let format = note["format"].as_u64();
    ensure!(
        format == Some(FORMAT),
        "{source} is a package of format {}, but memae {} reads format {FORMAT}: use the version that made it ({}), or \
         pack the model again with `memae package`",
        format.map_or_else(|| "?".to_owned(), |format| format.to_string()),
        env!("CARGO_PKG_VERSION"),
        note["provenance"]["program"].as_str().unwrap_or("unknown"),
    );
    let about = serde_json::from_value(note)
        .with_context(|| format!("{source} is a damaged package: get it again"))?;
    Ok((about, files))
}
