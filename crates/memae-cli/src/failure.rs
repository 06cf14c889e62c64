//! Ends of the program other than success, and their exit codes.

use std::panic;
use std::process::ExitCode;
use std::sync::Once;

use thiserror::Error;

use crate::progress;

/// The configuration is wrong, or data that it names is not there; nothing has been started. Exit code 2.
#[derive(Debug, Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct BadConfig(pub(crate) Vec<String>);

/// The user pressed Ctrl-C, or the system asked the program to end. Exit code 130.
#[derive(Debug, Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;

/// From now on panics that training turns into an error are told once, as that error.
pub(crate) fn hide_handled_panics() {
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !memae_model::is_handled_panic(panic.payload()) {
            show(panic);
        }
    }));
}

/// Says what went wrong and, after an interrupt, how to go on. Only once: an interrupt may end the program on another thread
/// meanwhile.
pub(crate) fn explain(error: &anyhow::Error) {
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

/// Exit code of an error: 2 for a bad configuration, 130 for an interrupt, else 1.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<Interrupted>() {
        ExitCode::from(130)
    } else if error.is::<BadConfig>() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}
