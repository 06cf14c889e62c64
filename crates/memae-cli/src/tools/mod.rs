//! Commands beside the stages.

pub(crate) mod data;
pub(crate) mod detect;
pub(crate) mod export;
pub(crate) mod info;
pub(crate) mod manual;
pub(crate) mod seeds;
pub(crate) mod study;
pub(crate) mod verify;
