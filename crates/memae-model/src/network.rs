//! A whole network: encoder, bottleneck, decoder, and the parameters they share.

use tch::{Device, Kind, Tensor};

use crate::bottleneck::{Bottleneck, Latent};
use crate::convolution::Passed;
use crate::kind::ModelKind;
use crate::layers::Stack;
use crate::parameters::{Builder, Parameters};
use crate::random::{self, Purpose};
use crate::settings::{ModelSettings, Precision, SIDE_MULTIPLE};
use crate::{Error, Result, tensors};

/// One of the five networks, for slices of a fixed size.
pub(crate) struct Network {
    encoder: Stack,
    bottleneck: Bottleneck,
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
    /// After a training pass what [`Parameters::gradient`] needs.
    pub(crate) passed: Vec<Passed>,
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
        let bottleneck = Bottleneck::new(&mut builder, kind, settings, &trunk, map)?;
        let decoder = Stack::new(&mut builder, "decoder", trunk.features, &trunk.decoder)?;
        let noise_shape = bottleneck.noise_shape(settings, trunk.features, map);
        Ok(Self { encoder, bottleneck, decoder, parameters: builder.finish()?, sides, device, noise_shape })
    }

    /// Training pass: batch statistics, which also move the running ones, and noise in the code.
    ///
    /// `x` is (batch, 3, H, W).
    pub(crate) fn train(&self, x: &Tensor, noise: Option<&Tensor>, precision: Precision) -> Result<Output> {
        self.check(x)?;
        let map_values = x.size()[0] as usize * self.sides[0] * self.sides[1] / SIDE_MULTIPLE.pow(2);
        if map_values < 2 {
            return Err(Error::invalid(
                "a training batch of one slice of 16 x 16 pixels leaves batch normalization a single value per channel; \
                 choose a batch size that does not leave one window over, or larger slices",
            ));
        }
        let mut passed = Vec::new();
        let output = self.forward(x, noise, precision, Some(&mut passed))?;
        Ok(Output { passed, ..output })
    }

    /// Test pass: running statistics, no noise, no gradient.
    pub(crate) fn evaluate(&self, x: &Tensor) -> Result<Output> {
        self.check(x)?;
        let _guard = tch::no_grad_guard();
        self.forward(x, None, Precision::F32, None)
    }

    /// The noise of a training step, for models with a Gaussian code.
    pub(crate) fn noise(&self, batch: usize, seed: u64, epoch: usize, step: usize) -> Result<Option<Tensor>> {
        let Some(shape) = &self.noise_shape else { return Ok(None) };
        let shape: Vec<i64> = std::iter::once(batch as i64).chain(shape.iter().copied()).collect();
        let mut rng = random::stream(seed, Purpose::Noise, epoch as u64, step as u64);
        let values = random::normal(&mut rng, shape.iter().product::<i64>() as usize);
        tensors::from_slice(&values, &shape, self.device).map(Some)
    }

    fn forward(
        &self,
        x: &Tensor,
        noise: Option<&Tensor>,
        precision: Precision,
        mut passed: Option<&mut Vec<Passed>>,
    ) -> Result<Output> {
        let kind = precision.kind();
        let features =
            self.encoder.forward(&x.f_to_kind(kind)?, passed.as_deref_mut())?.f_to_kind(Kind::Float)?;
        let (features, latent) = self.bottleneck.forward(&features, noise)?;
        let reconstruction = self.decoder.forward(&features.f_to_kind(kind)?, passed)?;
        Ok(Output { reconstruction: reconstruction.f_to_kind(Kind::Float)?, latent, passed: Vec::new() })
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
