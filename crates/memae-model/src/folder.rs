//! The files of a model's folder.

use std::path::{Path, PathBuf};

/// A file that training leaves in a model's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelFile {
    /// Weights of the best epoch.
    Best,
    /// All that going on needs, after the last complete epoch.
    Last,
    /// The figures of each epoch: [`read_history`](crate::read_history).
    Metrics,
}

impl ModelFile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Best, Self::Last, Self::Metrics];

    /// Its name, e.g. `best.safetensors`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best.safetensors",
            Self::Last => "last.safetensors",
            Self::Metrics => "metrics.jsonl",
        }
    }

    /// Its path in a model's folder.
    pub fn path(self, folder: impl AsRef<Path>) -> PathBuf {
        folder.as_ref().join(self.name())
    }
}
