//! Side-by-side measurements, written down below docs/benchmarks.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use xshell::{Shell, cmd};

use crate::{libtorch, machine, setup};

const MODELS: [&str; 5] = ["ae", "vae", "ssim-ae", "memae", "ssim-memae"];
const OURS: &str = "target/release/examples/throughput";
const SCRIPT: &str = "crates/memae-model/benches/pytorch.py";
/// Lets the C library keep memory, as our program does.
const KEEP: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=18446744073709551615");
/// Windows of the paper's training cohort, and its epochs.
const PAPER: (f64, f64) = (91_800.0, 150.0);

/// What `bench model` measures.
struct Settings {
    device: String,
    width: f64,
    side: usize,
    batch: usize,
    steps: usize,
    rounds: usize,
    /// A Python with PyTorch; our own environment if not given.
    python: Option<PathBuf>,
}

/// A program that takes the steps of training.
#[derive(Clone, Copy)]
struct Program {
    name: &'static str,
    mode: &'static str,
    ours: bool,
    keep: bool,
}

const fn ours(name: &'static str, mode: &'static str) -> Program {
    Program { name, mode, ours: true, keep: false }
}

const fn pytorch(name: &'static str, mode: &'static str) -> Program {
    Program { name, mode, ours: false, keep: false }
}

/// Ours and what it is compared with, then what says which part gave what.
const CPU: [Program; 6] = [
    ours("memae-model, f32", "f32"),
    pytorch("PyTorch eager", "eager"),
    Program { keep: true, ..pytorch("PyTorch eager, memory kept", "eager") },
    pytorch("PyTorch eager, channels_last", "channels-last"),
    ours("memae-model, bf16", "bf16"),
    pytorch("PyTorch eager, channels_last, autocast to bf16", "bf16"),
];
const CUDA: [Program; 8] = [
    ours("memae-model, f32", "f32"),
    pytorch("PyTorch eager, f32", "eager"),
    ours("memae-model, tf32", "tf32"),
    pytorch("PyTorch eager, tf32", "tf32"),
    pytorch("PyTorch eager, tf32, channels_last", "channels-last"),
    ours("memae-model, bf16", "bf16"),
    pytorch("PyTorch eager, channels_last, autocast to bf16", "bf16"),
    pytorch("PyTorch compiled, bf16", "compiled-bf16"),
];

/// Compares a training step with PyTorch's and writes `docs/benchmarks/DATE-memae-model-DEVICE.md`.
pub(crate) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    match args.next()? {
        Some(Value(what)) if what == "model" => {}
        _ => bail!("say what: `cargo xtask bench model`"),
    }
    let mut settings = Settings {
        device: "cpu".to_owned(),
        width: 1.0,
        side: 240,
        batch: 32,
        steps: 2,
        rounds: 3,
        python: None,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("device") => settings.device = args.value()?.string()?,
            Long("width") => settings.width = args.value()?.parse()?,
            Long("side") => settings.side = args.value()?.parse()?,
            Long("batch") => settings.batch = args.value()?.parse()?,
            Long("steps") => settings.steps = args.value()?.parse()?,
            Long("rounds") => settings.rounds = args.value()?.parse()?,
            Long("python") => settings.python = Some(args.value()?.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let sh = crate::shell_at(root)?;
    setup::ensure(&sh, root)?;
    let python = match &settings.python {
        Some(python) => python.clone(),
        None => own_python(&sh, root)?,
    };
    let record = model(&sh, &python, &settings)?;
    let date = cmd!(sh, "date +%F").quiet().read()?;
    let device = settings.device.split(':').next().unwrap_or("cpu");
    let folder = sh.create_dir(root.join("docs/benchmarks"))?;
    let path = folder.join(format!("{date}-memae-model-{device}.md"));
    sh.write_file(&path, &record)?;
    println!("{record}\nWritten to {}", path.display());
    Ok(())
}

/// The Python of `.venv`, which gets PyTorch if it has none.
fn own_python(sh: &Shell, root: &Path) -> Result<PathBuf> {
    let python = root.join(".venv/bin/python");
    if !python.exists() {
        cmd!(sh, "python3 -m venv .venv").run()?;
    }
    let version = format!("torch=={}", libtorch::VERSION);
    if cmd!(sh, "{python} -c 'import torch'").quiet().ignore_stderr().run().is_err() {
        cmd!(sh, "{python} -m pip install --disable-pip-version-check {version} numpy").run()?;
    }
    Ok(python)
}

fn model(sh: &Shell, python: &Path, settings: &Settings) -> Result<String> {
    let Settings { device, width, side, batch, steps, rounds, .. } = settings;
    cmd!(sh, "cargo build --release --quiet --package memae-model --example throughput").run()?;
    let cpu = device == "cpu";
    let programs: &[Program] = if cpu { &CPU } else { &CUDA };
    let mut table = String::new();
    let mut paper_hours = vec![0.0; programs.len()];
    for model in MODELS {
        // On the CPU, where steps are long, the parts are told from one model.
        let programs = if cpu && model != "ssim-memae" { &programs[..2] } else { programs };
        let times = in_turns(sh, python, settings, model, *batch, programs)?;
        for ((program, time), hours) in programs.iter().zip(&times).zip(&mut paper_hours) {
            row(&mut table, model, *batch, program, time, times[0].seconds)?;
            *hours += time.seconds * (PAPER.0 / *batch as f64).ceil() * PAPER.1 / 3600.0;
        }
    }
    let small = (batch / 4).max(1);
    let times = in_turns(sh, python, settings, "ssim-memae", small, &programs[..2])?;
    for (program, time) in programs.iter().zip(&times) {
        row(&mut table, "ssim-memae", small, program, time, times[0].seconds)?;
    }

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
    if !cpu {
        record += "\n## The paper's run, projected\n\nFive models, 150 epochs of 91,800 windows, without validation.\n\n\
                   | program | hours | TFLOP/s in convolutions |\n|---|---|---|\n";
        let steps = (PAPER.0 / *batch as f64).ceil() * PAPER.1 * MODELS.len() as f64;
        for (program, hours) in programs.iter().zip(&paper_hours) {
            let rate = gigaflop(*side, *width, *batch) * steps / (hours * 3600.0) / 1000.0;
            writeln!(record, "| {} | {hours:.2} | {rate:.1} |", program.name)?;
        }
        record += "\nAn H100 (SXM) can do 67 TFLOP/s in f32, 495 in tf32 and 989 in bf16 (its data sheet, without sparsity).\n";
    }
    Ok(record + &precisions(sh)? + &parts(sh)?)
}

/// Medians of a program.
struct Times {
    seconds: f64,
    processor: f64,
    bytes: f64,
}

/// Runs the programs one after the other, again and again: others may use the machine too.
fn in_turns(
    sh: &Shell,
    python: &Path,
    settings: &Settings,
    model: &str,
    batch: usize,
    programs: &[Program],
) -> Result<Vec<Times>> {
    let Settings { device, width, side, steps, rounds, .. } = settings;
    let [width, side, batch, steps] =
        [width.to_string(), side.to_string(), batch.to_string(), steps.to_string()];
    let mut found = vec![(Vec::new(), Vec::new(), Vec::new()); programs.len()];
    for _ in 0..*rounds {
        for (program, (seconds, processor, bytes)) in programs.iter().zip(&mut found) {
            let mut command = if program.ours { cmd!(sh, "{OURS}") } else { cmd!(sh, "{python} {SCRIPT}") };
            if program.keep {
                command = command.env(KEEP.0, KEEP.1);
            }
            let arguments = [model, program.mode, &width, &side, &batch, &steps, device];
            let output = command.args(arguments).quiet().read()?;
            let (times, peak) = steps_of(&output)?;
            seconds.extend(times.iter().map(|time| time[0]));
            processor.extend(times.iter().map(|time| time[1]));
            bytes.push(peak);
        }
    }
    let medians = |(seconds, processor, bytes)| Times {
        seconds: median(seconds),
        processor: median(processor),
        bytes: median(bytes),
    };
    Ok(found.into_iter().map(medians).collect())
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

/// What a program prints: seconds and processor seconds of each step, then the bytes at most.
fn steps_of(output: &str) -> Result<(Vec<[f64; 2]>, f64)> {
    let bad = || format!("not the times of steps:\n{output}");
    let lines: Vec<&str> = output.lines().collect();
    let (bytes, steps) = lines.split_last().with_context(bad)?;
    let step = |line: &&str| -> Result<[f64; 2]> {
        let (seconds, processor) = line.split_once(' ').with_context(bad)?;
        Ok([seconds.parse().with_context(bad)?, processor.parse().with_context(bad)?])
    };
    Ok((steps.iter().map(step).collect::<Result<_>>()?, bytes.parse().with_context(bad)?))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_their_median_taken() {
        let (steps, bytes) = steps_of("3 4\n1.5 2\n7000").unwrap();
        assert_eq!((steps, bytes), (vec![[3.0, 4.0], [1.5, 2.0]], 7000.0));
        assert_eq!(median(vec![3.0, 1.5, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0]), 2.5);
        assert!(steps_of("1.5 2\nTraceback").is_err());
    }

    #[test]
    fn arithmetic_of_a_step_is_counted() {
        // By hand: 3 x (9 x 96 x 128 x 60^2 x 2 + ..) products for one window of 240 x 240.
        let gigaflop = gigaflop(240, 1.0, 1);
        assert!((gigaflop - 9.78).abs() < 0.01, "{gigaflop}");
    }
}
