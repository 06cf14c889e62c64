//! Errors as people read them.

use std::sync::Once;

use thiserror::Error;

use crate::progress;

/// The user pressed Ctrl-C, or the system asked the program to end. Exit code 130.
#[derive(Debug, Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Says what went wrong and, after an interrupt, how to go on. Only once: an interrupt may end the program on another thread
/// meanwhile.
pub fn explain(error: &anyhow::Error) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        if progress::emits_events() {
            tracing::error!("{error:#}");
            return;
        }
        tracing::info!(target: "memae::said", "ended: {error:#}");
        let text = if error.is::<Interrupted>() {
            "stopped; what is done is kept. The same command goes on from here.\n".to_owned()
        } else {
            format!("error: {error:#}\n")
        };
        progress::print_above(text.as_bytes());
    });
}
