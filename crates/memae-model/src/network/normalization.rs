//! Batch normalization followed by LeakyReLU: by libtorch, and in f32 on the CPU with a gradient written out.
//!
//! Autograd keeps the input and the output of either for the way back. Here the input of the normalization is enough: the
//! output costs one pass over it.

use rayon::prelude::*;
use tch::{Device, Tensor};

use super::layers::{leaky_relu, leaky_relu_onnx};
use super::parameters::{Builder, Gradients};
use crate::Result;
use crate::onnx::{Attribute, Graph, Value};
use crate::tensors::{self, channels_last};

/// Share of a batch's statistics in the running ones.
const MOMENTUM: f64 = 0.1;
/// Added to variances.
const EPSILON: f64 = 1e-5;
/// Pixels that one thread takes at a time, and that are summed up in 32 bits.
const BLOCK: usize = 1024;
const FEW: usize = 32;

/// Batch normalization and LeakyReLU.
pub(crate) struct Norm {
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    /// Of the LeakyReLU.
    slope: f64,
    /// Place of the weight among the parameters; the bias follows.
    place: usize,
}

/// The statistics of a training batch and the map that they make of its values, for each channel.
pub(crate) struct Moments {
    mean: Vec<f32>,
    inverse_deviation: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    pub(crate) fn new(builder: &mut Builder, name: &str, channels: i64, slope: f64) -> Result<Self> {
        Ok(Self {
            place: builder.len(),
            weight: builder.constant(format!("{name}.weight"), channels, 1.0)?,
            bias: builder.constant(format!("{name}.bias"), channels, 0.0)?,
            running_mean: builder.buffer(format!("{name}.running_mean"), channels, 0.0)?,
            running_var: builder.buffer(format!("{name}.running_var"), channels, 1.0)?,
            slope,
        })
    }

    /// By libtorch, on any device; with the running statistics, or in training with the batch's, which also move them.
    pub(crate) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let normalized = x.f_batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            train,
            MOMENTUM,
            EPSILON,
            true,
        )?;
        leaky_relu(&normalized, self.slope)
    }

    /// As [`Self::forward`] with the running statistics, in operators of ONNX.
    pub(super) fn onnx(&self, graph: &mut Graph, x: &Value) -> Result<Value> {
        let parts = [
            ("weight", &self.weight),
            ("bias", &self.bias),
            ("mean", &self.running_mean),
            ("variance", &self.running_var),
        ];
        let mut inputs = vec![x.clone()];
        for (name, tensor) in parts {
            inputs.push(graph.constant(name, tensor)?);
        }
        let inputs: Vec<&Value> = inputs.iter().collect();
        let normalized = graph.node("BatchNormalization", &inputs, &[("epsilon", Attribute::Float(EPSILON))]);
        Ok(leaky_relu_onnx(graph, &normalized, self.slope))
    }

    /// Statistics of a training batch, which move the running ones. `missing` is a bias that `x` was not given: the output is the
    /// same with it and without.
    pub(crate) fn moments(&self, x: &Tensor, missing: Option<&Tensor>) -> Result<Moments> {
        let x = channels_last(x)?;
        let values = tensors::values(&x);
        let channels = self.weight.numel();
        let pixels = values.len() / channels;
        // Deviations from any value of the channel, so that squares do not cancel.
        let origin = &values[..channels];
        let sums = channel_sums(pixels, channels, |pixel, sums| {
            add_deviations(&values[pixel * channels..], origin, sums);
        });
        let count = pixels as f64;
        let means: Vec<f64> = sums[0].iter().map(|sum| sum / count).collect();
        let variances: Vec<f64> = (sums[1].iter().zip(&means))
            .map(|(square, mean)| (square / count - mean * mean).max(0.0))
            .collect();
        let mean: Vec<f32> =
            means.iter().zip(origin).map(|(mean, origin)| (mean + f64::from(*origin)) as f32).collect();
        let unbiased: Vec<f32> =
            variances.iter().map(|variance| (variance * count / (count - 1.0)) as f32).collect();
        let mut batch_mean = vector(&mean)?;
        if let Some(bias) = missing {
            let _ = batch_mean.f_add_(bias)?;
        }
        let _ = self.running_mean.shallow_clone().f_lerp_(&batch_mean, MOMENTUM)?;
        let _ = self.running_var.shallow_clone().f_lerp_(&vector(&unbiased)?, MOMENTUM)?;

        let inverse_deviation: Vec<f32> =
            variances.iter().map(|variance| (1.0 / (variance + EPSILON).sqrt()) as f32).collect();
        let (weight, bias) = (tensors::values(&self.weight), tensors::values(&self.bias));
        let scale: Vec<f32> = weight.iter().zip(&inverse_deviation).map(|(weight, by)| weight * by).collect();
        let shift =
            (bias.iter().zip(&mean).zip(&scale)).map(|((bias, mean), scale)| bias - mean * scale).collect();
        Ok(Moments { mean, inverse_deviation, scale, shift })
    }

    /// What a training pass makes of `x`.
    pub(crate) fn apply(&self, x: &Tensor, moments: &Moments) -> Result<Tensor> {
        let x = channels_last(x)?;
        let mut y = x.f_empty_like()?;
        let (channels, slope) = (moments.mean.len(), self.slope as f32);
        // SAFETY: the tensor was made here, and has no other handle.
        #[allow(unsafe_code)]
        let written = unsafe { tensors::values_mut(&mut y) };
        let blocks =
            written.par_chunks_mut(BLOCK * channels).zip(tensors::values(&x).par_chunks(BLOCK * channels));
        blocks.for_each(|(y, x)| {
            for (y, x) in y.chunks_mut(channels).zip(x.chunks(channels)) {
                activate(y, x, [&moments.scale, &moments.shift], slope);
            }
        });
        Ok(y.f_permute([0, 3, 1, 2])?)
    }

    /// The gradient by `x` from that by the output, in whose place it is written; those of weight and bias go to `gradients`.
    ///
    /// With the deviation d of a value from the mean, the inverse standard deviation s, the gradient g by the normalized value
    /// and means over the batch: scale (g - mean(g) - d s^2 mean(d g)).
    pub(crate) fn backward(
        &self,
        x: &Tensor,
        moments: &Moments,
        by_output: Tensor,
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        let x = channels_last(x)?;
        let mut gradient = channels_last(&by_output)?;
        drop(by_output);
        let values = tensors::values(&x);
        let Moments { mean, inverse_deviation, scale, shift } = moments;
        let channels = mean.len();
        let pixels = values.len() / channels;
        let slope = self.slope as f32;
        let before = tensors::values(&gradient);
        let [sums, products] = channel_sums(pixels, channels, |pixel, sums| {
            let here = pixel * channels..;
            add_gradients(&values[here.clone()], &before[here], [mean, scale, shift], slope, sums);
        });
        let count = pixels as f64;
        let offset: Vec<f32> = sums.iter().map(|sum| (sum / count) as f32).collect();
        let incline: Vec<f32> = (products.iter().zip(inverse_deviation))
            .map(|(product, by)| (product / count * f64::from(*by).powi(2)) as f32)
            .collect();
        // SAFETY: this is the one handle that is used from here on; who handed the gradient over has let go of it.
        #[allow(unsafe_code)]
        let written = unsafe { tensors::values_mut(&mut gradient) };
        let blocks = written.par_chunks_mut(BLOCK * channels).zip(values.par_chunks(BLOCK * channels));
        blocks.for_each(|(g, x)| {
            for (g, x) in g.chunks_mut(channels).zip(x.chunks(channels)) {
                let of_channel: [&[f32]; 5] = [mean, scale, shift, &offset, &incline];
                go_back(g, x, of_channel, slope);
            }
        });
        let by_weight: Vec<f32> = products
            .iter()
            .zip(inverse_deviation)
            .map(|(product, by)| (product * f64::from(*by)) as f32)
            .collect();
        let by_bias: Vec<f32> = sums.iter().map(|sum| *sum as f32).collect();
        gradients.set(self.place, vector(&by_weight)?);
        gradients.set(self.place + 1, vector(&by_bias)?);
        Ok(gradient.f_permute([0, 3, 1, 2])?)
    }
}

fn vector(values: &[f32]) -> Result<Tensor> {
    tensors::from_slice(values, &[values.len() as i64], Device::Cpu)
}

/// For each channel the sums over all pixels of two quantities: `add` adds those of one pixel, of which it gets the number. In the
/// same order for any number of threads.
fn channel_sums(
    pixels: usize,
    channels: usize,
    add: impl Fn(usize, [&mut [f32]; 2]) + Sync,
) -> [Vec<f64>; 2] {
    let zero = || [vec![0.0; channels], vec![0.0; channels]];
    let block = |first: usize| {
        let mut sums = zero();
        let last = pixels.min(first + BLOCK);
        for few in (first..last).step_by(FEW) {
            let mut parts = [vec![0.0f32; channels], vec![0.0f32; channels]];
            for pixel in few..last.min(few + FEW) {
                add(pixel, parts.each_mut().map(Vec::as_mut_slice));
            }
            for (sum, part) in sums.iter_mut().flatten().zip(parts.iter().flatten()) {
                *sum += f64::from(*part);
            }
        }
        sums
    };
    let blocks: Vec<[Vec<f64>; 2]> =
        (0..pixels.div_ceil(BLOCK)).into_par_iter().map(|number| block(number * BLOCK)).collect();
    blocks.iter().fold(zero(), |mut sums, block| {
        for (sum, part) in sums.iter_mut().flatten().zip(block.iter().flatten()) {
            *sum += part;
        }
        sums
    })
}

/// Of LeakyReLU, which is this times the value itself.
fn derivative(normalized: f32, slope: f32) -> f32 {
    if normalized > 0.0 { 1.0 } else { slope }
}

// One pixel each, all of its channels: functions of their own, so that the compiler knows that what is written overlaps nothing and
// takes several channels at a time.

/// Deviations from `origin` and their squares.
#[inline(never)]
fn add_deviations(x: &[f32], origin: &[f32], [sums, squares]: [&mut [f32]; 2]) {
    let channels = sums.len();
    let (x, origin, squares) = (&x[..channels], &origin[..channels], &mut squares[..channels]);
    for c in 0..channels {
        let deviation = x[c] - origin[c];
        sums[c] += deviation;
        squares[c] += deviation * deviation;
    }
}

/// `y` of `x`.
#[inline(never)]
fn activate(y: &mut [f32], x: &[f32], of_channel: [&[f32]; 2], slope: f32) {
    let channels = y.len();
    let x = &x[..channels];
    let [scale, shift] = of_channel.map(|values| &values[..channels]);
    for c in 0..channels {
        let normalized = x[c] * scale[c] + shift[c];
        y[c] = normalized * derivative(normalized, slope);
    }
}

/// The gradient by the normalized value, and its product with the deviation.
#[inline(never)]
fn add_gradients(
    x: &[f32],
    g: &[f32],
    of_channel: [&[f32]; 3],
    slope: f32,
    [sums, products]: [&mut [f32]; 2],
) {
    let channels = sums.len();
    let (x, g, products) = (&x[..channels], &g[..channels], &mut products[..channels]);
    let [mean, scale, shift] = of_channel.map(|values| &values[..channels]);
    for c in 0..channels {
        let g = g[c] * derivative(x[c] * scale[c] + shift[c], slope);
        sums[c] += g;
        products[c] += g * (x[c] - mean[c]);
    }
}

/// The gradient by the output becomes that by `x`.
#[inline(never)]
fn go_back(g: &mut [f32], x: &[f32], of_channel: [&[f32]; 5], slope: f32) {
    let channels = g.len();
    let x = &x[..channels];
    let [mean, scale, shift, offset, incline] = of_channel.map(|values| &values[..channels]);
    for c in 0..channels {
        let by_normalized = g[c] * derivative(x[c] * scale[c] + shift[c], slope);
        g[c] = scale[c] * (by_normalized - offset[c] - (x[c] - mean[c]) * incline[c]);
    }
}
