//! The log: warnings on standard error, everything of note in the run's `log.txt`.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use anyhow::Result;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{self, FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

use crate::progress;

/// The run's log file, once it is known which run it is.
static FILE: OnceLock<Mutex<fs_err::File>> = OnceLock::new();

/// What standard error shows beside progress.
pub enum Shown {
    /// Errors alone.
    Errors,
    /// Errors and warnings.
    Warnings,
    /// All that the file has.
    Everything,
    /// The same, and what would be said to people, as JSON: one object a line.
    Json,
}

/// Installs the subscriber.
pub fn start(shown: &Shown) {
    // What was said to the user already is not said twice.
    let not_said = FilterFn::new(|metadata| metadata.target() != "memae::said");
    let level = match shown {
        Shown::Errors => LevelFilter::ERROR,
        Shown::Warnings => LevelFilter::WARN,
        Shown::Everything | Shown::Json => LevelFilter::INFO,
    };
    let terminal = if let Shown::Json = shown {
        fmt::layer().json().flatten_event(true).with_writer(|| Above).with_filter(level).boxed()
    } else {
        fmt::layer()
            .event_format(Plain)
            .with_writer(|| Above)
            .with_filter(not_said)
            .with_filter(level)
            .boxed()
    };
    let file = fmt::layer().with_ansi(false).with_writer(RunLog).with_filter(LevelFilter::INFO);
    tracing_subscriber::registry().with(terminal).with(file).init();
}

/// From now on the log is also written to `path`, after what earlier runs wrote there.
///
/// # Errors
/// If the file cannot be opened for writing.
pub fn to_file(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let file = fs_err::OpenOptions::new().create(true).append(true).open(path)?;
    // A second call keeps the first file: one process serves one run.
    FILE.set(Mutex::new(file)).ok();
    Ok(())
}

/// Events as programs tell all else on standard error: `warning: ` and `error: ` before what is one, and nothing before the rest.
#[derive(Debug)]
pub struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        match *event.metadata().level() {
            Level::ERROR => writer.write_str("error: ")?,
            Level::WARN => writer.write_str("warning: ")?,
            _ => {}
        }
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// Standard error, above the progress bars.
#[derive(Debug)]
pub struct Above;

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        progress::print_above(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The run's log file, or nothing while there is none.
struct RunLog;

impl Write for RunLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(file) = FILE.get() {
            file.lock().map_err(|_| io::Error::other("the log is locked"))?.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for RunLog {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
