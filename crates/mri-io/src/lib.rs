#![doc = include_str!("../README.md")]

mod affine;
mod error;
mod register;
mod transform;
mod transform_file;
mod volume;
mod whole_file;

pub use affine::Affine;
pub use error::{Error, Result};
pub use register::{Registration, RegistrationSettings, register_rigid};
pub use transform::RigidTransform;
pub use transform_file::{read_itk, read_matrix, write_itk, write_matrix};
pub use volume::{Grid, Mask, Volume};
