//! The one error type of the crate.

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can be wrong with the input of an evaluation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two arrays that describe the same voxels differ in size.
    #[error("{what} has shape {found:?}, but {expected:?} is needed: both must lie on the same grid")]
    ShapeMismatch {
        /// The array that does not fit.
        what: &'static str,
        /// Shape (or length) that would fit.
        expected: Vec<usize>,
        /// Shape (or length) that came.
        found: Vec<usize>,
    },
    /// A voxel is NaN or infinite.
    #[error("{what} is {value} at voxel {index} (C order): an anomaly map must be finite everywhere")]
    NotFinite {
        /// The array.
        what: &'static str,
        /// Position in C order.
        index: usize,
        /// The value found there.
        value: f32,
    },
    /// A score lies outside [0, 1].
    #[error("score {value} at voxel {index} (C order) is outside [0, 1]: normalize the anomaly map first")]
    ScoreOutOfRange {
        /// Position in C order.
        index: usize,
        /// The value found there.
        value: f32,
    },
    /// An array has no voxels.
    #[error("{what} has no voxels")]
    Empty {
        /// The array.
        what: &'static str,
    },
    /// The brain mask marks no voxel.
    #[error("the brain mask marks no voxel: check skull stripping of this subject")]
    EmptyMask,
    /// A setting or argument makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// An output could not be written.
    #[error("cannot write the output: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// An [`Error::Invalid`].
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }
}

/// Refuses an array whose shape is not the one that is needed. `what` names it in the error.
///
/// # Errors
/// [`Error::ShapeMismatch`] unless both shapes are equal.
pub fn check_shape(what: &'static str, found: &[usize], expected: &[usize]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::ShapeMismatch { what, expected: expected.to_vec(), found: found.to_vec() })
}
