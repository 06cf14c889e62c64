//! The one error type of the crate.

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a table or figure could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two pictures of the same slice differ in size.
    #[error(
        "{what} has {found:?} pixels, but {expected:?} are needed: all pictures of a row show the same slice"
    )]
    ShapeMismatch {
        /// The picture that does not fit.
        what: &'static str,
        /// Pixels that would fit.
        expected: Vec<usize>,
        /// Pixels that came.
        found: Vec<usize>,
    },
    /// There is nothing to show.
    #[error("{0}")]
    Invalid(String),
    /// A figure could not be rasterised or encoded.
    #[error("figure: {0}")]
    Figure(String),
    /// A table could not be written.
    #[error("cannot write the output: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// An [`Error::Invalid`].
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }

    /// Fails with [`Error::ShapeMismatch`] unless both shapes are equal.
    pub(crate) fn check_shape(what: &'static str, found: &[usize], expected: &[usize]) -> Result<()> {
        if found == expected {
            return Ok(());
        }
        Err(Self::ShapeMismatch { what, expected: expected.to_vec(), found: found.to_vec() })
    }
}
