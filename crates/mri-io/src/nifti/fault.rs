//! What kind of fault keeps a file from being read.

/// Why a file cannot be read as a volume: for a program that reacts to it. The error's text says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Only the name is here: the content is kept by git-annex or Git LFS, or a link leads nowhere.
    Absent,
    /// It is of another format, or no image at all.
    Format,
    /// Its voxels are of a type that is not read: complex numbers, colours, single bits, 128-bit floats.
    Voxels,
    /// It is damaged or truncated, or its header contradicts itself.
    Damaged,
    /// It holds a series, where one volume is needed.
    Series {
        /// Number of volumes.
        volumes: usize,
    },
    /// It has no volume of the number that was asked for, or that volume was read past.
    Volume,
    /// It can be read, and its values are not those of a mask or a label map.
    Values,
}

/// A fault with its reason, to be read after the file's name. A text alone tells of damage.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) fault: Fault,
    pub(super) reason: String,
}

impl Fault {
    /// This fault, for a reason.
    pub(super) fn because(self, reason: impl Into<String>) -> Refusal {
        Refusal { fault: self, reason: reason.into() }
    }
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(reason: T) -> Self {
        Fault::Damaged.because(reason)
    }
}
