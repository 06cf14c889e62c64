//! What a model sees of a cohort at a time.

/// Three neighbouring axial slices of one subject; the model predicts the centre one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Index of the subject in the cohort.
    pub subject: usize,
    /// Index k of the centre slice.
    pub slice: usize,
}
