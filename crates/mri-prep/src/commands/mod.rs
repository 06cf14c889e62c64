//! The commands on single files.

pub(crate) mod check;
pub(crate) mod info;
pub(crate) mod intensity;
pub(crate) mod register;
pub(crate) mod resample;
pub(crate) mod split;
pub(crate) mod strip;
pub(crate) mod template;
pub(crate) mod transform;
