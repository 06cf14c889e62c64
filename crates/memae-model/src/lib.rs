#![doc = include_str!("../README.md")]

mod adam;
mod architecture;
mod assessment;
mod attached;
mod average;
mod bottleneck;
mod checkpoint;
pub mod cohort;
mod convolution;
mod copying;
mod corruption;
mod device;
mod error;
mod events;
mod export;
mod files;
#[cfg(test)]
mod golden;
mod history;
mod kind;
mod layers;
mod loader;
mod loss;
mod memory;
mod model;
mod network;
mod normalization;
mod parameters;
mod patches;
mod precision;
mod random;
mod settings;
mod source;
#[cfg(test)]
mod speed;
mod ssim;
mod stack;
mod tensors;
mod trainer;
mod usage;

pub use architecture::Architecture;
pub use assessment::Assessment;
pub use attached::Attached;
pub use copying::Blob;
pub use device::{DeviceChoice, cuda_available, keep_memory, set_threads};
pub use error::{Error, Result};
pub use history::{EpochRecord, MemoryUsage, read_history};
pub use kind::ModelKind;
pub use memory::{Addressing, AddressingRange};
pub use model::TrainedModel;
pub use patches::ItemPatch;
pub use precision::half_precision;
pub use settings::{
    Border, BottleneckKind, LossRegion, MemoryPreset, MemorySettings, ModelSettings, NoiseSettings,
    Precision, Query, Schedule, Shrink, Similarity, TrainSettings,
};
pub use trainer::{Observer, Outcome, Phase, Progress, Trainer, is_handled_panic, rehearse};

/// Version of the libtorch that this was built with, where its folder tells.
pub const LIBTORCH: Option<&str> = option_env!("MEMAE_LIBTORCH");
