#![doc = include_str!("../README.md")]

mod anatomy;
mod bias;
mod distance;
mod error;
mod head;
mod label_head;
mod labels;
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
pub use phantom::{Atlas, Phantom, atlas, from_labels, healthy, with_tumour};
pub use settings::PhantomSettings;
pub use tissue::Tissue;
pub use tumour::{ENHANCING, NECROSIS, OEDEMA};
