//! Measures training on a made-up cohort, loading included:
//!
//! `cargo run --release -p memae-model --example throughput -- MODEL PRECISION WIDTH SIDE BATCH STEPS DEVICE`
//!
//! Prints the seconds of each step, by the clock and of processor time, then the bytes of memory that were in use at most. Needs
//! Linux. `cargo xtask bench model` compares with PyTorch.

use std::error::Error;
use std::ops::ControlFlow;
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use memae_model::cohort::{Cohort, CohortWriter};
use memae_model::{ModelKind, ModelSettings, Phase, Progress, TrainSettings, Trainer};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kind, precision, width, side, batch, steps, device] = &arguments[..] else {
        return Err("usage: throughput MODEL PRECISION WIDTH SIDE BATCH STEPS DEVICE".into());
    };
    let (kind, device): (ModelKind, _) = (kind.parse()?, device.parse()?);
    let precision = serde_json::from_value(precision.as_str().into())?;
    let (width, side, batch, steps): (f64, usize, usize, usize) =
        (width.parse()?, side.parse()?, batch.parse()?, steps.parse()?);
    let warm_up = steps.div_ceil(4);
    memae_model::keep_memory();

    // A batch in each subject.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cohort");
    let shape = [side, side, batch + 2];
    let voxels = shape.iter().product();
    let mut writer = CohortWriter::create(&path, shape)?;
    let volume: Vec<f32> = (0..voxels).map(|voxel| (voxel % 97) as f32 / 96.0).collect();
    for subject in 0..steps + warm_up {
        writer.push(&format!("subject-{subject}"), &volume, &vec![true; voxels])?;
    }
    writer.finish()?;
    let cohort = Cohort::open(&path)?;

    let model = ModelSettings { width, ..Default::default() };
    let settings = TrainSettings { epochs: 1, batch, precision, ..Default::default() };
    let trainer =
        Trainer::new(kind, &model, &settings, &cohort, &cohort, folder.path().join("model"), device)?;
    let (mut start, mut processor) = (Instant::now(), processor_seconds()?);
    trainer.run(&mut |progress| {
        let Progress::Step { phase: Phase::Train, step, steps, .. } = progress else {
            return ControlFlow::Break(());
        };
        let (now, processor_now) = (Instant::now(), processor_seconds().unwrap_or(f64::NAN));
        if step > warm_up {
            println!("{} {}", (now - start).as_secs_f64(), processor_now - processor);
        }
        (start, processor) = (now, processor_now);
        if step == steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    println!("{}", peak_bytes(&arguments[6])?);
    Ok(())
}

/// Processor time of this process, all threads together.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name of the program, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|n| n.parse().unwrap_or(0)).sum();
    Ok(ticks as f64 / 100.0)
}

fn peak_bytes(device: &str) -> Result<u64, Box<dyn Error>> {
    if device == "cpu" {
        let status = fs::read_to_string("/proc/self/status")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
        return Ok(1024 * peak.trim().trim_end_matches(" kB").parse::<u64>()?);
    }
    // Libtorch keeps what it had at most.
    let arguments = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
    let output = String::from_utf8(Command::new("nvidia-smi").args(arguments).output()?.stdout)?;
    Ok((1 << 20) * output.lines().next().unwrap_or_default().trim().parse::<u64>()?)
}
