//! What lies between encoder and decoder.

use tch::Tensor;

use crate::Result;
use crate::kind::ModelKind;
use crate::layers::{Conv, Linear};
use crate::memory::Memory;
use crate::parameters::Builder;
use crate::settings::{BottleneckKind, ModelSettings};

/// What the bottleneck says about its input beside the features for the decoder.
pub(crate) enum Latent {
    /// A deterministic code.
    Point,
    /// A Gaussian code: mean and logarithm of the variance, (batch, ...).
    Gaussian { mean: Tensor, log_variance: Tensor },
    /// Addressing weights of a memory, (queries, items).
    Addressed(Tensor),
}

/// One of the bottlenecks, between feature maps of the same shape.
pub(crate) enum Bottleneck {
    Identity,
    Dense { squeeze: Squeeze, encode: Linear },
    DenseGaussian { squeeze: Squeeze, mean: Linear, log_variance: Linear },
    SpatialGaussian { mean: Conv, log_variance: Conv },
    Memory(Memory),
}

impl Bottleneck {
    /// The bottleneck of `kind` for feature maps of `channels` x `map`.
    pub(crate) fn new(
        builder: &mut Builder,
        kind: ModelKind,
        settings: &ModelSettings,
        channels: i64,
        map: [i64; 2],
    ) -> Result<Self> {
        let code = settings.code as i64;
        Ok(match (kind, settings.bottleneck) {
            (ModelKind::MemAe | ModelKind::SsimMemAe, _) => {
                Self::Memory(Memory::new(builder, &settings.memory, channels, map)?)
            }
            (ModelKind::Vae, BottleneckKind::Dense) => {
                let squeeze = Squeeze::new(builder, settings, channels, map)?;
                let mean = Linear::new(builder, "bottleneck.mean", squeeze.length(), code)?;
                let log_variance = Linear::new(builder, "bottleneck.log_variance", squeeze.length(), code)?;
                Self::DenseGaussian { squeeze, mean, log_variance }
            }
            (ModelKind::Vae, BottleneckKind::Spatial) => Self::SpatialGaussian {
                mean: Conv::pointwise(builder, "bottleneck.mean", channels, channels)?,
                log_variance: Conv::pointwise(builder, "bottleneck.log_variance", channels, channels)?,
            },
            (ModelKind::Ae | ModelKind::SsimAe, BottleneckKind::Dense) => {
                let squeeze = Squeeze::new(builder, settings, channels, map)?;
                let encode = Linear::new(builder, "bottleneck.encode", squeeze.length(), code)?;
                Self::Dense { squeeze, encode }
            }
            (ModelKind::Ae | ModelKind::SsimAe, BottleneckKind::Spatial) => Self::Identity,
        })
    }

    /// Shape of the Gaussian code of one sample, where there is one.
    pub(crate) fn noise_shape(
        &self,
        settings: &ModelSettings,
        channels: i64,
        map: [i64; 2],
    ) -> Option<Vec<i64>> {
        match self {
            Self::DenseGaussian { .. } => Some(vec![settings.code as i64]),
            Self::SpatialGaussian { .. } => Some(vec![channels, map[0], map[1]]),
            Self::Identity | Self::Dense { .. } | Self::Memory(_) => None,
        }
    }

    /// Features for the decoder. `noise` is standard normal, in the shape of the Gaussian code; without it the mean is
    /// decoded.
    pub(crate) fn forward(&self, x: &Tensor, noise: Option<&Tensor>) -> Result<(Tensor, Latent)> {
        Ok(match self {
            Self::Identity => (x.shallow_clone(), Latent::Point),
            Self::Dense { squeeze, encode } => {
                (squeeze.expand(&encode.forward(&squeeze.reduce(x)?)?)?, Latent::Point)
            }
            Self::DenseGaussian { squeeze, mean, log_variance } => {
                let reduced = squeeze.reduce(x)?;
                let (mean, log_variance) = (mean.forward(&reduced)?, log_variance.forward(&reduced)?);
                let code = sample(&mean, &log_variance, noise)?;
                (squeeze.expand(&code)?, Latent::Gaussian { mean, log_variance })
            }
            Self::SpatialGaussian { mean, log_variance } => {
                let (mean, log_variance) = (mean.forward(x)?, log_variance.forward(x)?);
                (sample(&mean, &log_variance, noise)?, Latent::Gaussian { mean, log_variance })
            }
            Self::Memory(memory) => {
                let (read, weights) = memory.forward(x)?;
                (read, Latent::Addressed(weights))
            }
        })
    }
}

/// mean + standard deviation * noise: the reparametrization of Kingma and Welling 2014.
fn sample(mean: &Tensor, log_variance: &Tensor, noise: Option<&Tensor>) -> Result<Tensor> {
    Ok(match noise {
        Some(noise) => log_variance.f_mul_scalar(0.5)?.f_exp()?.f_mul(noise)?.f_add(mean)?,
        None => mean.shallow_clone(),
    })
}

/// The way from a feature map to a vector and from a code back to a map.
pub(crate) struct Squeeze {
    shape: [i64; 3],
    reduce: Conv,
    decode: Linear,
    expand: Conv,
}

impl Squeeze {
    fn new(builder: &mut Builder, settings: &ModelSettings, channels: i64, map: [i64; 2]) -> Result<Self> {
        let few = settings.code_channels as i64;
        Ok(Self {
            shape: [few, map[0], map[1]],
            reduce: Conv::pointwise(builder, "bottleneck.reduce", channels, few)?,
            decode: Linear::new(builder, "bottleneck.decode", settings.code as i64, few * map[0] * map[1])?,
            expand: Conv::pointwise(builder, "bottleneck.expand", few, channels)?,
        })
    }

    /// Length of the vector.
    fn length(&self) -> i64 {
        self.shape.iter().product()
    }

    fn reduce(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.reduce.forward(x)?.f_reshape([-1, self.length()])?)
    }

    fn expand(&self, code: &Tensor) -> Result<Tensor> {
        let [few, rows, columns] = self.shape;
        self.expand.forward(&self.decode.forward(code)?.f_view([-1, few, rows, columns])?)
    }
}
