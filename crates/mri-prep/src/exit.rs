//! Exit codes. As numbers: they leave a Python interpreter, too, which takes no [`std::process::ExitCode`].

pub(crate) const SUCCESS: u8 = 0;
pub(crate) const FAILURE: u8 = 1;
/// As shells have it for a program that SIGINT ended.
pub(crate) const INTERRUPTED: u8 = 130;
