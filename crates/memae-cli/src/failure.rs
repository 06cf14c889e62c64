//! Ends of the program other than success, and their exit codes.

use std::panic;

use cli_support::Interrupted;
use thiserror::Error;

/// The configuration is wrong, or data that it names is not there; nothing has been started. Exit code 2.
#[derive(Debug, Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct BadConfig(pub(crate) Vec<String>);

/// From now on panics that training turns into an error are told once, as that error.
pub(crate) fn hide_handled_panics() {
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !memae_model::is_handled_panic(panic.payload()) {
            show(panic);
        }
    }));
}

/// Exit code of an error: 2 for a bad configuration, 130 for an interrupt, else 1.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Interrupted>() {
        130
    } else if error.is::<BadConfig>() {
        2
    } else {
        1
    }
}
