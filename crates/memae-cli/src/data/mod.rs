//! What a run works on: the subjects, and where they come from.

pub(crate) mod border;
pub(crate) mod cohorts;
pub(crate) mod heads;
pub(crate) mod lesions;
pub(crate) mod manifest;
mod pattern;
pub(crate) mod roles;
