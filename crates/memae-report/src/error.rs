//! The one error type of the crate.

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a table or figure could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is shown does not fit together, or a table could not be written.
    #[error(transparent)]
    Input(#[from] anomaly_eval::Error),
    /// There is nothing to show.
    #[error("{0}")]
    Invalid(String),
    /// A figure could not be rasterised or encoded.
    #[error("figure: {0}")]
    Figure(String),
}

impl Error {
    /// An [`Error::Invalid`].
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }
}
