//! What subjects are for.

use serde::{Deserialize, Serialize};

/// What a subject is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Use {
    /// Healthy, to train on.
    Train,
    /// Healthy, to choose the best epoch and the matched thresholds.
    Validation,
    /// With lesions, to measure detection.
    Test,
}

impl Use {
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Which cohort a subject is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Healthy,
    Lesions,
}

impl Group {
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Lesions => "lesions",
        }
    }
}
