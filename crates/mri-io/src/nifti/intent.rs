//! What the values of a file mean.

/// The meaning of a volume's values, as NIfTI codes it (nifti1.h, "INTENT CODES"): 0 for nothing in
/// particular, 1002 for labels, 3 to 24 for statistics with up to three parameters.
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
    /// Nothing in particular.
    pub(crate) const NONE: Self = Self { code: 0, parameters: [0.0; 3], name: String::new() };
}
