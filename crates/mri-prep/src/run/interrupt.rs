//! Ctrl-C: the first finishes the scans in hand, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use super::progress::say;

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C, SIGTERM and SIGHUP are heard.
pub(super) fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            // Files are written whole, so nothing half-written can stay under its name.
            std::process::exit(130);
        }
        say("stopping after the scans in hand; once more stops at once");
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether the program was asked to stop.
pub(super) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
