//! What the values of a file mean.

/// The meaning of a volume's values, as NIfTI codes it (nifti1.h, "INTENT CODES"): 0 for nothing in
/// particular, 1001 for estimates, 1002 for labels, 3 to 24 for statistics with up to three parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intent {
    /// The code.
    pub code: i32,
    /// What the code needs, such as the degrees of freedom of a t statistic; otherwise 0.
    pub parameters: [f64; 3],
    /// Free text of at most 15 bytes.
    pub name: String,
}

impl Intent {
    /// An estimate of something, such as a score: 1001 (`NIFTI_INTENT_ESTIMATE`).
    pub fn estimate(name: impl Into<String>) -> Self {
        Self { code: 1001, name: name.into(), ..Self::default() }
    }

    /// Labels, of which a mask is the simplest: 1002 (`NIFTI_INTENT_LABEL`).
    pub fn label(name: impl Into<String>) -> Self {
        Self { code: 1002, name: name.into(), ..Self::default() }
    }
}
