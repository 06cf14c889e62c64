//! The networks, losses, gradients and optimizer against `PyTorch`, SSIM against scikit-image; the values come from
//! `tests/golden/generate.py`.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensors;
use tch::{Device, Kind, Tensor};

use crate::kind::ModelKind;
use crate::loss::Loss;
use crate::loss::ssim::Ssim;
use crate::network::Network;
use crate::settings::Architecture;
use crate::settings::{Border, MemoryPreset, MemorySettings, ModelSettings, Precision, Query};
use crate::tensors::{self, to_vec};
use crate::training::adam::Adam;

const SIDES: [usize; 2] = [32, 48];

type Golden = BTreeMap<String, (Vec<i64>, Vec<f32>)>;

fn read(name: &str) -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.safetensors"));
    let bytes = std::fs::read(path).unwrap();
    let named = SafeTensors::deserialize(&bytes).unwrap();
    let values =
        |data: &[u8]| data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let shape = |shape: &[usize]| shape.iter().map(|n| *n as i64).collect();
    named
        .tensors()
        .into_iter()
        .map(|(name, view)| (name, (shape(view.shape()), values(view.data()))))
        .collect()
}

fn tensor(golden: &Golden, name: &str) -> Tensor {
    let (shape, values) = &golden[name];
    tensors::from_slice(values, shape, Device::Cpu).unwrap()
}

/// Asserts that the largest difference is at most `tolerance` times the largest expected value.
fn assert_near(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0f32, |scale, value| scale.max(value.abs()));
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
    assert!(worst <= tolerance * scale, "{what}: off by {worst:e} at a scale of {scale:e}");
}

fn norm(values: impl Iterator<Item = f32>) -> f32 {
    values.map(|value| value * value).sum::<f32>().sqrt()
}

fn settings(preset: MemoryPreset) -> ModelSettings {
    ModelSettings {
        ssim_border: Border::Valid,
        width: 1.0 / 48.0,
        code: 6,
        code_channels: 3,
        // The generator has one query for each position; memory.rs has tests of the others.
        memory: MemorySettings { preset, query: Query::Position, ..Default::default() },
        ..Default::default()
    }
}

/// Named tensors as one vector in the order of the names, as the golden files hold them.
fn by_name(mut named: Vec<(String, Tensor)>) -> Vec<(String, Vec<f32>)> {
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named.into_iter().map(|(name, tensor)| (name, to_vec(&tensor).unwrap())).collect()
}

fn check(file: &str, kind: ModelKind, settings: &ModelSettings, tolerance: f32) {
    let (batch, golden) = (read("batch"), read(file));
    let mut network = Network::new(kind, settings, SIDES, 0, Device::Cpu).unwrap();
    network
        .parameters
        .load(|name, shape| {
            let (stored, values) = &golden[&format!("state.{name}")];
            assert_eq!(stored, shape, "{name}");
            Ok(values.clone())
        })
        .unwrap();
    let stored = golden.keys().filter(|name| name.starts_with("state.")).count();
    assert_eq!(network.parameters.state().unwrap().len(), stored);

    // channels_last, as the loader makes batches.
    let x = tensor(&batch, "x").permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
    let target = x.narrow(1, 1, 1).contiguous();
    let evaluated = to_vec(&network.evaluate(&x).unwrap().reconstruction).unwrap();
    assert_near("evaluated", &evaluated, &golden["evaluated"].1, 1e-5);

    let noise = tensor(&batch, "noise");
    let (output, pass) = network.train(&x, Some(&noise), Precision::F32).unwrap();
    assert_near("trained", &to_vec(&output.reconstruction).unwrap(), &golden["trained"].1, 1e-5);
    let loss = Loss::new(kind, settings, SIDES, Device::Cpu).unwrap();
    let parts = loss.parts(&output, &target, None, None).unwrap();
    let mut values = vec![&parts.total, &parts.reconstruction];
    values.extend(&parts.regularization);
    for (value, expected) in tensors::to_numbers(&values).unwrap().iter().zip(&golden["loss"].1) {
        assert_near("loss", &[*value as f32], &[*expected], 1e-5);
    }

    let gradient = network.gradient(&parts.total, &output, pass).unwrap();
    let mut expected = &golden["gradient"].1[..];
    // Relative to the whole gradient: biases before batch normalization have none but rounding.
    let scale = norm(expected.iter().copied());
    for (name, found) in by_name(network.parameters.split(&gradient).unwrap()) {
        let (mine, rest) = expected.split_at(found.len());
        let error = norm(found.iter().zip(mine).map(|(a, b)| a - b)) / scale;
        assert!(error <= tolerance, "{file}: gradient of {name} is off by {error:e}");
        expected = rest;
    }
    let running = network.parameters.state().unwrap();
    let running = by_name(running.into_iter().filter(|(name, _)| name.contains("running")).collect());
    let running: Vec<f32> = running.into_iter().flat_map(|(_, values)| values).collect();
    assert_near("running statistics", &running, &golden["running"].1, 1e-5);

    // Adam divides a gradient by its own size, so it gets PyTorch's gradient: ours differs in the last bits.
    let mut offsets = BTreeMap::new();
    let mut total = 0;
    for (name, values) in by_name(network.parameters.split(network.parameters.flat()).unwrap()) {
        offsets.insert(name, total);
        total += values.len();
    }
    let theirs = network
        .parameters
        .join(|name, shape| {
            let length = shape.iter().product::<i64>() as usize;
            Ok(golden["gradient"].1[offsets[name]..offsets[name] + length].to_vec())
        })
        .unwrap();
    let mut adam = Adam::new(network.parameters.flat()).unwrap();
    adam.step(network.parameters.flat(), &theirs, 1e-4).unwrap();
    let stepped = by_name(network.parameters.split(network.parameters.flat()).unwrap());
    let stepped: Vec<f32> = stepped.into_iter().flat_map(|(_, values)| values).collect();
    assert_near("stepped", &stepped, &golden["stepped"].1, 1e-6);
}

#[test]
fn the_papers_models_agree_with_pytorch() {
    for kind in ModelKind::PAPER {
        check(kind.id(), kind, &settings(MemoryPreset::Paper), 1e-5);
    }
}

#[test]
fn the_memory_presets_agree_with_pytorch() {
    check("memae-official", ModelKind::MemAe, &settings(MemoryPreset::Official), 1e-5);
    // The low temperature amplifies rounding: PyTorch in f32 and channels_last is 1.1e-5 off its own f64 result too.
    check("memae-sharp", ModelKind::MemAe, &settings(MemoryPreset::Sharp), 2e-5);
}

#[test]
fn skip_connections_agree_with_pytorch() {
    check("blob-dae", ModelKind::BlobDae, &settings(MemoryPreset::Paper), 1e-5);
}

/// Parameters in the order in which the network's layers are passed, as `PyTorch` lists them.
fn by_layer(named: Vec<(String, Tensor)>) -> Vec<(String, Tensor)> {
    let bottleneck = ["reduce", "encode", "decode", "expand"];
    let mut named = named;
    named.sort_by_cached_key(|(name, _)| {
        let parts: Vec<&str> = name.split('.').collect();
        let stack = ["encoder", "bottleneck", "decoder"].iter().position(|stack| *stack == parts[0]);
        // What normalizes before the first convolution has no number.
        let place = match parts[0] {
            "bottleneck" => bottleneck.iter().position(|layer| *layer == parts[1]),
            _ => parts[1].parse().ok().map(|place: usize| place + 1),
        };
        let layer = (parts.contains(&"norm"), parts.contains(&"bias"));
        (stack, place, layer)
    });
    named
}

fn check_architecture(file: &str, architecture: Architecture) {
    let (batch, golden) = (read("batch"), read(file));
    let settings = ModelSettings { architecture, ..settings(MemoryPreset::Paper) };
    let mut network = Network::new(ModelKind::Ae, &settings, SIDES, 0, Device::Cpu).unwrap();
    let parameters = network.parameters.split(network.parameters.flat()).unwrap();
    let order: Vec<String> = by_layer(parameters).into_iter().map(|(name, _)| name).collect();
    let values = |name: &str, shape: &[i64]| {
        let k = order.iter().position(|other| other == name)?;
        let length: i64 = shape.iter().product();
        let fan = if shape.len() > 1 { length / shape[0] } else { 1 };
        let offset = if shape.len() > 1 { 0.0 } else { 1.0 };
        let value = |i| (1.0 + k as f64 + 0.7 * i as f64).sin() / (fan as f64).sqrt() + offset;
        Some((0..length).map(|i| value(i) as f32).collect())
    };
    let initial = |name: &str, shape: &[i64]| {
        // Running statistics, which training mode does not read.
        Ok(values(name, shape).unwrap_or_else(|| vec![1.0; shape.iter().product::<i64>() as usize]))
    };
    network.parameters.load(initial).unwrap();

    let x = tensor(&batch, "x").permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
    let (output, pass) = network.train(&x, None, Precision::F32).unwrap();
    let first = to_vec(&output.reconstruction.narrow(0, 0, 1)).unwrap();
    assert_near("output", &first, &golden["output"].1, 1e-5);
    let loss = Loss::new(ModelKind::Ae, &settings, SIDES, Device::Cpu).unwrap();
    let parts = loss.parts(&output, &x.narrow(1, 1, 1), None, None).unwrap();
    let gradient = network.gradient(&parts.total, &output, pass).unwrap();
    let gradient = by_layer(network.parameters.split(&gradient).unwrap());
    assert_eq!(gradient.len(), golden["gradient"].1.len());
    let norms: Vec<f32> = gradient.iter().map(|(_, part)| norm(to_vec(part).unwrap().into_iter())).collect();
    assert_near("gradient", &norms, &golden["gradient"].1, 1e-5);
}

#[test]
fn the_other_architectures_agree_with_pytorch() {
    check_architecture("bergmann", Architecture::Bergmann);
    check_architecture("baur", Architecture::Baur);
}

#[test]
fn the_full_architectures_have_known_sizes() {
    let count = |architecture| {
        let settings = ModelSettings { architecture, code: 100, ..Default::default() };
        let network = Network::new(ModelKind::Ae, &settings, [128, 128], 0, Device::Cpu).unwrap();
        assert_eq!(
            network
                .evaluate(&Tensor::zeros([1, 3, 128, 128], (Kind::Float, Device::Cpu)))
                .unwrap()
                .reconstruction
                .size(),
            [1, 1, 128, 128]
        );
        network.parameters.count()
    };
    let conv = |kernel: usize, input: usize, output: usize| kernel * kernel * input * output + output;
    let [encoder, decoder] = [
        [
            (4, 3, 32),
            (4, 32, 32),
            (3, 32, 32),
            (4, 32, 64),
            (3, 64, 64),
            (4, 64, 128),
            (3, 128, 64),
            (3, 64, 32),
        ],
        [
            (3, 32, 64),
            (3, 64, 128),
            (4, 128, 64),
            (3, 64, 64),
            (4, 64, 32),
            (3, 32, 32),
            (4, 32, 32),
            (4, 32, 1),
        ],
    ]
    .map(|layers| {
        layers.into_iter().map(|(kernel, input, output)| conv(kernel, input, output)).sum::<usize>()
    });
    // The 8x8 convolution to and from a code of 100.
    assert_eq!(
        count(Architecture::Bergmann),
        encoder + conv(8, 32, 100) + (8 * 8 * 32 * 100 + 8 * 8 * 32) + decoder
    );
}

#[test]
fn ssim_agrees_with_scikit_image() {
    let golden = read("ssim");
    let shape = &golden["x"].0;
    let sides = [shape[0] as usize, shape[1] as usize];
    let plane = |name| tensor(&golden, name).view([1, 1, shape[0], shape[1]]);
    let (x, y) = (plane("x"), plane("y").set_requires_grad(true));

    let valid = Ssim::new(sides, Border::Valid, Device::Cpu).unwrap();
    let mean = valid.map(&x, &y).unwrap().mean(Kind::Float);
    assert_near("mean", &to_vec(&mean).unwrap(), &golden["mean"].1, 1e-5);
    let loss = valid.loss(&x, &y, None).unwrap();
    assert_near("mean of the fused loss", &[1.0 - loss.double_value(&[]) as f32], &golden["mean"].1, 1e-5);
    let gradient = Tensor::run_backward(&[loss], &[&y], false, false);
    assert_near("gradient", &to_vec(&gradient[0]).unwrap(), &golden["gradient"].1, 1e-5);

    let reflect = Ssim::new(sides, Border::Reflect, Device::Cpu).unwrap();
    let full = to_vec(&reflect.map(&x, &y).unwrap()).unwrap();
    assert_near("full map", &full, &golden["full"].1, 1e-5);
}

#[test]
fn an_output_of_a_hundredth_over_zeros_scores_a_half() {
    let ssim = Ssim::new([16, 16], Border::Valid, Device::Cpu).unwrap();
    let zeros = Tensor::zeros([1, 1, 16, 16], (Kind::Float, Device::Cpu));
    let map = to_vec(&ssim.map(&zeros, &(&zeros + 0.01)).unwrap()).unwrap();
    assert!(map.iter().all(|value| (value - 0.5).abs() < 1e-4), "{}", map[0]);
}

#[test]
fn the_negative_of_an_image_is_not_similar_to_it() {
    let ssim = Ssim::new([16, 16], Border::Valid, Device::Cpu).unwrap();
    let x: Vec<f32> = (0..256).map(|i| 0.3 + 0.6 * ((7 * i % 13) as f32 / 12.0)).collect();
    let x = Tensor::from_slice(&x).view([1, 1, 16, 16]);
    let itself = to_vec(&ssim.map(&x, &x).unwrap()).unwrap();
    let negative = to_vec(&ssim.map(&x, &-&x).unwrap()).unwrap();
    assert!(itself.iter().all(|value| (value - 1.0).abs() < 1e-4), "{}", itself[0]);
    assert!(negative.iter().all(|value| *value < -0.8), "{}", negative[0]);
}
