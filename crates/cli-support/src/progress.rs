//! Progress: bars with the time left on a terminal, plain lines elsewhere, events for other programs, nothing when quiet.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Off a terminal a running task says a line at most this often.
const LINE_EVERY: Duration = Duration::from_secs(20);

static QUIET: AtomicBool = AtomicBool::new(false);
static EVENTS: AtomicBool = AtomicBool::new(false);
static BARS: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));

/// From now on only errors and results are shown.
pub fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// From now on what happens is not shown but emitted as tracing events, progress too.
pub fn emit_events() {
    EVENTS.store(true, Ordering::Relaxed);
}

fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Whether lines for people are replaced by events.
pub fn emits_events() -> bool {
    EVENTS.load(Ordering::Relaxed)
}

/// Says a line about what happens, above the bars; nothing when quiet.
pub fn say(line: impl AsRef<str>) {
    tracing::info!(target: "memae::said", "{}", line.as_ref());
    if !is_quiet() && !emits_events() {
        print_above(format!("{}\n", line.as_ref()).as_bytes());
    }
}

/// Prints a result to standard output, quiet or not.
///
/// # Errors
/// If standard output is closed.
pub fn result(text: &str) -> Result<()> {
    BARS.suspend(|| std::io::stdout().lock().write_all(text.as_bytes()))
        .context("cannot write to standard output")
}

/// Writes text to standard error without tearing a bar.
pub fn print_above(text: &[u8]) {
    // Nothing sensible can be done when standard error is closed.
    BARS.suspend(|| std::io::stderr().lock().write_all(text).ok());
}

/// Shows a bar of one's own, below which no line is torn.
pub fn show(bar: &ProgressBar) {
    BARS.add(bar.clone());
}

/// A task of known length.
pub struct Task {
    bar: ProgressBar,
    what: String,
    /// When the last plain line was said or event emitted; `None` with a bar, or when quiet.
    plain: Option<Mutex<Instant>>,
}

impl Task {
    /// Begins a task of `length` steps.
    pub fn new(what: impl Into<String>, length: usize) -> Self {
        let what = what.into();
        let bar = ProgressBar::new(length as u64);
        let on_terminal = std::io::stderr().is_terminal();
        if on_terminal && !is_quiet() && !emits_events() {
            let style = "{msg:<28} {bar:28.cyan/blue} {pos}/{len}  {elapsed} elapsed, {eta} left {prefix}";
            bar.set_style(ProgressStyle::with_template(style).expect("the template is well formed"));
            BARS.add(bar.clone());
            bar.set_message(what.clone());
            bar.enable_steady_tick(Duration::from_millis(500));
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let plain = ((!on_terminal && !is_quiet()) || emits_events()).then(|| Mutex::new(Instant::now()));
        Self { bar, what, plain }
    }

    /// One step further; `note` says how it goes.
    pub fn step(&self, note: impl Into<String>) {
        let note = note.into();
        self.bar.inc(1);
        self.line(&note);
        self.bar.set_prefix(note);
    }

    /// Sets the number of steps done, for example what an earlier run did.
    pub fn at(&self, position: usize) {
        self.bar.set_position(position as u64);
        self.bar.reset_eta();
    }

    fn line(&self, note: &str) {
        let Some(last) = &self.plain else { return };
        let mut last = last.lock().expect("no holder of this lock panics");
        if last.elapsed() < LINE_EVERY {
            return;
        }
        *last = Instant::now();
        let (done, length) = (self.bar.position(), self.bar.length().unwrap_or(0));
        if emits_events() {
            let seconds_left = self.bar.eta().as_secs();
            tracing::info!(target: "memae::progress", task = self.what, done, length, seconds_left, "{note}");
            return;
        }
        let left = humantime(self.bar.eta());
        print_above(format!("{}: {done} of {length}, {left} left {note}\n", self.what).as_bytes());
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        BARS.remove(&self.bar);
    }
}

/// A duration to the second: `1 h 02 min`, `3 min 20 s`, `4.2 s`.
pub fn humantime(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let text = |seconds| humantime(Duration::from_secs_f64(seconds));
        assert_eq!(text(4.21), "4.2 s");
        assert_eq!(text(59.9), "59 s");
        assert_eq!(text(200.0), "3 min 20 s");
        assert_eq!(text(3725.0), "1 h 02 min");
    }
}
