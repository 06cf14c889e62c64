//! Weights of checkpoints in half precision, for packages that are handed on.

use std::collections::HashMap;
use std::path::Path;

use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::format::{KEY, metadata, single};
use crate::{Error, Result};

/// Rounds the kernels and matrices of a checkpoint, given as the bytes of its file, to the nearest numbers of 16 bits (IEEE 754
/// binary16, 11 significant bits), which halves its size. Vectors, such as biases and running variances, are small and stay as
/// they are. The result is a checkpoint that loads as any other: networks compute with 32 bits all the same. Errors call it
/// `name`.
///
/// # Errors
/// [`Error::File`] if the bytes are no checkpoint, or a weight is beyond 65504.
pub fn half_precision(name: &Path, checkpoint: &[u8]) -> Result<Vec<u8>> {
    let bad = |error: safetensors::SafeTensorError| Error::file(name, error.to_string());
    let metadata = metadata(name, checkpoint)?;
    let stored = SafeTensors::deserialize(checkpoint).map_err(bad)?;
    let mut rounded = Vec::new();
    for (tensor, view) in stored.iter() {
        let content = match view.dtype() {
            Dtype::F32 if view.shape().len() > 1 => {
                let values: Vec<f16> = single(view.data()).into_iter().map(f16::from_f32).collect();
                if values.iter().any(|value| !value.is_finite()) {
                    return Err(Error::file(name, format!("`{tensor}` has values too large for 16 bits")));
                }
                (Dtype::F16, values.iter().flat_map(|value| value.to_le_bytes()).collect())
            }
            other => (other, view.data().to_vec()),
        };
        rounded.push((tensor.to_owned(), view.shape().to_vec(), content));
    }
    let views = (rounded.iter())
        .map(|(tensor, shape, (kind, bytes))| {
            Ok((tensor.as_str(), TensorView::new(*kind, shape.clone(), bytes).map_err(bad)?))
        })
        .collect::<Result<Vec<_>>>()?;
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), metadata.to_string())]))).map_err(bad)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use crate::checkpoint::{self, Metadata};
    use crate::device::DeviceChoice;
    use crate::kind::ModelKind;
    use crate::model::TrainedModel;
    use crate::network::Network;
    use crate::settings::{ModelSettings, TrainSettings};

    use super::*;

    #[test]
    fn half_the_size_and_nearly_the_same_reconstruction() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("best.safetensors");
        let settings = ModelSettings { width: 0.25, ..ModelSettings::default() };
        let (kind, sides, train) = (ModelKind::SsimMemAe, [32, 32], TrainSettings::default());
        let network = Network::new(kind, &settings, sides, 3, Device::Cpu).unwrap();
        let metadata = Metadata {
            kind,
            sides,
            model: settings,
            train,
            epoch: 1,
            step: 1,
            best_epoch: 1,
            best_value: 0.5,
        };
        checkpoint::write(&file, &network.parameters.state().unwrap(), &metadata).unwrap();

        let whole = std::fs::read(&file).unwrap();
        let halved = half_precision(&file, &whole).unwrap();
        assert!(halved.len() * 100 < whole.len() * 55, "{} of {} bytes", halved.len(), whole.len());
        assert_eq!(half_precision(&file, &halved).unwrap(), halved, "what is rounded stays");
        let volume: Vec<f32> = (0..32 * 32 * 2).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
        let reconstruct = |bytes: Vec<u8>| {
            let model = TrainedModel::from_bytes(&file, bytes, DeviceChoice::Cpu).unwrap();
            model.reconstruct(&volume, [32, 32, 2]).unwrap()
        };
        let (exact, near) = (reconstruct(whole), reconstruct(halved));
        let furthest = exact.iter().zip(&near).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 5e-3 && exact != near, "{furthest}");
    }
}
