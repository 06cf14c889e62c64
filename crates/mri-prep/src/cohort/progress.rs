//! Progress: a bar with rate and time left on a terminal, a plain line for each scan elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use cli_support::progress::{say, show};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work on a known number of scans.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    plain: bool,
}

impl Progress {
    pub(super) fn new(scans: usize) -> Self {
        let plain = !std::io::stderr().is_terminal();
        let bar = ProgressBar::new(scans as u64);
        if plain || scans < 2 {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            let style = "{bar:30.cyan/blue} {pos}/{len} scans  {elapsed} elapsed  {msg}";
            bar.set_style(ProgressStyle::with_template(style).expect("the template is well formed"));
            show(&bar);
            bar.enable_steady_tick(Duration::from_millis(500));
        }
        Self { bar, begun: Instant::now(), plain }
    }

    /// One scan is through; `note` says how it went, `more` what else there is to say, in lines of its own.
    pub(super) fn step(&self, note: &str, more: &[String]) {
        self.bar.inc(1);
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let seconds = self.begun.elapsed().as_secs_f64();
        let left = duration(seconds / done as f64 * all.saturating_sub(done) as f64);
        self.bar.set_message(format!("{:.1} a minute, {left} left", 60.0 * done as f64 / seconds.max(1e-3)));
        match (self.plain, all) {
            (_, 1) | (false, _) => say(note),
            _ if done < all => say(format!("[{done}/{all}] {note}; {left} left")),
            _ => say(format!("[{done}/{all}] {note}")),
        }
        for line in more {
            say(format!("  {line}"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A duration for people: `1 h 02 min`, `3 min 20 s`, `4 s`.
fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}
