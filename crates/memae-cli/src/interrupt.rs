//! Ctrl-C: the first asks all loops to stop after the piece of work in hand, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use crate::failure::Interrupted;

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C, SIGTERM and SIGHUP are heard.
pub(crate) fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            // Files are written whole, so nothing half-written can stay under its name.
            std::process::exit(130);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether the program was asked to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// An error as soon as the program was asked to stop; called between pieces of work.
pub(crate) fn check() -> Result<()> {
    if asked() { Err(Interrupted.into()) } else { Ok(()) }
}
