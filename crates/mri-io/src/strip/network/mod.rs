//! The two small networks that find a brain. Trained on heads rendered from label maps, with any contrast, pose, crop
//! and artefact (crate `strip-prior`, which has their like with gradients); in the spirit of `SynthStrip` (Hoopes et al.,
//! `NeuroImage` 260, 2022). `coarse.bin` and `fine.bin` hold their weights as 16 bit numbers; NOTICE says what they were made of.
//!
//! Blocks of 2 x 2 x 2 voxels become channels; two levels follow that are each half as fine; what goes down is added on the
//! way up. The result is the depth of each voxel in the brain.

mod activations;
mod convolution;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use ndarray::Array3;

use activations::Activations;
use convolution::Convolution;

/// Unit (mm) of the depths that the networks take and give.
pub(super) const UNIT: f32 = 10.0;
/// Voxels of which the sides of what goes in must be multiples.
pub(super) const MULTIPLE: usize = 8;

/// One of the two networks.
pub(super) struct Network {
    layers: Vec<Convolution>,
}

impl Network {
    /// From a scan on a 4 mm grid.
    pub(super) fn coarse() -> &'static Self {
        static NETWORK: OnceLock<Network> = OnceLock::new();
        NETWORK.get_or_init(|| Self::unpack(include_bytes!("coarse.bin"), 1, [16, 32, 48]))
    }

    /// From a scan on a 2 mm grid and a rough depth, at most 15 mm, in units of [`UNIT`].
    pub(super) fn fine() -> &'static Self {
        static NETWORK: OnceLock<Network> = OnceLock::new();
        NETWORK.get_or_init(|| Self::unpack(include_bytes!("fine.bin"), 2, [32, 32, 32]))
    }

    /// The layers in the order in which they are applied.
    fn unpack(weights: &[u8], inputs: usize, [a, b, c]: [usize; 3]) -> Self {
        let (mut numbers, rest) = weights.as_chunks::<2>();
        debug_assert!(rest.is_empty());
        let mut layer = |from, to, stride| Convolution::take(&mut numbers, [from, to], 3, stride, true);
        let mut layers = vec![
            layer(8 * inputs, a, 1),
            layer(a, a, 1),
            layer(a, b, 2),
            layer(b, b, 1),
            layer(b, c, 2),
            layer(c, c, 1),
            layer(c, b, 1),
            layer(b, b, 1),
            layer(b, a, 1),
            layer(a, a, 1),
        ];
        layers.push(Convolution::take(&mut numbers, [a, 8], 1, 1, false));
        debug_assert!(numbers.is_empty());
        Self { layers }
    }

    /// Depth (mm) of each voxel in the brain, negative outside. The sides of the volumes are multiples of [`MULTIPLE`].
    pub(super) fn depth(&self, volumes: &[&Array3<f32>]) -> Array3<f32> {
        let apply = |index: usize, input: &Activations| self.layers[index].apply(input);
        let mut first = apply(1, &apply(0, &Activations::unshuffled(volumes)));
        let mut second = apply(3, &apply(2, &first));
        let third = apply(5, &apply(4, &second));
        second.add_doubled(&apply(6, &third));
        first.add_doubled(&apply(8, &apply(7, &second)));
        let mut depth = apply(10, &apply(9, &first)).shuffled();
        depth.mapv_inplace(|depth| UNIT * depth);
        depth
    }
}
