//! The one error type of the crate.

use std::path::{Path, PathBuf};

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. Errors that concern a file name it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to read or write a file.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A cohort file or a checkpoint does not hold what it should.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do about it.
        reason: String,
    },
    /// A setting, shape or volume does not fit the operation.
    #[error("{0}")]
    Invalid(String),
    /// The requested device cannot be used.
    #[error("{0}")]
    Device(String),
    /// Loss or gradient became infinite or not-a-number; the weights of this step were not applied.
    #[error(
        "{what} is not finite in epoch {epoch}, step {step} (subjects of the batch: {}); the checkpoint of the last \
         complete epoch is kept. Look at these subjects' volumes, or lower the learning rate",
        subjects.join(", ")
    )]
    NotFinite {
        /// Which value, e.g. "the loss".
        what: &'static str,
        /// Epoch, counted from 1.
        epoch: usize,
        /// Step within the epoch, counted from 1.
        step: usize,
        /// Names of the subjects whose windows are in the batch, without repetition.
        subjects: Vec<String>,
    },
    /// A training step needs more memory than there is.
    #[error(
        "memory does not suffice for a batch of {batch}; {} ({reason})",
        match fits {
            Some(fits) => format!("a batch of {fits} fits, or a smaller one if other programs need memory"),
            None => "not even one window fits: choose a smaller width or smaller slices".to_owned(),
        }
    )]
    OutOfMemory {
        /// Windows in the batch.
        batch: usize,
        /// Half of it, or half of that, and so on: the first that was tried and for which memory suffices.
        fits: Option<usize>,
        /// What libtorch says.
        reason: String,
    },
    /// Libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(String),
}

impl Error {
    /// Whether libtorch or one of its libraries got no memory, on a GPU or on the CPU.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        let signs = ["out of memory", "can't allocate memory", "Cannot allocate memory", "bad_alloc"];
        matches!(self, Self::Torch(text) if signs.iter().any(|sign| text.contains(sign)))
    }

    /// An [`Error::Io`] for `path`.
    pub(crate) fn io(path: impl AsRef<Path>, cause: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), cause }
    }

    /// An [`Error::File`] for `path`.
    pub(crate) fn file(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::File { path: path.as_ref().to_owned(), reason: reason.into() }
    }

    /// An [`Error::Invalid`].
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }
}

impl From<tch::TchError> for Error {
    fn from(error: tch::TchError) -> Self {
        // Libtorch appends its C++ call stack; only the first line is for people.
        let text = error.to_string();
        Self::Torch(text.lines().next().unwrap_or_default().to_owned())
    }
}
