//! The stages of a run, from data to report. Each reads what the ones before it wrote.

pub(crate) mod decisions;
pub(crate) mod evaluate;
pub(crate) mod package;
pub(crate) mod preprocess;
pub(crate) mod reconstruct;
pub(crate) mod report;
pub(crate) mod scoring;
pub(crate) mod synth;
pub(crate) mod train;
