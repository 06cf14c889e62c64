//! Side-by-side measurements, written down below docs/benchmarks.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use xshell::{Shell, cmd};

use crate::{libtorch, machine};

/// Our program is run with one model at a time, in turns with PyTorch.
const MODELS: [&str; 2] = ["ae", "ssim-memae"];
const PRECISIONS: [&str; 2] = ["f32", "bf16"];
const OURS: &str = "target/release/examples/throughput";
const SCRIPT: &str = "crates/memae-model/benches/pytorch.py";

/// What `bench model` measures.
struct Settings {
    device: String,
    width: String,
    side: String,
    steps: String,
    rounds: usize,
    /// A Python with PyTorch; our own environment if not given.
    python: Option<PathBuf>,
}

/// Compares a training step with PyTorch's and writes `docs/benchmarks/model-DEVICE.md`.
pub(crate) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    match args.next()? {
        Some(Value(what)) if what == "model" => {}
        _ => bail!("say what: `cargo xtask bench model`"),
    }
    let mut settings = Settings {
        device: "cpu".to_owned(),
        width: "1".to_owned(),
        side: "240".to_owned(),
        steps: "3".to_owned(),
        rounds: 3,
        python: None,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("device") => settings.device = args.value()?.string()?,
            Long("width") => settings.width = args.value()?.string()?,
            Long("side") => settings.side = args.value()?.string()?,
            Long("steps") => settings.steps = args.value()?.string()?,
            Long("rounds") => settings.rounds = args.value()?.parse()?,
            Long("python") => settings.python = Some(args.value()?.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let sh = crate::shell_at(root)?;
    libtorch::ensure(&sh, root)?;
    let python = match &settings.python {
        Some(python) => python.clone(),
        None => own_python(&sh, root)?,
    };
    let record = model(&sh, &python, &settings)?;
    let name = settings.device.split(':').next().unwrap_or("cpu");
    let path = sh.create_dir(root.join("docs/benchmarks"))?.join(format!("model-{name}.md"));
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
    let Settings { device, width, side, steps, rounds, .. } = settings;
    cmd!(sh, "cargo build --release --quiet --package memae-model --example throughput").run()?;
    let mut modes = vec!["eager", "channels-last"];
    if device != "cpu" {
        modes.push("compiled-bf16");
    }
    let ours = PRECISIONS.map(|precision| (format!("memae-model, {precision}"), precision, None));
    let theirs = modes.iter().map(|mode| (format!("PyTorch, {mode}"), *mode, Some(python)));
    let programs: Vec<_> = ours.into_iter().chain(theirs).collect();
    let mut table = String::new();
    for model in MODELS {
        // In turns: other programs may use the machine too.
        let mut times = vec![Vec::new(); programs.len()];
        for _ in 0..*rounds {
            for ((_, mode, python), times) in programs.iter().zip(&mut times) {
                let program = if let Some(python) = python {
                    cmd!(sh, "{python} {SCRIPT}")
                } else {
                    cmd!(sh, "{OURS}")
                };
                times.extend(seconds(
                    &program.args([model, mode, width, side, steps, device]).quiet().read()?,
                )?);
            }
        }
        let times: Vec<f64> = times.into_iter().map(median).collect();
        for ((name, ..), time) in programs.iter().zip(&times) {
            writeln!(table, "| {model} | {name} | {time:.3} | {:.2} |", time / times[0])?;
        }
    }
    let processor = machine::processor(sh);
    let mut record = format!(
        "# One training step: memae-model and PyTorch\n\n\
         `cargo xtask bench model --device {device} --width {width} --side {side} --steps {steps} --rounds {rounds}` on \
         {processor}.\n\n\
         Batch 32, slices of {side} x {side}, channels times {width}. Median of {rounds} x {steps} steps, the programs in turns. \
         Ours reads the batch from a cohort file; PyTorch's lies ready in memory.\n\n\
         | model | program | s per step | times ours in f32 |\n|---|---|---|---|\n{table}"
    );
    if device == "cpu" {
        record += &ssim(sh)?;
    }
    Ok(record)
}

/// The SSIM loss alone, forward and backward.
fn ssim(sh: &Shell) -> Result<String> {
    let output = cmd!(
        sh,
        "cargo test --release --quiet --package memae-model --lib -- --ignored --nocapture --exact ssim::tests::ssim_speed"
    )
    .quiet()
    .read()?;
    let mut text = "\n## The SSIM loss alone, value and gradient, batch 32\n\n\
                    | side | way | s | times fused |\n|---|---|---|---|\n"
        .to_owned();
    let rows: Vec<Vec<&str>> = output
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.len() == 4 && words[0] == "ssim")
        .collect();
    for row in &rows {
        let fused = rows.iter().find(|other| other[1] == row[1] && other[2] == "fused");
        let (time, fused): (f64, f64) = (row[3].parse()?, fused.context("no fused loss")?[3].parse()?);
        writeln!(text, "| {} | {} | {time:.4} | {:.1} |", row[1], row[2], time / fused)?;
    }
    Ok(text)
}

/// One number a line.
fn seconds(output: &str) -> Result<Vec<f64>> {
    let parse = |line: &str| line.parse().with_context(|| format!("`{line}` is no time"));
    output.lines().map(parse).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_their_median_taken() {
        assert_eq!(median(seconds("3\n1.5\n2").unwrap()), 2.0);
        assert!(seconds("1.5\nTraceback").is_err());
    }
}
