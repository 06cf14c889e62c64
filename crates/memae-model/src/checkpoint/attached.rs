//! Checkpoints that carry more than weights: what else is needed to use a model, in the same file.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use super::format::{KEY, metadata};
use crate::{Error, Result, files};

/// Name of the note in the metadata, and prefix of the files' names.
const NOTE: &str = "attached";

/// A note and whole files beside the weights of a checkpoint. The result is a checkpoint still:
/// [`TrainedModel::load`](crate::TrainedModel::load) takes the weights from it, as do other readers of safetensors, to whom
/// the files are tensors of bytes with names that begin with `attached.`, and the note is a field of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct Attached {
    /// Anything to say about the model.
    pub note: Value,
    /// Contents by name: one of a file, without a folder.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Attached {
    /// Writes the weights in `checkpoint`, the bytes of a checkpoint file, bit for bit, with this beside them, whole or not at
    /// all.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::File`] if `checkpoint` is none.
    pub fn write(&self, checkpoint: &[u8], path: &Path) -> Result<()> {
        let bad = |error: safetensors::SafeTensorError| Error::file(path, error.to_string());
        let mut metadata = metadata(path, checkpoint)?;
        metadata[NOTE] = self.note.clone();
        let weights = SafeTensors::deserialize(checkpoint).map_err(bad)?;
        let mut tensors: Vec<(String, TensorView<'_>)> =
            weights.iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect();
        for (name, content) in &self.files {
            let view = TensorView::new(Dtype::U8, vec![content.len()], content).map_err(bad)?;
            tensors.push((format!("{NOTE}.{name}"), view));
        }
        let metadata = HashMap::from([(KEY.to_owned(), metadata.to_string())]);
        let written = safetensors::serialize(tensors, Some(metadata)).map_err(bad)?;
        files::write_whole(path, |file| file.write_all(&written))
    }

    /// Reads what lies beside the weights; `None` for a checkpoint that holds weights only.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::File`] as [`Attached::from_bytes`].
    pub fn read(path: &Path) -> Result<Option<Self>> {
        Self::from_bytes(path, &files::read(path)?)
    }

    /// As [`Attached::read`], from the bytes of a checkpoint file; errors call it `name`.
    ///
    /// # Errors
    /// [`Error::File`] if the bytes are no checkpoint, or a file's name is none without a folder.
    pub fn from_bytes(name: &Path, bytes: &[u8]) -> Result<Option<Self>> {
        let mut metadata = metadata(name, bytes)?;
        let Some(note) = metadata.get_mut(NOTE).map(Value::take) else { return Ok(None) };
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|error| Error::file(name, error.to_string()))?;
        let mut files = BTreeMap::new();
        for (tensor_name, tensor) in tensors.iter() {
            let Some(file) = tensor_name.strip_prefix(NOTE).and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            // Whoever writes the files to a folder must not be led out of it.
            if Path::new(file).file_name() != Some(OsStr::new(file)) || file.contains(['/', '\\', '\0']) {
                return Err(Error::file(
                    name,
                    format!("holds a file with the name {file:?}, which is no plain name: do not trust it"),
                ));
            }
            files.insert(file.to_owned(), tensor.data().to_vec());
        }
        Ok(Some(Self { note, files }))
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Tensor};

    use crate::checkpoint::{self, Checkpoint, Metadata};
    use crate::kind::ModelKind;
    use crate::settings::{ModelSettings, TrainSettings};

    use super::*;

    #[test]
    fn what_is_attached_comes_back_and_the_weights_stay_readable() {
        let folder = tempfile::tempdir().unwrap();
        let [plain, package] = ["plain", "package"].map(|name| folder.path().join(name));
        let metadata = Metadata {
            kind: ModelKind::Ae,
            sides: [32, 32],
            model: ModelSettings::default(),
            train: TrainSettings::default(),
            epoch: 2,
            step: 7,
            best_epoch: 2,
            best_value: 0.1,
        };
        let weights = Tensor::arange(6, (tch::Kind::Float, Device::Cpu)).view([2, 3]);
        checkpoint::write(&plain, &[("w".to_owned(), weights)], &metadata).unwrap();
        assert_eq!(Attached::read(&plain).unwrap(), None);

        let files = BTreeMap::from([("scan.nii.gz".to_owned(), vec![1, 2, 3])]);
        let attached = Attached { note: serde_json::json!({ "format": 1 }), files };
        attached.write(&std::fs::read(&plain).unwrap(), &package).unwrap();
        assert_eq!(Attached::read(&package).unwrap(), Some(attached.clone()));
        assert_eq!(Checkpoint::read(&package).unwrap().metadata, metadata);
        let bytes = std::fs::read(&package).unwrap();
        let read = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(read.tensor("w").unwrap().shape(), [2, 3]);
        assert_eq!(read.tensor("attached.scan.nii.gz").unwrap().data(), [1, 2, 3]);

        attached.write(&std::fs::read(&plain).unwrap(), &package).unwrap();
        assert_eq!(bytes, std::fs::read(&package).unwrap(), "the same bytes each time");
        std::fs::write(&plain, b"text").unwrap();
        assert!(Attached::read(&plain).unwrap_err().to_string().contains("not a checkpoint"));
    }
}
