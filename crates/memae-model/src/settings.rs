//! Settings of models and of training, with the specification's defaults.

use serde::{Deserialize, Serialize};
use tch::Kind;

use crate::architecture::Architecture;
use crate::kind::ModelKind;
use crate::memory::Addressing;
use crate::{Error, Result};

/// Sides of a slice must be multiples of this: the encoder halves four times, the decoder doubles four times.
pub(crate) const SIDE_MULTIPLE: usize = 16;

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
    /// Length of the dense code.
    pub code: usize,
    /// Channels to which a 1x1 convolution reduces the feature map before the dense code.
    pub code_channels: usize,
    /// Memory module of `memae` and `ssim-memae`.
    pub memory: MemorySettings,
    /// Noise that `dae` learns to remove.
    pub noise: NoiseSettings,
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
        }
        within("width", self.width, 0.001, 4.0)?;
        within("beta", self.beta, 0.0, 1e6)?;
        within("alpha", self.alpha, 0.0, 1e6)?;
        at_least_one("code", self.code)?;
        at_least_one("code_channels", self.code_channels)?;
        self.noise.check()?;
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
    fn check(&self) -> Result<()> {
        within("noise.resolution", self.resolution as f64, 1.0, 4096.0)?;
        within("noise.sigma", self.sigma, 0.0, 1e3)
    }
}

/// Ready-made forms of addressing the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryPreset {
    /// The paper's formula: softmax of the cosine, temperature 1, no shrinkage.
    #[default]
    Paper,
    /// The official `MemAE` code: dot product, hard shrinkage at 0.0025.
    Official,
    /// Ours: cosine, temperature 0.1, hard shrinkage at half of 1 / items.
    Sharp,
}

/// What one query to the memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// The feature vector at one position of the map.
    #[default]
    Position,
    /// The whole feature map, flattened.
    Flat,
}

/// Likeness of a query and an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// Cosine of the angle, in [-1, 1].
    Cosine,
    /// Dot product, unbounded.
    Dot,
}

/// Threshold of the hard shrinkage of addressing weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shrink {
    /// No shrinkage.
    None,
    /// Weights up to this value become zero.
    Absolute(f64),
    /// Weights up to this multiple of 1 / items become zero.
    Relative(f64),
}

/// Settings of the memory module: a preset, and single values that override it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemorySettings {
    /// Whether there is a memory at all. Without it, an ablation, the decoder gets the encoder's whole feature map.
    pub enabled: bool,
    /// Where values that are not given come from.
    pub preset: MemoryPreset,
    /// Number of items N (the paper: 10).
    pub items: usize,
    /// What one query is.
    pub query: Query,
    /// Overrides the preset's likeness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<Similarity>,
    /// Overrides the preset's softmax temperature; above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Overrides the preset's hard shrinkage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shrink: Option<Shrink>,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            preset: MemoryPreset::Paper,
            items: 10,
            query: Query::Position,
            similarity: None,
            temperature: None,
            shrink: None,
        }
    }
}

impl MemorySettings {
    /// The addressing that preset and overrides give together.
    pub fn addressing(&self) -> Addressing {
        let (similarity, temperature, shrink) = match self.preset {
            MemoryPreset::Paper => (Similarity::Cosine, 1.0, Shrink::None),
            MemoryPreset::Official => (Similarity::Dot, 1.0, Shrink::Absolute(0.0025)),
            MemoryPreset::Sharp => (Similarity::Cosine, 0.1, Shrink::Relative(0.5)),
        };
        Addressing {
            items: self.items,
            similarity: self.similarity.unwrap_or(similarity),
            temperature: self.temperature.unwrap_or(temperature),
            threshold: match self.shrink.unwrap_or(shrink) {
                Shrink::None => 0.0,
                Shrink::Absolute(threshold) => threshold,
                Shrink::Relative(multiple) => multiple / self.items as f64,
            },
        }
    }

    fn check(&self) -> Result<()> {
        at_least_one("memory.items", self.items)?;
        let addressing = self.addressing();
        within("memory.temperature", addressing.temperature, 1e-3, 1e3)?;
        within("memory.shrink (as a share of the weights)", addressing.threshold, 0.0, 0.999)?;
        let (_, largest) = addressing.range().softmax_weight;
        if addressing.threshold >= largest {
            return Err(Error::invalid(format!(
                "memory.shrink = {} would zero every addressing weight: none can exceed {largest:.4} with these settings",
                addressing.threshold
            )));
        }
        Ok(())
    }
}

/// Numbers in which the convolutions of training compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 32 bits, of which GPUs that have it use 19 in products, sums being kept in 32: several times as fast. On the CPU as
    /// `F32`.
    Tf32,
    /// 16 bits with the range of 32: faster where the hardware has them. Weights, moments, bottleneck, loss and validation stay
    /// in 32 bits.
    Bf16,
}

impl Precision {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::F32 | Self::Tf32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
        }
    }
}

/// Settings of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// Passes over the training cohort.
    pub epochs: usize,
    /// Windows per step.
    pub batch: usize,
    /// Learning rate of Adam.
    pub learning_rate: f64,
    /// Numbers in which the convolutions compute.
    pub precision: Precision,
    /// Seed of initialization, shuffling and noise.
    pub seed: u64,
    /// Whether windows without brain in the centre slice are trained on too.
    pub keep_empty: bool,
    /// Training ends early after this many epochs in a row that are no better than the best; `None`: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Number of last epochs whose checkpoints are kept beside the best and the last one.
    pub keep: usize,
    /// Whether an event file for `TensorBoard` is written beside `metrics.jsonl`.
    pub tensorboard: bool,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            epochs: 150,
            batch: 32,
            learning_rate: 1e-4,
            precision: Precision::F32,
            seed: 0,
            keep_empty: false,
            patience: None,
            keep: 0,
            tensorboard: false,
        }
    }
}

impl TrainSettings {
    /// Checks all values.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the first value that is out of range.
    pub fn check(&self) -> Result<()> {
        at_least_one("epochs", self.epochs)?;
        at_least_one("batch", self.batch)?;
        at_least_one("patience", self.patience.unwrap_or(1))?;
        within("learning_rate", self.learning_rate, 1e-9, 1.0)
    }
}

fn within(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    // Written so that NaN fails too.
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::invalid(format!("{name} = {value} is outside [{low}, {high}]")))
}

fn at_least_one(name: &str, value: usize) -> Result<()> {
    if value >= 1 {
        return Ok(());
    }
    Err(Error::invalid(format!("{name} must be at least 1")))
}
