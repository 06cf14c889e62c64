#![doc = include_str!("../README.md")]

mod anatomy;
mod bias;
mod error;
mod head;
mod noise;
mod paint;
mod phantom;
mod pose;
mod random;
mod render;
mod sdf;
mod settings;
mod tissue;
mod tumour;

pub use error::{Error, Result};
pub use phantom::{Atlas, Phantom, atlas, healthy, with_tumour};
pub use settings::PhantomSettings;
pub use tissue::Tissue;
pub use tumour::{ENHANCING, NECROSIS, OEDEMA};
