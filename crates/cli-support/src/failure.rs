//! Errors as people read them.

use std::io::Write;
use std::sync::Once;

use mri_io::nifti::Fault;
use thiserror::Error;

use crate::progress;

/// The user pressed Ctrl-C, or the system asked the program to end. Exit code 130.
#[derive(Debug, Error)]
#[error("interrupted")]
pub struct Interrupted;

/// An error with all its causes in one line, and what the programs offer against it.
pub fn worded(error: &anyhow::Error) -> String {
    let cause =
        error.chain().find_map(|cause| cause.downcast_ref::<mri_io::Error>()).map(mri_io::Error::root);
    let advice = match cause {
        Some(mri_io::Error::Nifti { fault: Fault::Series { .. }, .. }) => {
            " (`mri-prep split` writes each volume to a file; strip, register, resample and run of `mri-prep` also take \
             `--volume N`)"
        }
        Some(mri_io::Error::EndsMissing { .. }) => " (`--fixed` and `--moving`)",
        _ => "",
    };
    format!("{error:#}{advice}")
}

/// Ends the program at once. Libraries do not tidy up after themselves, which takes libtorch a third of a second and is nothing that
/// the system would not do.
pub fn end(code: u8) -> ! {
    // Nobody reads what cannot be written now.
    let _ = std::io::stdout().flush();
    #[cfg(unix)]
    signal_hook::low_level::exit(code.into());
    #[cfg(not(unix))]
    std::process::exit(code.into());
}

/// Says what went wrong and, after an interrupt, how to go on. Only once: an interrupt may end the program on another thread
/// meanwhile.
pub fn explain(error: &anyhow::Error) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        if progress::emits_events() {
            tracing::error!("{}", worded(error));
            return;
        }
        tracing::info!(target: "memae::said", "ended: {}", worded(error));
        let text = if error.is::<Interrupted>() {
            "stopped; what is done is kept. The same command goes on from here.\n".to_owned()
        } else {
            format!("error: {}\n", worded(error))
        };
        progress::print_above(text.as_bytes());
    });
}
