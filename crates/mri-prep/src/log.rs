//! Warnings of the library, on standard error.

use cli_support::log::{Above, Plain};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// From now on warnings are shown. Those that the library returns as well are left out: they are told with the name of
/// their file.
pub(crate) fn start() {
    let shown = Targets::new()
        .with_default(Level::WARN)
        .with_targets([("mri_io::register", Level::ERROR), ("mri_io::strip", Level::ERROR)]);
    let lines = fmt::layer().event_format(Plain).with_ansi(false).with_writer(|| Above);
    tracing_subscriber::registry().with(lines.with_filter(shown)).init();
}
