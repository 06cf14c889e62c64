//! What a model sees of a cohort at a time.

/// Three neighbouring axial slices of one subject; the model predicts the centre one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Index of the subject in the cohort.
    pub subject: usize,
    /// Index k of the centre slice.
    pub slice: usize,
}

impl Window {
    /// A number of its own, for its own random numbers.
    pub(crate) fn number(self) -> u64 {
        ((self.subject as u64) << 32) | self.slice as u64
    }
}
