//! Checkpoints in the safetensors format: weights with everything needed to rebuild the network in the metadata, and the
//! optimizer's moments in a file of their own.

mod attached;
mod format;
mod precision;

use std::collections::HashMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use tch::Tensor;

pub use self::attached::Attached;
use self::format::KEY;
pub use self::precision::half_precision;
use crate::kind::ModelKind;
use crate::network::parameters::{self, Parameters};
use crate::settings::{ModelSettings, TrainSettings};
use crate::{Error, Result, files, tensors};

/// What a checkpoint says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) kind: ModelKind,
    pub(crate) sides: [usize; 2],
    pub(crate) model: ModelSettings,
    pub(crate) train: TrainSettings,
    /// Complete epochs.
    pub(crate) epoch: usize,
    /// Optimizer steps.
    pub(crate) step: u64,
    pub(crate) best_epoch: usize,
    /// Validation reconstruction loss of the best epoch.
    pub(crate) best_value: f64,
}

/// Writes named tensors and metadata, whole or not at all.
pub(crate) fn write(path: &Path, named: &[(String, Tensor)], metadata: &Metadata) -> Result<()> {
    let values = named
        .iter()
        .map(|(name, tensor)| {
            let shape = tensor.size().iter().map(|n| *n as usize).collect::<Vec<_>>();
            Ok((name, shape, tensors::to_vec(tensor)?))
        })
        .collect::<Result<Vec<_>>>()?;
    let invalid = |error: &dyn std::fmt::Display| Error::file(path, error.to_string());
    let views = values
        .iter()
        .map(|(name, shape, values)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values));
            Ok((name.as_str(), view.map_err(|error| invalid(&error))?))
        })
        .collect::<Result<Vec<_>>>()?;
    let json = serde_json::to_string(metadata).map_err(|error| invalid(&error))?;
    let bytes = safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), json)])))
        .map_err(|error| invalid(&error))?;
    files::write_whole(path, |file| file.write_all(&bytes))
}

/// A checkpoint file in memory.
pub(crate) struct Checkpoint<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    pub(crate) metadata: Metadata,
}

impl<'a> Checkpoint<'a> {
    pub(crate) fn read(path: &'a Path) -> Result<Self> {
        Self::parse(path, files::read(path)?)
    }

    /// A checkpoint of which all bytes are at hand; errors call it `path`.
    pub(crate) fn parse(path: &'a Path, bytes: Vec<u8>) -> Result<Self> {
        let metadata = serde_json::from_value(format::metadata(path, &bytes)?)
            .map_err(|error| format::not_a_checkpoint(path, &error))?;
        Ok(Self { path, bytes, metadata })
    }

    /// More values than these cannot be in the file.
    pub(crate) fn most_values(&self) -> usize {
        self.bytes.len() / size_of::<half::f16>()
    }

    /// The error of a network that cannot be what its file says.
    pub(crate) fn named(&self, error: Error) -> Error {
        match error {
            Error::Invalid(reason) => Error::file(
                self.path,
                format!("{reason}: the file is damaged, or of another version; get it again"),
            ),
            other => other,
        }
    }

    /// Sets the network's weights and running statistics to the tensors called `prefix` + name.
    pub(crate) fn load(&self, parameters: &mut Parameters, prefix: &str) -> Result<()> {
        self.with_finder(|find| parameters.load(|name, shape| find(&format!("{prefix}{name}"), shape)))
    }

    /// A flat tensor in the order of the parameters, from the tensors called `prefix` + name.
    pub(crate) fn flat(&self, parameters: &Parameters, prefix: &str) -> Result<Tensor> {
        self.with_finder(|find| parameters.join(|name, shape| find(&format!("{prefix}{name}"), shape)))
    }

    fn with_finder<T>(
        &self,
        use_finder: impl FnOnce(&mut dyn FnMut(&str, &[i64]) -> Result<Vec<f32>>) -> Result<T>,
    ) -> Result<T> {
        let stored = SafeTensors::deserialize(&self.bytes)
            .map_err(|error| Error::file(self.path, error.to_string()))?;
        let mut find = |name: &str, shape: &[i64]| {
            let tensor = stored.tensor(name).map_err(|_| parameters::mismatch(name, shape, None))?;
            let fits = tensor.shape().iter().map(|n| *n as i64).eq(shape.iter().copied());
            match (tensor.dtype(), fits) {
                (Dtype::F32, true) => Ok(format::single(tensor.data())),
                (Dtype::F16, true) => Ok(format::half(tensor.data())),
                _ => Err(parameters::mismatch(name, shape, Some(tensor.shape()))),
            }
        };
        use_finder(&mut find).map_err(|error| self.named(error))
    }
}
