//! What lies between encoder and decoder.

use tch::Tensor;

use super::convolution::Conv;
use super::layers::{Linear, leaky_relu, leaky_relu_onnx};
use super::memory::Memory;
use super::parameters::Builder;
use crate::Result;
use crate::kind::ModelKind;
use crate::onnx::{Graph, Value};
use crate::settings::architecture::Trunk;
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
    /// The bottleneck of `kind` for the trunk's feature maps, whose sides are `map`.
    pub(crate) fn new(
        builder: &mut Builder,
        kind: ModelKind,
        settings: &ModelSettings,
        trunk: &Trunk,
        map: [i64; 2],
    ) -> Result<Self> {
        let (code, channels) = (settings.code as i64, trunk.features);
        Ok(match (kind, settings.bottleneck) {
            (ModelKind::MemAe | ModelKind::SsimMemAe, _) if !settings.memory.enabled => Self::Identity,
            (ModelKind::MemAe | ModelKind::SsimMemAe, _) => {
                Self::Memory(Memory::new(builder, &settings.memory, channels, map)?)
            }
            (ModelKind::Vae, BottleneckKind::Dense) => {
                let squeeze = Squeeze::new(builder, settings, trunk, map)?;
                let mean = Linear::new(builder, "bottleneck.mean", squeeze.length(), code)?;
                let log_variance = Linear::new(builder, "bottleneck.log_variance", squeeze.length(), code)?;
                Self::DenseGaussian { squeeze, mean, log_variance }
            }
            (ModelKind::Vae, BottleneckKind::Spatial) => Self::SpatialGaussian {
                mean: Conv::pointwise(builder, "bottleneck.mean", channels, channels)?,
                log_variance: Conv::pointwise(builder, "bottleneck.log_variance", channels, channels)?,
            },
            (ModelKind::Ae | ModelKind::SsimAe, BottleneckKind::Dense) => {
                let squeeze = Squeeze::new(builder, settings, trunk, map)?;
                let encode = Linear::new(builder, "bottleneck.encode", squeeze.length(), code)?;
                Self::Dense { squeeze, encode }
            }
            (ModelKind::Ae | ModelKind::SsimAe, BottleneckKind::Spatial)
            | (ModelKind::Dae | ModelKind::BlobDae, _) => Self::Identity,
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

    /// As [`Self::forward`] without noise, in operators of ONNX.
    pub(super) fn onnx(&self, graph: &mut Graph, x: &Value) -> Result<Value> {
        match self {
            Self::Identity => Ok(x.clone()),
            Self::Dense { squeeze, encode: linear } | Self::DenseGaussian { squeeze, mean: linear, .. } => {
                let reduced = squeeze.reduce_onnx(graph, x)?;
                let code = linear.onnx(graph, &reduced)?;
                squeeze.expand_onnx(graph, &code)
            }
            Self::SpatialGaussian { mean, .. } => mean.onnx(graph, x),
            Self::Memory(memory) => memory.onnx(graph, x),
        }
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
    /// Of the map that is the vector.
    shape: [i64; 3],
    reduce: Option<Conv>,
    decode: Linear,
    slope: Option<f64>,
    expand: Option<Conv>,
}

impl Squeeze {
    fn new(builder: &mut Builder, settings: &ModelSettings, trunk: &Trunk, map: [i64; 2]) -> Result<Self> {
        let many = trunk.features;
        let few = if trunk.pointwise { settings.code_channels as i64 } else { many };
        let mut pointwise = |name: &str, input, output| {
            trunk.pointwise.then(|| Conv::pointwise(builder, name, input, output)).transpose()
        };
        let reduce = pointwise("bottleneck.reduce", many, few)?;
        let expand = pointwise("bottleneck.expand", few, many)?;
        Ok(Self {
            shape: [few, map[0], map[1]],
            reduce,
            decode: Linear::new(builder, "bottleneck.decode", settings.code as i64, few * map[0] * map[1])?,
            slope: trunk.slope_after_code,
            expand,
        })
    }

    /// Length of the vector.
    fn length(&self) -> i64 {
        self.shape.iter().product()
    }

    fn reduce(&self, x: &Tensor) -> Result<Tensor> {
        let reduced = self.reduce.as_ref().map(|reduce| reduce.forward(x)).transpose()?;
        Ok(reduced.as_ref().unwrap_or(x).f_reshape([-1, self.length()])?)
    }

    fn expand(&self, code: &Tensor) -> Result<Tensor> {
        let [few, rows, columns] = self.shape;
        let mut map = self.decode.forward(code)?.f_view([-1, few, rows, columns])?;
        if let Some(slope) = self.slope {
            map = leaky_relu(&map, slope)?;
        }
        match &self.expand {
            Some(expand) => expand.forward(&map),
            None => Ok(map),
        }
    }

    fn reduce_onnx(&self, graph: &mut Graph, x: &Value) -> Result<Value> {
        let reduced = self.reduce.as_ref().map(|reduce| reduce.onnx(graph, x)).transpose()?;
        Ok(graph.reshape(reduced.as_ref().unwrap_or(x), &[-1, self.length()]))
    }

    fn expand_onnx(&self, graph: &mut Graph, code: &Value) -> Result<Value> {
        let [few, rows, columns] = self.shape;
        let decoded = self.decode.onnx(graph, code)?;
        let mut map = graph.reshape(&decoded, &[-1, few, rows, columns]);
        if let Some(slope) = self.slope {
            map = leaky_relu_onnx(graph, &map, slope);
        }
        match &self.expand {
            Some(expand) => expand.onnx(graph, &map),
            None => Ok(map),
        }
    }
}
