//! Settings of models and of training, with the specification's defaults.

mod addressing;
pub(crate) mod architecture;
mod memory;
mod train;

use serde::{Deserialize, Serialize};

pub use self::addressing::{Addressing, AddressingRange, Similarity};
pub use self::architecture::Architecture;
pub use self::memory::{MemoryPreset, MemorySettings, Query, Shrink};
pub use self::train::{Augmentation, Precision, Schedule, TrainSettings};
use crate::kind::ModelKind;
use crate::{Error, Result};

/// Sides of a slice must be multiples of this: the encoder halves four times, the decoder doubles four times.
pub(crate) const SIDE_MULTIPLE: usize = 16;

/// Limits of what a checkpoint or a configuration can ask for: far above any use, and low enough that no product of sizes
/// overflows.
const LARGEST_SIDE: usize = 4096;
const LONGEST_CODE: usize = 65_536;
const MOST_CODE_CHANNELS: usize = 4096;
const MOST_ITEMS: usize = 1_000_000;

/// Form of the bottleneck of `ae`, `vae` and `ssim-ae`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BottleneckKind {
    /// A vector of [`ModelSettings::code`] numbers for a whole slice, as in Baur et al. 2021.
    #[default]
    Dense,
    /// The encoder's whole feature map. It has as many values as the slice and can copy lesions.
    Spatial,
}

/// Which pixels the reconstruction loss averages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossRegion {
    /// All pixels of the slice.
    #[default]
    All,
    /// Brain pixels only.
    Brain,
}

/// What SSIM does where its window leaves the slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Border {
    /// Only windows that lie inside the slice count: the map is 10 pixels smaller on each axis. As a loss this all but
    /// ignores the outermost pixels, and a network may put any value there.
    Valid,
    /// The slice is mirrored at its edges (`d c b a | a b c d`), and the map has its size.
    #[default]
    Reflect,
}

/// Settings of the networks and their losses; all models share them.
///
/// # Example
/// ```
/// let settings = memae_model::ModelSettings { width: 0.25, ..Default::default() };
/// settings.check([96, 96]).unwrap();
/// assert!(settings.check([90, 96]).is_err()); // not a multiple of 16
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSettings {
    /// Encoder and decoder.
    pub architecture: Architecture,
    /// Factor on all their channels; in (0, 4].
    pub width: f64,
    /// Bottleneck of the models without memory.
    pub bottleneck: BottleneckKind,
    /// Length of the dense code; at most 65,536.
    pub code: usize,
    /// Channels to which a 1x1 convolution reduces the feature map before the dense code; at
    /// most 4096.
    pub code_channels: usize,
    /// Memory module of `memae` and `ssim-memae`.
    pub memory: MemorySettings,
    /// Noise that `dae` learns to remove.
    pub noise: NoiseSettings,
    /// Blobs that `blob-dae` learns to take out.
    pub blobs: BlobSettings,
    /// Weight of the Kullback-Leibler divergence of `vae` in its sum form. The mean-form weight is
    /// beta * code / pixels.
    pub beta: f64,
    /// Weight of the addressing entropy of the memory models (0.0002: Gong et al. 2019).
    pub alpha: f64,
    /// Pixels that the reconstruction loss averages.
    pub loss_region: LossRegion,
    /// Border rule of the SSIM loss.
    pub ssim_border: Border,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            architecture: Architecture::Trunk,
            width: 1.0,
            bottleneck: BottleneckKind::Dense,
            code: 128,
            code_channels: 16,
            memory: MemorySettings::default(),
            noise: NoiseSettings::default(),
            blobs: BlobSettings::default(),
            beta: 1.28,
            alpha: 0.0002,
            loss_region: LossRegion::All,
            ssim_border: Border::Reflect,
        }
    }
}

impl ModelSettings {
    /// How `kind` addresses its memory; `None` for a model without one.
    pub fn addressing(&self, kind: ModelKind) -> Option<Addressing> {
        (kind.has_memory() && self.memory.enabled).then(|| self.memory.addressing())
    }

    /// Checks all values, for slices of `sides` pixels.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the first value that is out of range, or a side that is no multiple of 16.
    pub fn check(&self, sides: [usize; 2]) -> Result<()> {
        for side in sides {
            if side == 0 || side % SIDE_MULTIPLE != 0 {
                return Err(Error::invalid(format!(
                    "slices of {} x {} pixels: sides must be multiples of {SIDE_MULTIPLE}, because the network halves \
                     them four times; pad or crop the reference grid",
                    sides[0], sides[1]
                )));
            }
            at_most("the side of a slice", side, LARGEST_SIDE)?;
        }
        within("width", self.width, 0.001, 4.0)?;
        within("beta", self.beta, 0.0, 1e6)?;
        within("alpha", self.alpha, 0.0, 1e6)?;
        at_least_one("code", self.code)?;
        at_least_one("code_channels", self.code_channels)?;
        at_most("code", self.code, LONGEST_CODE)?;
        at_most("code_channels", self.code_channels, MOST_CODE_CHANNELS)?;
        self.noise.check()?;
        self.blobs.check()?;
        self.memory.query.grid(sides.map(|side| side / SIDE_MULTIPLE))?;
        self.memory.check()
    }
}

/// Coarse noise of the denoising autoencoder, with the values of Kascenas et al. 2022.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoiseSettings {
    /// Points of the coarse grid along each side of a slice.
    pub resolution: usize,
    /// Standard deviation at these points; intensities lie in [0, 1].
    pub sigma: f64,
}

impl Default for NoiseSettings {
    fn default() -> Self {
        Self { resolution: 16, sigma: 0.2 }
    }
}

impl NoiseSettings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the first field that is not.
    pub fn check(&self) -> Result<()> {
        within("noise.resolution", self.resolution as f64, 1.0, 4096.0)?;
        within("noise.sigma", self.sigma, 0.0, 1e3)
    }
}

/// Blobs of random place, size, shape and brightness, pasted into slices as lesions might be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlobSettings {
    /// Mean number in a slice; some slices have none, some have many. In [0, 100].
    pub number: f64,
    /// The loss counts the pixels of a blob so much more that small blobs weigh as those of this many pixels, but at most twenty
    /// times. In [0, 1e6]; 0: as all other pixels.
    pub weight: f64,
}

impl Default for BlobSettings {
    fn default() -> Self {
        Self { number: 5.0, weight: 100.0 }
    }
}

impl BlobSettings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the first field that is not.
    pub fn check(&self) -> Result<()> {
        within("blobs.number", self.number, 0.0, 100.0)?;
        within("blobs.weight", self.weight, 0.0, 1e6)
    }
}

fn within(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    // Written so that NaN fails too.
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::invalid(format!("{name} = {value} is outside [{low}, {high}]")))
}

fn at_most(name: &str, value: usize, most: usize) -> Result<()> {
    if value <= most {
        return Ok(());
    }
    Err(Error::invalid(format!("{name} = {value} is more than {most}")))
}

fn at_least_one(name: &str, value: usize) -> Result<()> {
    if value >= 1 {
        return Ok(());
    }
    Err(Error::invalid(format!("{name} must be at least 1")))
}
