//! Training of one network.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use ndarray::Array3;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::nn::OptimizerConfig;
use tch::{Kind, Tensor, nn, no_grad};

use crate::heads::Head;
use crate::network::{Network, Stage, UNIT, loss};
use crate::render::{Sample, rough, sample};
use crate::view::View;

/// Samples in one step: a new one, and one of the last [`KEPT`], since drawing one costs more than to learn from it.
const BATCH: usize = 2;
const KEPT: usize = 128;
/// Learning rate at the start; it falls to nothing along a cosine.
const RATE: f64 = 1.5e-3;
/// Steps between two checkpoints.
const CHECKPOINT: u64 = 500;
/// Share of the averaged weights that one step changes.
const AVERAGE: f64 = 0.998;
/// Depths (mm) beyond this are not told apart.
const REACH: [f64; 2] = [20.0, 8.0];

pub(crate) struct Settings {
    pub(crate) stage: Stage,
    pub(crate) steps: u64,
    /// Whether to compute with 16 bit numbers.
    pub(crate) short: bool,
    /// Folder of checkpoints and weights.
    pub(crate) out: PathBuf,
}

fn view(stage: Stage) -> View {
    match stage {
        Stage::Coarse => View { edge: 64, spacing: 4.0, at_surface: false },
        Stage::Fine => View { edge: 48, spacing: 2.0, at_surface: true },
    }
}

/// A sample and what goes into the network of it.
struct Prepared {
    inputs: Vec<Array3<f32>>,
    sample: Sample,
}

fn prepare(heads: &[Head], stage: Stage, number: u64) -> Prepared {
    let head = &heads[(number % heads.len() as u64) as usize];
    let view = view(stage);
    let sample = sample(head, view, number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut inputs = vec![sample.image.clone()];
    if stage == Stage::Fine {
        let random = &mut ChaCha8Rng::seed_from_u64(number ^ 0xD15C);
        inputs.push(rough(&sample.depth, view.spacing, random).mapv(rough_unit));
    }
    Prepared { inputs, sample }
}

/// A rough depth (mm) as the second network sees it.
fn rough_unit(depth: f32) -> f32 {
    depth.clamp(-15.0, 15.0) / UNIT as f32
}

fn tensor(array: &Array3<f32>) -> Tensor {
    let shape: Vec<i64> = array.shape().iter().map(|&n| n as i64).collect();
    Tensor::from_slice(array.as_slice().expect("samples are contiguous")).view(&shape[..])
}

/// Input, depth (mm) and known voxels (1 or 0), each `[batch, channels, n, n, n]`.
fn batch(samples: &[&Prepared]) -> [Tensor; 3] {
    let stack = |of: &dyn Fn(&Prepared) -> Tensor| {
        Tensor::stack(&samples.iter().map(|one| of(one)).collect::<Vec<_>>(), 0)
    };
    [
        stack(&|one| Tensor::stack(&one.inputs.iter().map(tensor).collect::<Vec<_>>(), 0)),
        stack(&|one| tensor(&one.sample.depth).unsqueeze(0)),
        stack(&|one| tensor(&one.sample.known.mapv(|known| f32::from(u8::from(known)))).unsqueeze(0)),
    ]
}

/// Trains a network on heads; goes on from the last checkpoint in the folder.
pub(crate) fn train(heads: &[Head], held_out: &[Head], settings: &Settings) -> Result<()> {
    fs_err::create_dir_all(&settings.out)?;
    tch::manual_seed(1);
    let name = format!("{:?}", settings.stage).to_lowercase();
    let file = |ending: &str| settings.out.join(format!("{name}.{ending}"));
    let [mut network, mut average] = [settings.short; 2].map(|short| Network::new(settings.stage, short));
    average.variables.copy(&network.variables)?;
    let mut first = 0;
    if let Ok(step) = fs_err::read_to_string(file("step")) {
        first = step.trim().parse().with_context(|| format!("{} is damaged", file("step").display()))?;
        network.variables.load(file("weights.safetensors"))?;
        average.variables.load(file("average.safetensors"))?;
        println!("{name}: goes on at step {first}");
    }
    let mut optimizer = nn::Adam::default().build(&network.variables, RATE)?;
    let reach = REACH[settings.stage as usize];
    thread::scope(|scope| -> Result<()> {
        let (sender, receiver) = sync_channel(4);
        scope.spawn(move || {
            for step in first..settings.steps {
                // The receiver is gone when training has failed.
                if sender.send(prepare(heads, settings.stage, step)).is_err() {
                    return;
                }
            }
        });
        let (mut sum, start) = (0.0, Instant::now());
        let mut kept: Vec<Prepared> = Vec::new();
        for (step, sample) in (first + 1..).zip(&receiver) {
            // What was drawn lately, in an order without pattern.
            kept.insert(0, sample);
            kept.truncate(KEPT);
            let old = step.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
            let chosen = [0, old as usize % kept.len()];
            let samples: [&Prepared; BATCH] = chosen.map(|index| &kept[index]);
            let done = step as f64 / settings.steps as f64;
            let warm = (step as f64 / 200.0).min(1.0);
            optimizer.set_lr(RATE * warm * (0.5 + 0.5 * (std::f64::consts::PI * done).cos()).max(0.005));
            let [input, depth, known] = batch(&samples);
            let value = loss(&network.forward(&input), &depth, &known, reach);
            optimizer.backward_step_clip_norm(&value, 1.0);
            let share = AVERAGE.min(1.0 - 1.0 / step as f64);
            no_grad(|| {
                let pairs = average.variables.trainable_variables().into_iter();
                for (mut mean, new) in pairs.zip(network.variables.trainable_variables()) {
                    let _ = mean.lerp_(&new, 1.0 - share);
                }
            });
            sum += value.double_value(&[]);
            if step % 100 == 0 {
                let per_step = start.elapsed().as_secs_f64() / (step - first) as f64;
                println!(
                    "{name}: step {step} of {}, loss {:.4}, {per_step:.2} s a step",
                    settings.steps,
                    sum / 100.0
                );
                sum = 0.0;
            }
            if step % CHECKPOINT == 0 || step == settings.steps {
                network.variables.save(file("weights.safetensors"))?;
                average.variables.save(file("average.safetensors"))?;
                average.export(&file("bin"))?;
                fs_err::write(file("step"), step.to_string())?;
                println!("{name}: step {step}, held out: {}", score(&average, held_out, settings.stage));
            }
        }
        Ok(())
    })
}

/// Dice overlap and mean error of the depth near the surface on samples of heads that were not trained on.
fn score(network: &Network, heads: &[Head], stage: Stage) -> String {
    if heads.is_empty() {
        return "none".to_owned();
    }
    let (mut overlaps, mut errors) = (Vec::new(), 0.0);
    let count = 16;
    for number in 0..count {
        let one = prepare(heads, stage, u64::MAX / 2 + number);
        let [input, depth, known] = batch(&[&one]);
        no_grad(|| {
            let found = network.forward(&input) * UNIT;
            let (a, b) =
                (found.gt(0.0).to_kind(Kind::Float) * &known, depth.gt(0.0).to_kind(Kind::Float) * &known);
            let both = (&a * &b).sum(Kind::Float).double_value(&[]);
            let total = (a + b).sum(Kind::Float).double_value(&[]);
            overlaps.push(2.0 * both / total.max(1.0));
            let near = depth.abs().lt(4.0).to_kind(Kind::Float) * &known;
            errors += (((found - depth).abs() * &near).sum(Kind::Float)
                / near.sum(Kind::Float).clamp_min(1.0))
            .double_value(&[]);
        });
    }
    overlaps.sort_by(f64::total_cmp);
    let mean = overlaps.iter().sum::<f64>() / count as f64;
    format!("Dice mean {mean:.4}, worst {:.4}; surface off by {:.2} mm", overlaps[0], errors / count as f64)
}

/// Checks that a folder is there to be read.
pub(crate) fn existing(folder: &Path) -> Result<()> {
    anyhow::ensure!(folder.is_dir(), "{} is no folder", folder.display());
    Ok(())
}

/// Hands out the samples of the first steps, with their voxel size (mm).
pub(crate) fn show(
    heads: &[Head],
    stage: Stage,
    count: u64,
    mut take: impl FnMut(u64, f64, Sample) -> Result<()>,
) -> Result<()> {
    for number in 0..count {
        take(number, f64::from(view(stage).spacing), prepare(heads, stage, number).sample)?;
    }
    Ok(())
}
