#![doc = include_str!("../README.md")]

mod assessment;
mod checkpoint;
pub mod cohort;
mod device;
mod error;
mod export;
mod files;
mod folder;
#[cfg(test)]
mod golden;
mod kind;
mod loss;
mod model;
mod network;
mod onnx;
mod patches;
mod random;
mod settings;
#[cfg(test)]
mod speed;
mod tensors;
mod training;

pub use assessment::{Assessment, Blob, Doubt};
pub use checkpoint::{Attached, half_precision};
pub use device::{DeviceChoice, cuda_available, keep_memory, set_threads};
pub use error::{Error, Result};
pub use folder::ModelFile;
pub use kind::{ErrorKind, ModelKind};
pub use model::TrainedModel;
pub use patches::ItemPatch;
pub use settings::{
    Addressing, AddressingRange, Architecture, Augmentation, BlobSettings, Border, BottleneckKind,
    LossRegion, MemoryPreset, MemorySettings, ModelSettings, NoiseSettings, Precision, Query, Schedule,
    Shrink, Similarity, TrainSettings,
};
pub use training::{
    EpochRecord, MemoryUsage, Observer, Outcome, Phase, Progress, Trainer, is_handled_panic, read_history,
    rehearse,
};

/// Version of the libtorch that this was built with, where its folder tells.
pub const LIBTORCH: Option<&str> = option_env!("MEMAE_LIBTORCH");
