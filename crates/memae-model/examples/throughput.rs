//! Measures training on a made-up cohort: `cargo run --release -p memae-model --example throughput [WIDTH] [SIDE] [STEPS]`.
//!
//! Prints, for each model, steps and windows per second at batch size 32, loading included.

use std::ops::ControlFlow;
use std::time::Instant;

use memae_model::cohort::{Cohort, CohortWriter};
use memae_model::{DeviceChoice, ModelKind, ModelSettings, Phase, Progress, TrainSettings, Trainer};

/// Steps before the clock starts.
const WARM_UP: usize = 2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |i: usize, default: &str| arguments.get(i).map_or(default, String::as_str).to_owned();
    let width: f64 = argument(0, "0.25").parse()?;
    let side: usize = argument(1, "96").parse()?;
    let steps: usize = argument(2, "20").parse()?;

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
    let settings = TrainSettings { epochs: 1, batch: 32, ..Default::default() };
    for kind in ModelKind::ALL {
        let model_folder = folder.path().join(kind.id());
        let trainer =
            Trainer::new(kind, &model, &settings, &cohort, &cohort, model_folder, DeviceChoice::Auto)?;
        let mut start = Instant::now();
        let mut seconds = 0.0;
        trainer.run(&mut |progress| match progress {
            Progress::Step { phase: Phase::Train, step, steps, .. } => {
                if step == WARM_UP {
                    start = Instant::now();
                }
                seconds = start.elapsed().as_secs_f64();
                if step == steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }
            _ => ControlFlow::Break(()),
        })?;
        let rate = steps as f64 / seconds;
        println!("{kind:<11} {rate:7.3} steps/s {:8.1} windows/s", 32.0 * rate);
    }
    Ok(())
}
