//! The record of a comparison.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use super::Settings;
use super::programs::{CPU, CUDA, Program};
use super::timing::{Times, in_turns};
use crate::machine;

const MODELS: [&str; 5] = ["ae", "vae", "ssim-ae", "memae", PROPOSED];
const PROPOSED: &str = "ssim-memae";
/// Windows of the paper's training cohort, and its epochs.
const PAPER: (f64, f64) = (91_800.0, 150.0);

/// Measures, and tells it as Markdown.
pub(super) fn model(sh: &Shell, python: &Path, settings: &Settings) -> Result<String> {
    let Settings { device, width, side, batch, steps, rounds, .. } = settings;
    cmd!(sh, "cargo build --release --quiet --package memae-model --example throughput").run()?;
    let programs: &[Program] = if settings.is_cpu() { &CPU } else { &CUDA };
    let (table, paper_hours) = table(sh, python, settings, programs)?;
    let versions =
        cmd!(sh, "{python} -c 'import torch, sys; print(torch.__version__, sys.version.split()[0])'");
    let versions = versions.quiet().read()?;
    let (torch, python_version) = versions.split_once(' ').context("no versions")?;
    let commit = cmd!(sh, "git describe --always --dirty").quiet().read()?;
    let load = sh.read_file("/proc/loadavg")?;
    let mut record = format!(
        "# One training step: memae-model and PyTorch\n\n\
         `cargo xtask bench model --device {device} --width {width} --side {side} --batch {batch} --steps {steps} \
         --rounds {rounds}` at {commit} on {}. PyTorch {torch}, Python {python_version}; ours runs on the C++ library of the same \
         version. Load average at the end: {}.\n\n\
         Slices of {side} x {side}, channels times {width}; {:.0} GFLOP a step of {batch} windows in the convolutions. Medians of \
         {rounds} x {steps} steps, the programs in turns, each with all processor threads. Ours reads its batches from a cohort \
         file; PyTorch's lies ready in memory. Processor time is of all threads together, those that wait for others included.\n\n\
         | model | batch | program | s a step | times ours in f32 | processor s a step | GB at most |\n\
         |---|---|---|---|---|---|---|\n{table}",
        machine::processor(sh),
        load.split(' ').next().unwrap_or_default(),
        gigaflop(*side, *width, *batch),
    );
    if !settings.is_cpu() {
        record += &projection(settings, programs, &paper_hours)?;
    }
    Ok(record + &precisions(sh)? + &parts(sh)?)
}

/// The steps of all models, as rows of a table, and the hours that each program would need for the paper's run.
fn table(sh: &Shell, python: &Path, settings: &Settings, programs: &[Program]) -> Result<(String, Vec<f64>)> {
    let batch = settings.batch;
    let mut table = String::new();
    let mut paper_hours = vec![0.0; programs.len()];
    for model in MODELS {
        // On the CPU, where steps are long, the parts are told from one model.
        let programs = if settings.is_cpu() && model != PROPOSED { &programs[..2] } else { programs };
        let times = in_turns(sh, python, settings, model, batch, programs)?;
        for ((program, time), hours) in programs.iter().zip(&times).zip(&mut paper_hours) {
            row(&mut table, model, batch, program, time, times[0].seconds)?;
            *hours += time.seconds * (PAPER.0 / batch as f64).ceil() * PAPER.1 / 3600.0;
        }
    }
    let small = (batch / 4).max(1);
    let times = in_turns(sh, python, settings, PROPOSED, small, &programs[..2])?;
    for (program, time) in programs.iter().zip(&times) {
        row(&mut table, PROPOSED, small, program, time, times[0].seconds)?;
    }
    Ok((table, paper_hours))
}

/// How long the paper's run would take.
fn projection(settings: &Settings, programs: &[Program], paper_hours: &[f64]) -> Result<String> {
    let Settings { side, width, batch, .. } = *settings;
    let mut text = "\n## The paper's run, projected\n\nFive models, 150 epochs of 91,800 windows, without validation.\n\n\
                    | program | hours | TFLOP/s in convolutions |\n|---|---|---|\n"
        .to_owned();
    let steps = (PAPER.0 / batch as f64).ceil() * PAPER.1 * MODELS.len() as f64;
    for (program, hours) in programs.iter().zip(paper_hours) {
        let rate = gigaflop(side, width, batch) * steps / (hours * 3600.0) / 1000.0;
        writeln!(text, "| {} | {hours:.2} | {rate:.1} |", program.name)?;
    }
    text += "\nAn H100 (SXM) can do 67 TFLOP/s in f32, 495 in tf32 and 989 in bf16 (its data sheet, without sparsity).\n";
    Ok(text)
}

fn row(
    table: &mut String,
    model: &str,
    batch: usize,
    program: &Program,
    time: &Times,
    ours: f64,
) -> Result<()> {
    let Times { seconds, processor, bytes } = time;
    let (name, ratio, gigabytes) = (program.name, seconds / ours, bytes / 1e9);
    writeln!(
        table,
        "| {model} | {batch} | {name} | {seconds:.4} | {ratio:.2} | {processor:.3} | {gigabytes:.2} |"
    )?;
    Ok(())
}

/// Arithmetic of the trunk's convolutions in a training step: forward, and both gradients but that by the input of the first.
fn gigaflop(side: usize, width: f64, batch: usize) -> f64 {
    let channels = [96.0, 128.0, 256.0, 256.0].map(|channels: f64| (channels * width).round().max(1.0));
    let [a, b, c, d] = channels;
    // Channels of the larger and the smaller map, and how often the smaller one is halved.
    let layers = [(3.0, a, 1), (a, b, 2), (b, c, 3), (c, d, 4), (c, d, 4), (b, c, 3), (a, b, 2), (1.0, a, 1)];
    let products: f64 = layers
        .iter()
        .enumerate()
        .map(|(at, (larger, smaller, halvings))| {
            let passes = if at == 0 { 2.0 } else { 3.0 };
            passes * 9.0 * larger * smaller * (side as f64 / f64::from(1 << halvings)).powi(2)
        })
        .sum();
    2.0 * products * batch as f64 / 1e9
}

/// Validation losses of trainings that differ in the precision alone.
fn precisions(sh: &Shell) -> Result<String> {
    let test = "other_precisions_learn_as_f32_does";
    let output =
        cmd!(sh, "cargo test --release --quiet --package memae-model --test training -- --nocapture {test}")
            .quiet()
            .read()?;
    let mut text = "\n## Validation loss in other precisions\n\nBest of 6 epochs, small networks on made-up balls: 4 for training, 2 for \
                    validation. On the CPU tf32 is f32.\n\n| model | f32 | tf32 | bf16 |\n|---|---|---|---|\n"
        .to_owned();
    for line in output.lines().filter_map(|line| line.strip_prefix("loss|")) {
        writeln!(text, "| {} |", line.replace('|', " | "))?;
    }
    Ok(text)
}

/// The parts that are ours, each beside the usual way.
fn parts(sh: &Shell) -> Result<String> {
    let output = cmd!(
        sh,
        "cargo test --release --quiet --package memae-model --lib -- --ignored --nocapture --test-threads=1 speed"
    )
    .quiet()
    .read()?;
    let mut text =
        "\n## Parts, each beside the usual way\n\n| what | way | s | times ours |\n|---|---|---|---|\n"
            .to_owned();
    let mut first = ("", f64::NAN);
    for line in output.lines() {
        let ["speed", what, way, seconds] = line.split('|').collect::<Vec<_>>()[..] else { continue };
        let seconds: f64 = seconds.parse()?;
        if first.0 != what {
            first = (what, seconds);
        }
        writeln!(text, "| {what} | {way} | {seconds:.5} | {:.2} |", seconds / first.1)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn arithmetic_of_a_step_is_counted() {
        // By hand: 3 x (9 x 96 x 128 x 60^2 x 2 + ..) products for one window of 240 x 240.
        let gigaflop = super::gigaflop(240, 1.0, 1);
        assert!((gigaflop - 9.78).abs() < 0.01, "{gigaflop}");
    }
}
