//! Ctrl-C: the first stops the program as soon as nothing would be cut off, the second at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{RwLock, RwLockReadGuard};

use anyhow::{Context, Result};

use crate::failure::{self, Interrupted};
use crate::progress::say;

static ASKED: AtomicBool = AtomicBool::new(false);
/// Whether all that must not be cut off holds [`WHOLE`].
static FREE: AtomicBool = AtomicBool::new(false);
static WHOLE: RwLock<()> = RwLock::new(());

/// From now on Ctrl-C, SIGTERM, SIGHUP, and the SIGUSR1 and SIGUSR2 with which schedulers warn of the end of a job's time
/// are heard. Loops stop after the piece of work in hand.
///
/// # Errors
/// If the system does not let the program listen.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(hear).context("cannot listen for Ctrl-C")?;
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGUSR1, SIGUSR2};
        let mut warnings =
            signal_hook::iterator::Signals::new([SIGUSR1, SIGUSR2]).context("cannot listen for signals")?;
        std::thread::spawn(move || warnings.forever().for_each(|_| hear()));
    }
    Ok(())
}

/// Does what a signal asks for.
fn hear() {
    if ASKED.swap(true, Ordering::SeqCst) {
        // Files are written whole, so nothing half-written can stay under its name.
        failure::end(130);
    }
    let free = FREE.load(Ordering::SeqCst);
    if !(free && WHOLE.try_write().is_ok()) {
        say("stopping after the piece of work in hand; once more stops at once");
    }
    if free {
        // On a thread of its own: the second Ctrl-C must be heard while this waits.
        std::thread::spawn(|| {
            let _nothing_in_hand = WHOLE.write();
            failure::explain(&Interrupted.into());
            failure::end(130);
        });
    }
}

/// From now on Ctrl-C waits only for what holds [`whole`], not for long computations in between.
pub fn wait_only_for_whole() {
    FREE.store(true, Ordering::SeqCst);
}

/// While this is held, the first Ctrl-C does not end the program: results are being written, or libtorch is at work, whose
/// threads must not outlive it.
pub fn whole() -> RwLockReadGuard<'static, ()> {
    WHOLE.read().expect("no holder of this lock panics")
}

/// Whether the program was asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// An error as soon as the program was asked to stop; called between pieces of work.
///
/// # Errors
/// [`Interrupted`].
pub fn check() -> Result<()> {
    if asked() { Err(Interrupted.into()) } else { Ok(()) }
}
