//! A whole network: encoder, bottleneck, decoder, and the parameters they share.

pub(crate) mod bottleneck;
mod convolution;
mod layers;
pub(crate) mod memory;
mod normalization;
pub(crate) mod parameters;
mod stack;

use std::ops::Range;

use tch::{Device, Kind, Tensor};

use self::bottleneck::{Bottleneck, Latent};
use self::parameters::{Builder, Parameters};
use self::stack::{Stack, Trace};
use crate::kind::ModelKind;
use crate::onnx::{Graph, Value};
use crate::random::{self, Purpose};
use crate::settings::{ModelSettings, Precision, SIDE_MULTIPLE};
use crate::{Error, Result, tensors};

/// One of the five networks, for slices of a fixed size.
pub(crate) struct Network {
    encoder: Stack,
    bottleneck: Bottleneck,
    /// Of its parameters.
    bottleneck_places: Range<usize>,
    decoder: Stack,
    pub(crate) parameters: Parameters,
    /// Pixels of a slice along the first two axes of the volume.
    pub(crate) sides: [usize; 2],
    pub(crate) device: Device,
    noise_shape: Option<Vec<i64>>,
}

/// What a network makes of a batch.
pub(crate) struct Output {
    /// The centre slices, (batch, 1, H, W).
    pub(crate) reconstruction: Tensor,
    pub(crate) latent: Latent,
}

/// What a training pass leaves for [`Network::gradient`]. Encoder, bottleneck and decoder are differentiated one after the other,
/// as the first and the last need not be autograd's.
pub(crate) struct Pass<'a> {
    encoder: Trace<'a>,
    /// What goes into the bottleneck and comes out of it.
    features: Tensor,
    code: Tensor,
    decoder: Trace<'a>,
}

impl Network {
    /// A freshly initialized network.
    pub(crate) fn new(
        kind: ModelKind,
        settings: &ModelSettings,
        sides: [usize; 2],
        seed: u64,
        device: Device,
    ) -> Result<Self> {
        settings.check(sides)?;
        let trunk = settings.architecture.trunk(settings.width);
        let map = sides.map(|side| (side / SIDE_MULTIPLE) as i64);
        let mut builder = Builder::new(seed, device);
        let encoder = Stack::new(&mut builder, "encoder", trunk.input, &trunk.encoder)?;
        let first = builder.len();
        let bottleneck = Bottleneck::new(&mut builder, kind, settings, &trunk, map)?;
        let bottleneck_places = first..builder.len();
        let decoder = Stack::new(&mut builder, "decoder", trunk.features, &trunk.decoder)?;
        let noise_shape = bottleneck.noise_shape(settings, trunk.features, map);
        let parameters = builder.finish()?;
        Ok(Self { encoder, bottleneck, bottleneck_places, decoder, parameters, sides, device, noise_shape })
    }

    /// Training pass: batch statistics, which also move the running ones, and noise in the code.
    ///
    /// `x` is (batch, 3, H, W).
    pub(crate) fn train(
        &self,
        x: &Tensor,
        noise: Option<&Tensor>,
        precision: Precision,
    ) -> Result<(Output, Pass<'_>)> {
        self.check(x)?;
        let map_values = x.size()[0] as usize * self.sides[0] * self.sides[1] / SIDE_MULTIPLE.pow(2);
        if map_values < 2 {
            return Err(Error::invalid(
                "a training batch of one slice of 16 x 16 pixels leaves batch normalization a single value per channel; \
                 choose a batch size that does not leave one window over, or larger slices",
            ));
        }
        let kind = precision.kind();
        let (features, encoder) = self.encoder.train(x, kind)?;
        let features = features.f_set_requires_grad(true)?;
        let (code, latent) = self.bottleneck.forward(&features, noise)?;
        let (reconstruction, decoder) =
            self.decoder.train(&code.f_detach()?.f_set_requires_grad(true)?, kind)?;
        let reconstruction = reconstruction.f_set_requires_grad(true)?;
        Ok((Output { reconstruction, latent }, Pass { encoder, features, code, decoder }))
    }

    /// Gradient of `loss`, a function of the output of a training pass, in the order of the flat tensor.
    pub(crate) fn gradient(&self, loss: &Tensor, output: &Output, pass: Pass) -> Result<Tensor> {
        let mut gradients = self.parameters.gradients();
        let [by_reconstruction] = gradients.differentiate(loss, 0..0, [&output.reconstruction])?;
        let by_code = self.decoder.backward(pass.decoder, by_reconstruction, &mut gradients)?;
        let by_code = by_code.expect("the decoder's input requires a gradient");
        // A sum whose gradient by the code is the known one; the loss itself has what the bottleneck adds to it.
        let scalar = pass.code.f_mul(&by_code)?.f_sum(Kind::Float)?.f_add(loss)?;
        let [by_features] =
            gradients.differentiate(&scalar, self.bottleneck_places.clone(), [&pass.features])?;
        self.encoder.backward(pass.encoder, by_features, &mut gradients)?;
        gradients.finish()
    }

    /// Test pass: running statistics, no noise, no gradient.
    pub(crate) fn evaluate(&self, x: &Tensor) -> Result<Output> {
        self.check(x)?;
        let _guard = tch::no_grad_guard();
        let (features, latent) = self.bottleneck.forward(&self.encoder.forward(x, false)?, None)?;
        Ok(Output { reconstruction: self.decoder.forward(&features, false)?, latent })
    }

    /// As [`Self::evaluate`], in operators of ONNX: from (batch, 3, H, W) to the reconstruction.
    pub(crate) fn onnx(&self, graph: &mut Graph, x: &Value) -> Result<Value> {
        let features = self.encoder.onnx(graph, x)?;
        let code = self.bottleneck.onnx(graph, &features)?;
        self.decoder.onnx(graph, &code)
    }

    /// The noise of a training step, for models with a Gaussian code.
    pub(crate) fn noise(&self, batch: usize, seed: u64, epoch: usize, step: usize) -> Result<Option<Tensor>> {
        let Some(shape) = &self.noise_shape else { return Ok(None) };
        let shape: Vec<i64> = std::iter::once(batch as i64).chain(shape.iter().copied()).collect();
        let mut rng = random::stream(seed, Purpose::Noise, epoch as u64, step as u64);
        let values = random::normal(&mut rng, shape.iter().product::<i64>() as usize);
        tensors::from_slice(&values, &shape, self.device).map(Some)
    }

    fn check(&self, x: &Tensor) -> Result<()> {
        let [rows, columns] = self.sides.map(|side| side as i64);
        match x.size()[..] {
            [_, 3, r, c] if (r, c) == (rows, columns) => Ok(()),
            ref shape => Err(Error::invalid(format!(
                "a batch of shape {shape:?} does not fit a network for (batch, 3, {rows}, {columns})"
            ))),
        }
    }
}
