//! The one error type of the crate.

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong when a phantom is made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is out of its range.
    #[error("phantom setting `{name}`: {reason}")]
    Setting {
        /// The field of [`crate::PhantomSettings`].
        name: &'static str,
        /// What is wrong and what to do about it.
        reason: String,
    },
    /// A label map cannot be rendered.
    #[error("label map: {0}")]
    Labels(String),
    /// A grid or volume is not usable.
    #[error(transparent)]
    Volume(#[from] mri_io::Error),
}
