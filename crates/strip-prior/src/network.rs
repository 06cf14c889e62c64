//! The network on libtorch: as `mri_io` runs it, with gradients.
//!
//! Blocks of 2 x 2 x 2 voxels become channels, so that the first level has voxels of twice the size; two levels follow,
//! each half as fine. What goes down is added, not concatenated, on the way up. The result has a depth (in units of
//! [`UNIT`]) for each voxel of the input.

use std::path::Path;

use anyhow::{Result, ensure};
use half::f16;
use tch::nn;
use tch::{Device, Kind, Tensor};

/// Depths are learnt in this unit (mm).
pub(crate) const UNIT: f64 = 10.0;
/// One of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Stage {
    /// Finds the brain in a head, on a grid of 4 mm.
    Coarse,
    /// Finds its surface near a rough depth, on a grid of 2 mm.
    Fine,
}

impl Stage {
    /// Volumes that go in.
    pub(crate) fn inputs(self) -> i64 {
        match self {
            Self::Coarse => 1,
            Self::Fine => 2,
        }
    }

    /// Steps of a whole training, in an hour on two cores with bfloat16.
    pub(crate) fn steps(self) -> u64 {
        match self {
            Self::Coarse => 6000,
            Self::Fine => 8000,
        }
    }

    /// Voxels of a label map of 1 mm, along each axis, of which one is enough.
    pub(crate) fn map_step(self) -> usize {
        match self {
            Self::Coarse => 2,
            Self::Fine => 1,
        }
    }

    /// Channels of the three levels.
    fn widths(self) -> [i64; 3] {
        match self {
            Self::Coarse => [16, 32, 48],
            Self::Fine => [32, 32, 32],
        }
    }
}

/// A convolution.
struct Layer {
    weight: Tensor,
    bias: Tensor,
    stride: i64,
}

pub(crate) struct Network {
    pub(crate) variables: nn::VarStore,
    /// In the order in which they are applied, and in the file of weights.
    layers: Vec<Layer>,
    /// Of products and activations.
    kind: Kind,
}

impl Network {
    /// With `short`, products and activations are 16 bit numbers (bfloat16), which some processors multiply many times
    /// faster.
    pub(crate) fn new(stage: Stage, short: bool) -> Self {
        let variables = nn::VarStore::new(Device::Cpu);
        let root = variables.root();
        let [a, b, c] = stage.widths();
        let mut layers = Vec::new();
        let mut layer = |from: i64, to: i64, size: i64, stride: i64| {
            let kaiming = nn::Init::Kaiming {
                dist: nn::init::NormalOrUniform::Normal,
                fan: nn::init::FanInOut::FanIn,
                non_linearity: nn::init::NonLinearity::ReLU,
            };
            let path = &root / format!("{:02}", layers.len());
            layers.push(Layer {
                weight: path.var("weight", &[to, from, size, size, size], kaiming),
                bias: path.var("bias", &[to], nn::Init::Const(0.0)),
                stride,
            });
        };
        layer(8 * stage.inputs(), a, 3, 1);
        layer(a, a, 3, 1);
        layer(a, b, 3, 2);
        layer(b, b, 3, 1);
        layer(b, c, 3, 2);
        layer(c, c, 3, 1);
        layer(c, b, 3, 1);
        layer(b, b, 3, 1);
        layer(b, a, 3, 1);
        layer(a, a, 3, 1);
        layer(a, 8, 1, 1);
        Self { variables, layers, kind: if short { Kind::BFloat16 } else { Kind::Float } }
    }

    /// `input` is `[batch, inputs, n, n, n]` with `n` a multiple of 8; the depths are `[batch, 1, n, n, n]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Tensor {
        let apply = |index: usize, input: &Tensor| self.layer(index, input).leaky_relu();
        let first = apply(1, &apply(0, &channels_last(&unshuffle(&input.to_kind(self.kind)))));
        let second = apply(3, &apply(2, &first));
        let third = apply(5, &apply(4, &second));
        let second = apply(7, &(second + doubled(&apply(6, &third))));
        let first = apply(9, &(first + doubled(&apply(8, &second))));
        shuffle(&self.layer(10, &first).to_kind(Kind::Float))
    }

    fn layer(&self, index: usize, input: &Tensor) -> Tensor {
        let Layer { weight, bias, stride } = &self.layers[index];
        let padding = weight.size()[2] / 2;
        let [weight, bias] = [weight, bias].map(|tensor| tensor.to_kind(self.kind));
        input.conv3d(&weight, Some(&bias), [*stride; 3], [padding; 3], [1; 3], 1)
    }

    /// Writes kernels and biases, layer by layer, as 16 bit floating point numbers.
    pub(crate) fn export(&self, path: &Path) -> Result<()> {
        let mut bytes = Vec::new();
        for layer in &self.layers {
            for tensor in [&layer.weight, &layer.bias] {
                let values: Vec<f32> = Vec::try_from(tensor.flatten(0, -1))?;
                ensure!(values.iter().all(|value| value.is_finite()), "the weights are not finite");
                bytes.extend(values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()));
            }
        }
        Ok(fs_err::write(path, bytes)?)
    }
}

/// The same numbers with the channels of a voxel side by side in memory, which is faster.
fn channels_last(input: &Tensor) -> Tensor {
    input.permute([0, 2, 3, 4, 1]).contiguous().permute([0, 4, 1, 2, 3])
}

/// Each voxel twice along each axis.
fn doubled(input: &Tensor) -> Tensor {
    let size = input.size();
    input.upsample_nearest3d([2 * size[2], 2 * size[3], 2 * size[4]], None, None, None)
}

fn unshuffle(input: &Tensor) -> Tensor {
    let [n, c, x, y, z] = input.size()[..] else { unreachable!("inputs have five axes") };
    input.reshape([n, c, x / 2, 2, y / 2, 2, z / 2, 2]).permute([0, 1, 3, 5, 7, 2, 4, 6]).reshape([
        n,
        8 * c,
        x / 2,
        y / 2,
        z / 2,
    ])
}

fn shuffle(input: &Tensor) -> Tensor {
    let [n, _, x, y, z] = input.size()[..] else { unreachable!("inputs have five axes") };
    input.reshape([n, 1, 2, 2, 2, x, y, z]).permute([0, 1, 5, 2, 6, 3, 7, 4]).reshape([
        n,
        1,
        2 * x,
        2 * y,
        2 * z,
    ])
}

/// What training makes small: the depth's error near the surface, and the overlap that is missing.
pub(crate) fn loss(found: &Tensor, depth: &Tensor, known: &Tensor, reach: f64) -> Tensor {
    let truth = (depth / UNIT).clamp(-reach / UNIT, reach / UNIT);
    let found = found.clamp(-1.3 * reach / UNIT, 1.3 * reach / UNIT);
    let near = (-(&truth * (UNIT / 5.0)).square()).exp();
    let weight = (&near * 4.0 + 0.25) * known;
    let distance = ((&found - &truth).abs() * &weight).sum(Kind::Float) / weight.sum(Kind::Float);
    let inside = (&truth * UNIT).sigmoid() * known;
    let guess = (&found * UNIT).sigmoid() * known;
    let overlap =
        (&inside * &guess).sum(Kind::Float) * 2.0 / (inside.sum(Kind::Float) + guess.sum(Kind::Float) + 1.0);
    distance + (overlap.neg() + 1.0) * 0.5
}
