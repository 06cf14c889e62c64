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
        /// What the operating system said; part of the message, so not its source as well.
        cause: std::io::Error,
    },
    /// A file is no NIfTI file, or a kind of NIfTI that is not supported.
    #[error("{}: {reason}", path.display())]
    Nifti {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do about it.
        reason: String,
    },
    /// A file holds no transform that can be used.
    #[error("{}: {reason}", path.display())]
    Transform {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do about it.
        reason: String,
    },
    /// A file holds no [`StandardScale`](crate::intensity::StandardScale).
    #[error("{}: {reason}", path.display())]
    Scale {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is no list of scans.
    #[cfg(feature = "lists")]
    #[error("{}: {reason}", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// What is wrong and what a list has.
        reason: String,
    },
    /// A volume, mask or setting does not fit the operation.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// An [`Error::Io`] for `path`.
    pub(crate) fn io(path: impl AsRef<Path>, cause: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), cause }
    }

    /// An [`Error::Nifti`] for `path`.
    pub(crate) fn nifti(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Nifti { path: path.as_ref().to_owned(), reason: reason.into() }
    }

    /// An [`Error::Transform`] for `path`.
    pub(crate) fn transform(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Transform { path: path.as_ref().to_owned(), reason: reason.into() }
    }

    /// An [`Error::Invalid`].
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }
}
