#![doc = include_str!("../README.md")]

pub mod atomic_file;
pub mod bias;
mod error;
pub mod find;
mod finding;
pub mod intensity;
pub mod morphology;
pub mod nifti;
mod percentile;
pub mod preprocess;
pub mod qc;
pub mod register;
pub mod resample;
pub mod strip;
pub mod template;
pub mod transform_file;
mod volume;

pub use error::{Error, Result};
pub use nifti::reading::read;
pub use nifti::writing::write;
pub use volume::{Affine, AffineTransform, Grid, GridMismatch, Mask, RigidTransform, SharedVoxels, Volume};
// The arrays and matrices of this crate's functions, in the versions that it uses.
pub use {nalgebra, ndarray};
