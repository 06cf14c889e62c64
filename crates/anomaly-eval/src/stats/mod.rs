//! Statistics over subjects: bootstrap intervals and paired tests.

mod bootstrap;
mod normal;
mod paired;

pub use self::bootstrap::{BootstrapSettings, Estimate, FEWEST_SUBJECTS, percentile};
pub(crate) use self::bootstrap::{Draws, bca_interval, mean};
pub use self::paired::{SignedRank, holm, signed_rank};
