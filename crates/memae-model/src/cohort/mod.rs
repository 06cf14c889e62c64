//! Cohorts of preprocessed volumes: one memory-mapped file each, and the batches that networks take from it.

mod batch;
mod format;
mod loader;
mod reader;
mod source;
#[cfg(test)]
mod tests;
mod window;
mod writer;

pub(crate) use self::batch::Batch;
pub(crate) use self::loader::{for_each_batch, shuffled};
pub use self::reader::Cohort;
pub(crate) use self::source::Source;
pub use self::window::Window;
pub use self::writer::CohortWriter;
