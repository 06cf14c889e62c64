#![doc = include_str!("../README.md")]

mod affine;
mod error;
mod transform;
mod volume;

pub use affine::Affine;
pub use error::{Error, Result};
pub use transform::RigidTransform;
pub use volume::{Grid, Mask, Volume};
