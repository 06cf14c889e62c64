//! What surrounds the stages of a run: where everything lies, what is up to date, what ran on what.

pub(crate) mod environment;
pub(crate) mod layout;
pub(crate) mod stage;
pub(crate) mod threads;
