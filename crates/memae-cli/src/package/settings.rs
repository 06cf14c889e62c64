//! `[package]`: what a package is like.

use serde::{Deserialize, Serialize};

/// How trained models are packed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PackageSettings {
    /// Whether weights are rounded to 16 bits, for half the size.
    pub(crate) half_precision: bool,
    /// Volume (ml) below which `memae detect` leaves out what it finds; 0: it leaves out nothing.
    pub(crate) smallest_ml: f64,
}
