//! The one error type of the crate.

use std::path::{Path, PathBuf};

use crate::GridMismatch;
use crate::nifti::{Datatype, Fault};

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
    /// A file cannot be read as a volume.
    #[error("{}: {reason}", path.display())]
    Nifti {
        /// The file.
        path: PathBuf,
        /// What kind of fault it is.
        fault: Fault,
        /// What is wrong and what to do about it.
        reason: String,
    },
    /// A volume cannot be written to a file of this name, or has too many voxels for NIfTI-1.
    #[error("{}: {reason}", path.display())]
    Unwritable {
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
    /// A transform of FSL or FreeSurfer is to be written without the two volumes that it lies between.
    #[error("{}: a transform of FSL or FreeSurfer (.mat, .lta) is written for two images: name both", path.display())]
    EndsMissing {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no [`StandardScale`](crate::intensity::StandardScale).
    #[cfg(feature = "serde")]
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
    /// One of several inputs is wrong. [`Error::root`] is the error without its name.
    #[error("{what}: {cause}")]
    Input {
        /// Which input.
        what: String,
        /// What is wrong with it; part of the message, so not its source as well.
        cause: Box<Error>,
    },
    /// A setting is out of its range.
    #[error("{reason}")]
    Setting {
        /// The field of the settings.
        name: &'static str,
        /// What the range is, and what was given.
        reason: String,
    },
    /// A mask lies on another grid than its volume.
    #[error("{}: {}", .0.what(), .0.advice())]
    GridMismatch(GridMismatch),
    /// Two masks that are compared have different shapes.
    #[error("masks of shapes {:?} and {:?}", .0[0], .0[1])]
    ShapeMismatch([[usize; 3]; 2]),
    /// No voxel of a mask is inside.
    #[error("the mask is empty: no voxel is inside")]
    EmptyMask,
    /// Voxels that count are NaN or infinite.
    #[error(
        "{count} of {voxels} voxels{} are not finite (NaN or infinite): repair the scan first, for example by setting \
         them to 0",
        if *masked { " inside the mask" } else { "" }
    )]
    NotFinite {
        /// How many are not finite.
        count: usize,
        /// Of how many.
        voxels: usize,
        /// Whether only voxels inside a mask count.
        masked: bool,
    },
    /// All voxels that count have the same value, or nearly all have.
    #[error(
        "the volume is constant{}: all voxels, or nearly all, have the value {value}",
        if *masked { " inside the mask" } else { "" }
    )]
    Constant {
        /// The value.
        value: f64,
        /// Whether only voxels inside a mask count.
        masked: bool,
    },
    /// A volume has too few voxels along an axis.
    #[error("a volume of {shape:?} voxels is too small: {step} needs at least {least} along each axis")]
    TooFewVoxels {
        /// Voxels along the axes.
        shape: [usize; 3],
        /// What needs more.
        step: &'static str,
        /// How many it needs.
        least: usize,
    },
    /// A grid has more voxels than fit into memory.
    #[error(
        "a volume of {shape:?} voxels does not fit into memory: choose a larger spacing, or a smaller grid"
    )]
    TooManyVoxels {
        /// Voxels along the axes.
        shape: [usize; 3],
    },
    /// No voxel that counts is positive and finite.
    #[error(
        "bias correction found no positive and finite voxel among its samples of the mask: give a larger mask, or a \
         smaller spacing"
    )]
    NothingToCorrect,
    /// Nothing in a scan looks like a brain, or a scan that is said to be stripped is not.
    #[error("{0}")]
    NoBrain(&'static str),
    /// Brain and grid, or the brains of a cohort, have no voxel in common.
    #[error("{0}")]
    NoOverlap(&'static str),
    /// A grid is too small for the brain that is to be put on it.
    #[error(
        "{side_mm} mm along axis {axis} do not hold the reference's brain of {brain_mm:.0} mm: choose more voxels or a \
         larger spacing"
    )]
    GridTooSmall {
        /// The axis: 0, 1 or 2.
        axis: usize,
        /// Length of the grid along it.
        side_mm: f64,
        /// Length of the brain along it.
        brain_mm: f64,
    },
    /// Nothing was given where at least one scan is needed.
    #[error("{0} needs at least one scan")]
    NoScans(&'static str),
    /// A matrix is no map from voxels to the world.
    #[error("{0}")]
    Affine(String),
    /// A matrix is no transform of the kind that is needed.
    #[error("{0}")]
    Matrix(&'static str),
    /// A voxel spacing (mm) is not positive and finite.
    #[error("voxel spacing must be positive, not {0:?}")]
    Spacing([f64; 3]),
    /// Values do not fit into a type of voxels.
    #[error("{reason}")]
    Values {
        /// The type.
        datatype: Datatype,
        /// Which values, and what to do about it.
        reason: String,
    },
    /// A value is no label.
    #[error("holds the value {value}, which {what} cannot be: labels are whole numbers")]
    Label {
        /// The value.
        value: f64,
        /// What it cannot be.
        what: &'static str,
    },
    /// A picture cannot be encoded, which would be a defect of this crate.
    #[cfg(feature = "picture")]
    #[error("cannot encode a picture: {0}")]
    Picture(String),
}

impl Error {
    /// The error without the names of inputs around it: what a program matches on.
    pub fn root(&self) -> &Self {
        match self {
            Self::Input { cause, .. } => cause.root(),
            other => other,
        }
    }

    /// This error, of the input that is called `what`.
    pub(crate) fn of(self, what: impl Into<String>) -> Self {
        Self::Input { what: what.into(), cause: Box::new(self) }
    }

    /// An [`Error::Io`] for `path`.
    pub(crate) fn io(path: impl AsRef<Path>, cause: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), cause }
    }

    /// An [`Error::Nifti`] for `path`.
    pub(crate) fn nifti(path: impl AsRef<Path>, fault: Fault, reason: impl Into<String>) -> Self {
        Self::Nifti { path: path.as_ref().to_owned(), fault, reason: reason.into() }
    }

    /// An [`Error::Transform`] for `path`.
    pub(crate) fn transform(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Transform { path: path.as_ref().to_owned(), reason: reason.into() }
    }

    /// An [`Error::Setting`].
    pub(crate) fn setting(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Setting { name, reason: reason.into() }
    }
}
