//! What surrounds the stages of a run: where everything lies, what is up to date, what ran on what.

pub(crate) mod cohort;
pub(crate) mod context;
pub(crate) mod layout;
pub(crate) mod part;
pub(crate) mod provenance;
pub(crate) mod stage;
pub(crate) mod task;
pub(crate) mod threads;
