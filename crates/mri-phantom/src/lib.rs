#![doc = include_str!("../README.md")]

mod ageing;
mod anatomy;
mod bias;
mod connected;
mod error;
mod head;
mod label_head;
mod label_space;
mod labels;
mod lattice;
mod lesion;
mod noise;
mod paint;
mod people;
mod phantom;
mod pose;
mod random;
mod render;
mod scanner;
mod sdf;
mod settings;
mod texture;
mod tissue;
mod warp;

pub use error::{Error, Result};
pub use lesion::{ENHANCING, INFARCT, LesionKind, NECROSIS, OEDEMA, PLAQUE};
pub use people::People;
pub use phantom::{Atlas, Phantom, atlas, atlas_while, from_labels, healthy, with_lesion, with_tumour};
pub use scanner::Scanners;
pub use settings::PhantomSettings;
pub use tissue::Tissue;
