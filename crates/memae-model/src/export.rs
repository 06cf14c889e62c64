//! The network as TorchScript, for programs that know nothing of this crate.

use std::path::Path;

use tch::{CModule, Kind, Tensor};

use crate::files;
use crate::model::TrainedModel;
use crate::{Error, Result};

impl TrainedModel {
    /// Writes the network as a `TorchScript` module, whole or not at all. Its `forward` takes any number of windows of three
    /// neighbouring preprocessed slices, (batch, 3, H, W) with the sides [`Self::sides`], and gives the reconstructions of
    /// the middle ones, (batch, 1, H, W), as [`Self::reconstruct`] does where a slice has brain. It computes on the device that the model is on.
    ///
    /// # Errors
    /// [`Error::Torch`] when libtorch cannot trace the network, [`Error::Io`] when the file cannot be written.
    pub fn export(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let [rows, columns] = self.sides().map(|side| side as i64);
        let example = Tensor::f_zeros([2, 3, rows, columns], (Kind::Float, self.network.device))?;
        let mut failed = None;
        let mut forward = |inputs: &[Tensor]| match self.network.evaluate(&inputs[0]) {
            Ok(output) => vec![output.reconstruction],
            Err(error) => {
                failed = Some(error);
                vec![inputs[0].shallow_clone()]
            }
        };
        let module = CModule::create_by_tracing("Reconstruction", "forward", &[example], &mut forward)?;
        if let Some(error) = failed {
            return Err(error);
        }
        let io = |source| Error::io(path, source);
        let file = files::begin(path).map_err(io)?;
        module.save(file.get_ref().path())?;
        files::finish(file, path).map_err(io)
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use crate::checkpoint::Metadata;
    use crate::kind::ModelKind;
    use crate::network::Network;
    use crate::settings::{MemorySettings, ModelSettings, Query, TrainSettings};
    use crate::tensors;

    use super::*;

    const SIDES: [usize; 2] = [32, 16];

    fn model(kind: ModelKind, query: Query) -> TrainedModel {
        let memory = MemorySettings { query, ..MemorySettings::default() };
        let model = ModelSettings { width: 0.125, memory, ..ModelSettings::default() };
        let network = Network::new(kind, &model, SIDES, 3, Device::Cpu).unwrap();
        network.parameters.freeze().unwrap();
        let train = TrainSettings::default();
        let metadata =
            Metadata { kind, sides: SIDES, model, train, epoch: 1, step: 1, best_epoch: 1, best_value: 0.5 };
        TrainedModel { network, metadata }
    }

    #[test]
    fn the_script_gives_the_same_map_for_any_number_of_slices() {
        let folder = tempfile::tempdir().unwrap();
        let kinds = ModelKind::ALL.map(|kind| (kind, Query::Flat));
        for (kind, query) in kinds
            .into_iter()
            .chain([(ModelKind::MemAe, Query::Position), (ModelKind::MemAe, Query::Grid([2, 1]))])
        {
            let model = model(kind, query);
            let file = folder.path().join("model.pt");
            model.export(&file).unwrap();
            let script = CModule::load(&file).unwrap();
            for batch in [1, 5] {
                let windows = (0..batch * 3 * 32 * 16).map(|i| (i * 37 % 101) as f32 / 100.0);
                let windows = windows.collect::<Vec<_>>();
                let x = tensors::from_slice(&windows, &[batch, 3, 32, 16], Device::Cpu).unwrap();
                let map = |reconstruction: Tensor| (x.narrow(1, 1, 1) - reconstruction).abs();
                let ours = map(model.network.evaluate(&x).unwrap().reconstruction);
                let theirs = map(script.forward_ts(&[&x]).unwrap());
                let furthest = f64::try_from((&ours - &theirs).abs().max()).unwrap();
                assert!(furthest < 1e-5, "{kind} {query:?}, {batch} slices: {furthest}");
                assert!(ours.std(false).double_value(&[]) > 1e-3);
            }
        }
    }
}
