//! What a process takes: time, processor time, memory.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Between two looks at a process.
const PAUSE: Duration = Duration::from_millis(5);
/// In which Linux counts processor time for other processes.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process took.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) seconds: f64,
    /// Seconds of all its threads together.
    pub(super) processor: f64,
    /// Most of the machine's memory that it held, in kibibytes.
    pub(super) peak: u64,
}

/// Runs a program to its end in `folder` and watches it; what it prints is in `printed.txt` there.
///
/// # Errors
/// If it cannot be started, or fails.
pub(super) fn cost(program: &Path, folder: &Path, arguments: &[OsString]) -> Result<Cost> {
    let log_file = folder.join("printed.txt");
    let log = std::fs::File::create(&log_file)?;
    let begin = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let (mut peak, mut processor) = (0, 0.0);
    let id = child.id();
    let look = |file: &str| std::fs::read_to_string(format!("/proc/{id}/{file}")).ok();
    let status = loop {
        if let Some(held) = look("status").as_deref().and_then(most_held) {
            peak = held.max(peak);
        }
        if let Some(seconds) = look("stat").as_deref().and_then(processor_seconds) {
            processor = seconds;
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(PAUSE);
    };
    ensure!(
        status.success(),
        "{} {} ended early; {} has what it printed",
        program.display(),
        arguments.first().map(|argument| argument.display().to_string()).unwrap_or_default(),
        log_file.display()
    );
    Ok(Cost { seconds: begin.elapsed().as_secs_f64(), processor, peak })
}

/// The most memory that a process has held, in kibibytes, as Linux tells it.
fn most_held(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor seconds of a process, as Linux tells them: the 14th and 15th field, of which the second is a name in brackets.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11).map(|field| field.parse::<f64>().ok());
    Some((fields.next()?? + fields.next()??) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_line_of_its_peak() {
        assert_eq!(most_held("Name:\tmemae\nVmPeak:\t 9 kB\nVmHWM:\t   5120 kB\n"), Some(5120));
        assert_eq!(most_held("Name:\tmemae\n"), None);
    }

    #[test]
    fn processor_time_is_read_behind_the_name() {
        let stat = "7 (a (b) 9 c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 1 1 20 0 3 0 9 1 2";
        assert_eq!(processor_seconds(stat), Some(3.0));
        assert_eq!(processor_seconds("7 (a"), None);
    }
}
