//! Measures training on a made-up cohort, loading included, at batch size 32:
//!
//! `cargo run --release -p memae-model --example throughput -- MODEL PRECISION WIDTH SIDE STEPS DEVICE`
//!
//! Prints the seconds of each step. `cargo xtask bench model` compares them with PyTorch's.

use std::ops::ControlFlow;
use std::time::Instant;

use memae_model::cohort::{Cohort, CohortWriter};
use memae_model::{
    DeviceChoice, ModelKind, ModelSettings, Phase, Precision, Progress, TrainSettings, Trainer,
};

/// Steps before the clock starts.
const WARM_UP: usize = 2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, precision, width, side, steps, device] = &arguments[..] else {
        return Err("usage: throughput MODEL PRECISION WIDTH SIDE STEPS DEVICE".into());
    };
    let (kind, device): (ModelKind, DeviceChoice) = (kind.parse()?, device.parse()?);
    let precision = match precision.as_str() {
        "f32" => Precision::F32,
        "bf16" => Precision::Bf16,
        _ => return Err("PRECISION is f32 or bf16".into()),
    };
    let (width, side, steps): (f64, usize, usize) = (width.parse()?, side.parse()?, steps.parse()?);

    memae_model::keep_memory();
    // A batch of 32 windows in each subject.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cohort");
    let shape = [side, side, 34];
    let mut writer = CohortWriter::create(&path, shape)?;
    let volume: Vec<f32> = (0..side * side * 34).map(|voxel| (voxel % 97) as f32 / 96.0).collect();
    for subject in 0..steps + WARM_UP {
        writer.push(&format!("subject-{subject}"), &volume, &vec![true; volume.len()])?;
    }
    writer.finish()?;
    let cohort = Cohort::open(&path)?;

    let model = ModelSettings { width, ..Default::default() };
    let settings = TrainSettings { epochs: 1, batch: 32, precision, ..Default::default() };
    let trainer =
        Trainer::new(kind, &model, &settings, &cohort, &cohort, folder.path().join("model"), device)?;
    let mut start = Instant::now();
    trainer.run(&mut |progress| {
        let Progress::Step { phase: Phase::Train, step, steps, .. } = progress else {
            return ControlFlow::Break(());
        };
        if step > WARM_UP {
            println!("{}", start.elapsed().as_secs_f64());
        }
        start = Instant::now();
        if step == steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(())
}
