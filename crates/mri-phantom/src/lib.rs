#![doc = include_str!("../README.md")]

mod ageing;
mod anatomy;
mod bias;
mod connected;

mod error;
mod head;
mod infarct;
mod label_head;
mod label_space;
mod labels;
mod lattice;
mod lesion;
mod noise;
mod paint;
mod people;
mod phantom;
mod plaques;
mod pose;
mod random;
mod render;
mod scanner;
mod sdf;
mod settings;
mod texture;
mod tissue;
mod tumour;
mod warp;

pub use error::{Error, Result};
pub use infarct::INFARCT;
pub use lesion::LesionKind;
pub use people::People;
pub use phantom::{Atlas, Phantom, atlas, atlas_while, from_labels, healthy, with_lesion, with_tumour};
pub use plaques::PLAQUE;
pub use scanner::Scanners;
pub use settings::PhantomSettings;
pub use tissue::Tissue;
pub use tumour::{ENHANCING, NECROSIS, OEDEMA};
