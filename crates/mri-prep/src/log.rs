//! Warnings of the library, on standard error.

use std::io;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use cli_support::progress::say;

/// From now on warnings are shown. Those that the library returns as well are left out: they are told with the name of
/// their file.
pub(crate) fn start() {
    let shown = Targets::new()
        .with_default(Level::WARN)
        .with_targets([("mri_io::register", Level::ERROR), ("mri_io::strip", Level::ERROR)]);
    let lines = fmt::layer().without_time().with_target(false).with_ansi(false).with_writer(|| Lines);
    tracing_subscriber::registry().with(lines.with_filter(shown)).init();
}

/// Standard error, above a progress bar. Each event is written at once.
struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        say(String::from_utf8_lossy(bytes).trim_end());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
