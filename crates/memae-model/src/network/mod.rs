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
use crate::onnx::{Attribute, Graph, Value};
use crate::random::{self, Purpose};
use crate::settings::architecture::Scale;
use crate::settings::{ModelSettings, Precision, SIDE_MULTIPLE};
use crate::{Error, Result, tensors};

/// The slice of a window that is reconstructed.
const CENTRE: i64 = 1;

/// One of the networks, for slices of a fixed size.
pub(crate) struct Network {
    /// One stack, or with skip connections one for each scale.
    encoder: Vec<Stack>,
    bottleneck: Bottleneck,
    /// Of its parameters.
    bottleneck_places: Range<usize>,
    /// As many as the encoder has: what goes into all but the first has the encoder's map of the same scale added, and what
    /// comes out of the last, the centre slice.
    decoder: Vec<Stack>,
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
    encoder: Vec<Trace<'a>>,
    /// What goes into the bottleneck and comes out of it.
    features: Tensor,
    code: Tensor,
    decoder: Vec<Trace<'a>>,
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
        Self::build(kind, settings, sides, Builder::new(seed, device))
    }

    /// As [`Self::new`], with at most so many weights: more are refused before memory is taken for them.
    pub(crate) fn with_room(
        kind: ModelKind,
        settings: &ModelSettings,
        sides: [usize; 2],
        seed: u64,
        device: Device,
        room: usize,
    ) -> Result<Self> {
        Self::build(kind, settings, sides, Builder::new(seed, device).with_room(room))
    }

    fn build(
        kind: ModelKind,
        settings: &ModelSettings,
        sides: [usize; 2],
        mut builder: Builder,
    ) -> Result<Self> {
        settings.check(sides)?;
        let device = builder.device();
        let trunk = settings.architecture.trunk(settings.width);
        let map = sides.map(|side| (side / SIDE_MULTIPLE) as i64);
        let skips = kind.has_skips();
        let encoder = Stack::at_scales(
            &mut builder,
            "encoder",
            trunk.input,
            &trunk.encoder,
            skips.then_some(Scale::Half),
        )?;
        let first = builder.len();
        let bottleneck = Bottleneck::new(&mut builder, kind, settings, &trunk, map)?;
        let bottleneck_places = first..builder.len();
        let decoder = Stack::at_scales(
            &mut builder,
            "decoder",
            trunk.features,
            &trunk.decoder,
            skips.then_some(Scale::Double),
        )?;
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
        let (mut maps, mut encoder) = (vec![x.shallow_clone()], Vec::new());
        for stack in &self.encoder {
            let (map, trace) = stack.train(&maps[maps.len() - 1], kind)?;
            maps.push(map.f_set_requires_grad(true)?);
            encoder.push(trace);
        }
        let features = maps.pop().expect("the encoder's output");
        let (code, latent) = self.bottleneck.forward(&features, noise)?;
        let (mut map, mut decoder) = (code.f_detach()?, Vec::new());
        for (number, stack) in self.decoder.iter().enumerate() {
            let joined = if number == 0 { map } else { map.f_add(&maps[maps.len() - number])?.f_detach()? };
            let (output, trace) = stack.train(&joined.f_set_requires_grad(true)?, kind)?;
            map = output;
            decoder.push(trace);
        }
        let reconstruction = self.with_centre(map, x)?.f_set_requires_grad(true)?;
        Ok((Output { reconstruction, latent }, Pass { encoder, features, code, decoder }))
    }

    /// Gradient of `loss`, a function of the output of a training pass, in the order of the flat tensor.
    pub(crate) fn gradient(&self, loss: &Tensor, output: &Output, pass: Pass) -> Result<Tensor> {
        let mut gradients = self.parameters.gradients();
        let [by_reconstruction] = gradients.differentiate(loss, 0..0, [&output.reconstruction])?;
        let mut by_code = by_reconstruction;
        // A sum passes its gradient on to both sides. The way back overwrites what it is given.
        let mut by_maps = Vec::new();
        for (number, (stack, trace)) in self.decoder.iter().zip(pass.decoder).enumerate().rev() {
            let by_input = stack.backward(trace, by_code, &mut gradients)?;
            by_code = by_input.expect("the decoder's input requires a gradient");
            if number > 0 {
                let mut by_map = by_code.f_empty_like()?;
                by_map.f_copy_(&by_code)?;
                by_maps.push(by_map);
            }
        }
        // A sum whose gradient by the code is the known one; the loss itself has what the bottleneck adds to it.
        let scalar = pass.code.f_mul(&by_code)?.f_sum(Kind::Float)?.f_add(loss)?;
        let [by_features] =
            gradients.differentiate(&scalar, self.bottleneck_places.clone(), [&pass.features])?;
        let mut by_output = by_features;
        for (stack, trace) in self.encoder.iter().zip(pass.encoder).rev() {
            let Some(by_input) = stack.backward(trace, by_output, &mut gradients)? else { break };
            by_output = by_input.f_add(&by_maps.pop().expect("a map for each scale but the last"))?;
        }
        gradients.finish()
    }

    /// Test pass: running statistics, no noise, no gradient.
    pub(crate) fn evaluate(&self, x: &Tensor) -> Result<Output> {
        self.check(x)?;
        let _guard = tch::no_grad_guard();
        let mut maps = vec![x.shallow_clone()];
        for stack in &self.encoder {
            maps.push(stack.forward(&maps[maps.len() - 1], false)?);
        }
        let (mut map, latent) = self.bottleneck.forward(&maps.pop().expect("the encoder's output"), None)?;
        for (number, stack) in self.decoder.iter().enumerate() {
            if number > 0 {
                map = map.f_add(&maps[maps.len() - number])?;
            }
            map = stack.forward(&map, false)?;
        }
        Ok(Output { reconstruction: self.with_centre(map, x)?, latent })
    }

    /// With skip connections, what the decoder makes is added to the centre slice of `x`.
    fn with_centre(&self, map: Tensor, x: &Tensor) -> Result<Tensor> {
        Ok(if self.has_skips() { map.f_add(&x.f_narrow(1, CENTRE, 1)?)? } else { map })
    }

    fn has_skips(&self) -> bool {
        self.encoder.len() > 1
    }

    /// As [`Self::evaluate`], in operators of ONNX: from (batch, 3, H, W) to the reconstruction.
    pub(crate) fn onnx(&self, graph: &mut Graph, x: &Value) -> Result<Value> {
        let mut maps = vec![x.clone()];
        for stack in &self.encoder {
            maps.push(stack.onnx(graph, &maps[maps.len() - 1])?);
        }
        let mut map = self.bottleneck.onnx(graph, &maps.pop().expect("the encoder's output"))?;
        for (number, stack) in self.decoder.iter().enumerate() {
            if number > 0 {
                map = graph.node("Add", &[&map, &maps[maps.len() - number]], &[]);
            }
            map = stack.onnx(graph, &map)?;
        }
        if !self.has_skips() {
            return Ok(map);
        }
        let place = graph.integers("centre", &[CENTRE]);
        let centre = graph.node("Gather", &[x, &place], &[("axis", Attribute::Integer(1))]);
        Ok(graph.node("Add", &[&map, &centre], &[]))
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
