//! What the programs of this workspace share: progress, interrupts, logs, bounded workers, files written whole, hashes,
//! locks of folders, which subjects of a data set are chosen, misspelt names.

// Where these functions say `expect`, a lock is meant whose holders do not panic, or a text in this crate.
#![allow(clippy::missing_panics_doc)]

mod failure;
pub mod files;
pub mod interrupt;
pub mod lock;
pub mod log;
pub mod progress;
pub mod spelling;
pub mod subjects;
pub mod workers;

pub use failure::{Interrupted, end, explain, worded};
