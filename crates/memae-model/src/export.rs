//! The network as TorchScript and as ONNX, for programs that know nothing of this crate.

use std::path::Path;

use tch::{CModule, Kind, Tensor};

use crate::files;
use crate::model::TrainedModel;
use crate::onnx::{Graph, OPSET};
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

    /// Version of ONNX's operators in the files of [`Self::export_onnx`].
    pub const ONNX_OPSET: i64 = OPSET;

    /// Writes the network as ONNX, whole or not at all. `slices`, any number of windows of three neighbouring preprocessed slices
    /// (batch, 3, H, W) with the sides [`Self::sides`], becomes `reconstruction` of the middle ones, (batch, 1, H, W), as in
    /// [`Self::reconstruct`] where a slice has brain. `metadata` goes along as pairs of a key and a value.
    ///
    /// # Errors
    /// [`Error::Torch`] when weights cannot be read, [`Error::Io`] when the file cannot be written.
    pub fn export_onnx(&self, path: impl AsRef<Path>, metadata: &[(String, String)]) -> Result<()> {
        let mut graph = Graph::default();
        let output = self.network.onnx(&mut graph, &Graph::input())?;
        let bytes = graph.into_model(&output, self.sides(), metadata);
        files::write_whole(path.as_ref(), |file| file.write_all(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use crate::checkpoint::Metadata;
    use crate::kind::ModelKind;
    use crate::network::Network;
    use crate::settings::{Architecture, MemoryPreset, MemorySettings, ModelSettings, Query, TrainSettings};
    use crate::tensors;

    use super::*;

    const SIDES: [usize; 2] = [32, 16];

    fn model(kind: ModelKind, memory: MemorySettings, architecture: Architecture) -> TrainedModel {
        let model = ModelSettings { width: 0.125, memory, architecture, ..ModelSettings::default() };
        let network = Network::new(kind, &model, SIDES, 3, Device::Cpu).unwrap();
        network.parameters.freeze().unwrap();
        let train = TrainSettings::default();
        let metadata =
            Metadata { kind, sides: SIDES, model, train, epoch: 1, step: 1, best_epoch: 1, best_value: 0.5 };
        TrainedModel { network, metadata }
    }

    /// All models, and every way to address a memory.
    fn models() -> Vec<(String, TrainedModel)> {
        let kinds = ModelKind::ALL.map(|kind| (kind, MemorySettings::default(), Architecture::Trunk));
        let memory = |query, preset| MemorySettings { preset, query, ..MemorySettings::default() };
        let more = [
            (ModelKind::MemAe, memory(Query::Position, MemoryPreset::Official), Architecture::Trunk),
            (ModelKind::MemAe, memory(Query::Grid([2, 1]), MemoryPreset::Sharp), Architecture::Trunk),
            (ModelKind::Ae, MemorySettings::default(), Architecture::Bergmann),
            (ModelKind::Vae, MemorySettings::default(), Architecture::Baur),
        ];
        let all = kinds.into_iter().chain(more);
        all.map(|(kind, memory, architecture)| {
            (format!("{kind} {architecture:?} {:?}", memory.query), model(kind, memory, architecture))
        })
        .collect()
    }

    fn windows(batch: i64) -> (Vec<f32>, Tensor) {
        let values: Vec<f32> = (0..batch * 3 * 32 * 16).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
        let tensor = tensors::from_slice(&values, &[batch, 3, 32, 16], Device::Cpu).unwrap();
        (values, tensor)
    }

    #[test]
    fn the_script_gives_the_same_map_for_any_number_of_slices() {
        let folder = tempfile::tempdir().unwrap();
        for (name, model) in models() {
            let file = folder.path().join("model.pt");
            model.export(&file).unwrap();
            let script = CModule::load(&file).unwrap();
            for batch in [1, 5] {
                let (_, x) = windows(batch);
                let map = |reconstruction: Tensor| (x.narrow(1, 1, 1) - reconstruction).abs();
                let ours = map(model.network.evaluate(&x).unwrap().reconstruction);
                let theirs = map(script.forward_ts(&[&x]).unwrap());
                let furthest = f64::try_from((&ours - &theirs).abs().max()).unwrap();
                assert!(furthest < 1e-5, "{name}, {batch} slices: {furthest}");
                assert!(ours.std(false).double_value(&[]) > 1e-3);
            }
        }
    }

    /// Runs a model on windows, as programs that know nothing of this crate do.
    const ONNX_RUNTIME: &str = "
import sys, numpy, onnxruntime
folder = sys.argv[1]
session = onnxruntime.InferenceSession(f'{folder}/model.onnx', providers=['CPUExecutionProvider'])
assert session.get_modelmeta().custom_metadata_map == {'key': 'a value'}
assert [(i.name, i.shape) for i in session.get_inputs()] == [('slices', ['batch', 3, 32, 16])]
assert [(o.name, o.shape) for o in session.get_outputs()] == [('reconstruction', ['batch', 1, 32, 16])]
x = numpy.fromfile(f'{folder}/x', numpy.float32).reshape(-1, 3, 32, 16)
session.run(['reconstruction'], {'slices': x})[0].tofile(f'{folder}/y')
";

    #[test]
    fn onnx_runtime_gives_the_same_map_for_any_number_of_slices() {
        let Some(python) = std::env::var_os("ONNX_PYTHON") else {
            eprintln!(
                "skipped: ONNX_PYTHON names no Python with onnxruntime (`cargo xtask test python` does)"
            );
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        for (name, model) in models() {
            model
                .export_onnx(folder.path().join("model.onnx"), &[("key".to_owned(), "a value".to_owned())])
                .unwrap();
            for batch in [1, 5] {
                let (values, x) = windows(batch);
                std::fs::write(folder.path().join("x"), bytemuck::cast_slice(&values)).unwrap();
                let mut runtime = std::process::Command::new(&python);
                let status = runtime.args(["-c", ONNX_RUNTIME]).arg(folder.path()).status().unwrap();
                assert!(status.success(), "{name}");
                let theirs = std::fs::read(folder.path().join("y")).unwrap();
                let theirs =
                    theirs.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
                let ours = tensors::to_vec(&model.network.evaluate(&x).unwrap().reconstruction).unwrap();
                let furthest = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(furthest < 1e-5, "{name}, {batch} slices: {furthest}");
            }
        }
    }
}
