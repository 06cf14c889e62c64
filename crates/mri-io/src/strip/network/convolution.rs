//! A convolution layer.

use half::f16;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::activations::{Activations, TILE};

/// Output channels that are computed together.
const BLOCK: usize = 4;
/// Slope of the rectifier where its input is negative.
const SLOPE: f32 = 0.01;

/// Kernels of 3 x 3 x 3 or 1 x 1 x 1 voxels and a bias for each output channel.
pub(super) struct Convolution {
    from: usize,
    to: usize,
    /// Kernel size along an axis: 3 or 1.
    size: usize,
    /// Steps (voxels) between outputs along each axis: 1 or 2.
    stride: usize,
    /// Whether the result is rectified.
    rectified: bool,
    /// By block of output channels, input channel and place in the kernel.
    weights: Vec<[f32; BLOCK]>,
    /// By block of output channels.
    bias: Vec<[f32; BLOCK]>,
}

/// The work at one place along the first axis, compiled for each kind of processor.
struct Slab<'a> {
    layer: &'a Convolution,
    input: &'a Activations,
    /// Of the output, without its values.
    layout: &'a Activations,
    x: usize,
    out: &'a mut [f32],
}

// What is not inlined here is compiled for the oldest processors.
#[allow(clippy::inline_always)]
impl WithSimd for Slab<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.layer.slab(self.input, self.layout, self.x, self.out);
    }
}

impl Convolution {
    /// Takes kernels `[to, from, size, size, size]` and biases `[to]` from the front of the numbers.
    pub(super) fn take(
        numbers: &mut &[[u8; 2]],
        [from, to]: [usize; 2],
        size: usize,
        stride: usize,
        rectified: bool,
    ) -> Self {
        let taps = size * size * size;
        let mut next = |count: usize| -> Vec<f32> {
            let (head, tail) = numbers.split_at(count);
            *numbers = tail;
            head.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f32()).collect()
        };
        let (kernels, bias) = (next(to * from * taps), next(to));
        let blocks = to / BLOCK;
        let weights = (0..blocks * from * taps)
            .map(|index| {
                let (block, rest) = (index / (from * taps), index % (from * taps));
                std::array::from_fn(|lane| kernels[(block * BLOCK + lane) * from * taps + rest])
            })
            .collect();
        let bias = bias.chunks_exact(BLOCK).map(|chunk| std::array::from_fn(|lane| chunk[lane])).collect();
        Self { from, to, size, stride, rectified, weights, bias }
    }

    /// Applies the layer. Each number is the same sum in the same order at any number of threads, and each product is
    /// rounded once with its sum on every processor.
    pub(super) fn apply(&self, input: &Activations) -> Activations {
        debug_assert_eq!(input.channels, self.from);
        let mut output = Activations::zeros(self.to, input.shape.map(|n| n / self.stride));
        let (slab, last) = (output.slab(), output.shape[0]);
        let layout = Activations { values: Vec::new(), ..output };
        let arch = Arch::new();
        output.values.par_chunks_mut(slab).enumerate().for_each(|(x, slab)| {
            if (1..=last).contains(&x) {
                arch.dispatch(Slab { layer: self, input, layout: &layout, x, out: slab });
            }
        });
        output
    }

    /// One place along the first axis.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn slab(&self, input: &Activations, layout: &Activations, x: usize, slab: &mut [f32]) {
        let (row, planes) = (layout.row(), layout.shape[1] + 2);
        for block in 0..self.to / BLOCK {
            for y in 1..=layout.shape[1] {
                for tile in (0..input.shape[2]).step_by(TILE) {
                    let sums = self.tile(input, block, [x, y], tile);
                    for (lane, sums) in sums.iter().enumerate() {
                        let begin = ((block * BLOCK + lane) * planes + y) * row + 1;
                        for (offset, &sum) in sums.iter().enumerate().step_by(self.stride) {
                            let z = tile + offset;
                            if z < input.shape[2] {
                                let value = if self.rectified { sum.max(SLOPE * sum) } else { sum };
                                slab[begin + z / self.stride] = value;
                            }
                        }
                    }
                }
            }
        }
    }

    /// A block of output channels at a tile of places, of which only every `stride`-th is wanted.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn tile(
        &self,
        input: &Activations,
        block: usize,
        [x, y]: [usize; 2],
        tile: usize,
    ) -> [[f32; TILE]; BLOCK] {
        let mut sums = self.bias[block].map(|bias| [bias; TILE]);
        let taps = self.size * self.size * self.size;
        // The kernel's first voxel; the border counts.
        let first = [x, y].map(|n| (n - 1) * self.stride + 1 - self.size / 2);
        let column = tile + 1 - self.size / 2;
        for channel in 0..self.from {
            let weights = &self.weights[(block * self.from + channel) * taps..][..taps];
            let mut weights = weights.iter();
            for dx in 0..self.size {
                for dy in 0..self.size {
                    let row = &input.values[input.begin(channel, first[0] + dx, first[1] + dy) + column..];
                    for dz in 0..self.size {
                        let Some(weights) = weights.next() else { return sums };
                        let Some(values) = row[dz..].first_chunk::<TILE>() else { return sums };
                        for (sums, &weight) in sums.iter_mut().zip(weights) {
                            for (sum, &value) in sums.iter_mut().zip(values) {
                                *sum = value.mul_add(weight, *sum);
                            }
                        }
                    }
                }
            }
        }
        sums
    }
}
