//! Times of the programs' steps.

use std::path::Path;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use super::Settings;
use super::programs::Program;

const OURS: &str = "target/release/examples/throughput";
const SCRIPT: &str = "crates/memae-model/benches/pytorch.py";
/// Lets the C library keep memory, as our program does.
const KEEP: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=18446744073709551615");

/// Medians of a program.
pub(super) struct Times {
    pub(super) seconds: f64,
    pub(super) processor: f64,
    pub(super) bytes: f64,
}

/// Runs the programs one after the other, again and again: others may use the machine too.
pub(super) fn in_turns(
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

/// The middle of the values; not a number if there are none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
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
}
