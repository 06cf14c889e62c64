//! Layers with `PyTorch`'s default initialization, and stacks of them.

use tch::Tensor;

use crate::Result;
use crate::architecture::{Plan, Scale};
use crate::parameters::Builder;

/// 2-D convolution, or its transpose, with bias.
pub(crate) struct Conv {
    weight: Tensor,
    bias: Tensor,
    scale: Scale,
    padding: i64,
    /// Rows and columns added at the far end, so that the transpose doubles the sides exactly.
    output_padding: i64,
}

impl Conv {
    /// 1x1: a linear map of the channels.
    pub(crate) fn pointwise(builder: &mut Builder, name: &str, input: i64, output: i64) -> Result<Self> {
        Self::new(builder, name, [input, output], 1, Scale::Same)
    }

    fn new(
        builder: &mut Builder,
        name: &str,
        [input, output]: [i64; 2],
        kernel: i64,
        scale: Scale,
    ) -> Result<Self> {
        let shape = match scale {
            Scale::Double => [input, output, kernel, kernel],
            Scale::Same | Scale::Half => [output, input, kernel, kernel],
        };
        // Kaiming uniform with a = sqrt(5), where PyTorch takes axis 1 for the fan-in of transposed convolutions too.
        let bound = 1.0 / ((shape[1] * shape[2] * shape[3]) as f64).sqrt();
        let padding = (kernel - 1) / 2;
        Ok(Self {
            weight: builder.uniform(format!("{name}.weight"), &shape, bound)?,
            bias: builder.uniform(format!("{name}.bias"), &[output], bound)?,
            scale,
            padding,
            output_padding: 2 + 2 * padding - kernel,
        })
    }

    /// Computes in the numbers of `x`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (&self.weight.f_to_kind(x.kind())?, &self.bias.f_to_kind(x.kind())?);
        let (padding, more) = ([self.padding; 2], [self.output_padding; 2]);
        Ok(match self.scale {
            Scale::Same => x.f_conv2d(weight, Some(bias), [1, 1], padding, [1, 1], 1)?,
            Scale::Half => x.f_conv2d(weight, Some(bias), [2, 2], padding, [1, 1], 1)?,
            Scale::Double => x.f_conv_transpose2d(weight, Some(bias), [2, 2], padding, more, 1, [1, 1])?,
        })
    }
}

/// Linear map with bias.
pub(crate) struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    pub(crate) fn new(builder: &mut Builder, name: &str, input: i64, output: i64) -> Result<Self> {
        let bound = 1.0 / (input as f64).sqrt();
        Ok(Self {
            weight: builder.uniform(format!("{name}.weight"), &[output, input], bound)?,
            bias: builder.uniform(format!("{name}.bias"), &[output], bound)?,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.f_linear(&self.weight, Some(&self.bias))?)
    }
}

/// Batch normalization.
struct Norm {
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
}

impl Norm {
    fn new(builder: &mut Builder, name: &str, channels: i64) -> Result<Self> {
        Ok(Self {
            weight: builder.constant(format!("{name}.weight"), channels, 1.0)?,
            bias: builder.constant(format!("{name}.bias"), channels, 0.0)?,
            running_mean: builder.buffer(format!("{name}.running_mean"), channels, 0.0)?,
            running_var: builder.buffer(format!("{name}.running_var"), channels, 1.0)?,
        })
    }

    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        Ok(x.f_batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            train,
            0.1,
            1e-5,
            true,
        )?)
    }
}

/// LeakyReLU with a slope, which tch's `leaky_relu` cannot set. The backward kernel computes
/// `gradient * (x > 0 ? 1 : slope)`; fed with x itself as the gradient it is LeakyReLU, and its own derivative is right too.
/// One fused kernel each way: five times as fast as `prelu`.
pub(crate) fn leaky_relu(x: &Tensor, slope: f64) -> Result<Tensor> {
    Ok(x.f_detach()?.f_leaky_relu_backward(x, slope, false)?)
}

enum Layer {
    Conv(Conv),
    Norm(Norm),
    LeakyRelu(f64),
}

/// Layers one after the other: an encoder or a decoder.
pub(crate) struct Stack(Vec<Layer>);

impl Stack {
    /// The layers of `plan` for an input of `channels`. Convolutions are numbered: `name.0.conv`, `name.1.conv`; what
    /// normalizes the output of one has its number, and what comes before the first has none.
    pub(crate) fn new(builder: &mut Builder, name: &str, mut channels: i64, plan: &[Plan]) -> Result<Self> {
        let mut convolutions = 0;
        let mut part = name.to_owned();
        let mut layers = Vec::new();
        for layer in plan {
            layers.push(match *layer {
                Plan::Conv { kernel, output, scale } => {
                    part = format!("{name}.{convolutions}");
                    convolutions += 1;
                    let sizes = [std::mem::replace(&mut channels, output), output];
                    Layer::Conv(Conv::new(builder, &format!("{part}.conv"), sizes, kernel, scale)?)
                }
                Plan::Norm => Layer::Norm(Norm::new(builder, &format!("{part}.norm"), channels)?),
                Plan::LeakyRelu(slope) => Layer::LeakyRelu(slope),
            });
        }
        Ok(Self(layers))
    }

    /// (batch, channels, H, W) to what the layers make of it.
    pub(crate) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = x.shallow_clone();
        for layer in &self.0 {
            x = match layer {
                Layer::Conv(conv) => conv.forward(&x)?,
                Layer::Norm(norm) => norm.forward(&x, train)?,
                Layer::LeakyRelu(slope) => leaky_relu(&x, *slope)?,
            };
        }
        Ok(x)
    }
}
