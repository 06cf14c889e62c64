//! Exit codes, as numbers: those who call the program as a library can hand them on.

pub(crate) const SUCCESS: u8 = 0;
pub(crate) const FAILURE: u8 = 1;
/// As shells have it for a program that SIGINT ended.
pub(crate) const INTERRUPTED: u8 = 130;
