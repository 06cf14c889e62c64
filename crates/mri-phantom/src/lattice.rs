//! Vectors on a regular lattice, interpolated linearly: what costs too much to evaluate at every sample.

use nalgebra::SVector;
use rayon::prelude::*;

use crate::sdf::{Vec3, floor};

/// A box of nodes in space (mm). Beyond its sides the values at the sides go on.
pub(crate) struct Lattice<const N: usize> {
    start: Vec3,
    /// Distance (mm) between nodes.
    step: f32,
    counts: [usize; 3],
    nodes: Vec<SVector<f32, N>>,
}

impl<const N: usize> Lattice<N> {
    /// Evaluates `value` at nodes `step` mm apart that cover the box from `low` to `high` (mm).
    pub(crate) fn fill(
        low: Vec3,
        high: Vec3,
        step: f32,
        value: impl Fn(Vec3) -> SVector<f32, N> + Sync,
    ) -> Self {
        let counts: [usize; 3] = (high - low).map(|side| (side / step).ceil().max(1.0) as usize + 1).into();
        let mut lattice = Self { start: low, step, counts, nodes: Vec::new() };
        lattice.nodes = lattice.map(value);
        lattice
    }

    /// The same lattice with `value` of each node's point in place of the node.
    pub(crate) fn refill(&self, value: impl Fn(Vec3) -> SVector<f32, N> + Sync) -> Self {
        Self { start: self.start, step: self.step, counts: self.counts, nodes: self.map(value) }
    }

    /// `value` at the point (mm) of each node, in the nodes' order.
    pub(crate) fn map<T: Send>(&self, value: impl Fn(Vec3) -> T + Sync) -> Vec<T> {
        let [ni, nj, nk] = self.counts;
        (0..ni * nj * nk)
            .into_par_iter()
            .with_min_len(4096)
            .map(|index| {
                let node =
                    Vec3::new((index / (nj * nk)) as f32, (index / nk % nj) as f32, (index % nk) as f32);
                value(self.start + self.step * node)
            })
            .collect()
    }

    /// Distance (mm) between nodes.
    pub(crate) fn step(&self) -> f32 {
        self.step
    }

    /// Value at a point (mm).
    #[inline]
    pub(crate) fn at(&self, point: Vec3) -> SVector<f32, N> {
        let (mut base, mut t) = ([0; 3], [0.0; 3]);
        for axis in 0..3 {
            let last = (self.counts[axis] - 1) as f32;
            let place = ((point[axis] - self.start[axis]) / self.step).clamp(0.0, last);
            base[axis] = (floor(place) as usize).min(self.counts[axis] - 2);
            t[axis] = place - base[axis] as f32;
        }
        let [_, nj, nk] = self.counts;
        let first = (base[0] * nj + base[1]) * nk + base[2];
        let edge = |at: usize| self.nodes[at] * (1.0 - t[2]) + self.nodes[at + 1] * t[2];
        let face = |at: usize| edge(at) * (1.0 - t[1]) + edge(at + nk) * t[1];
        face(first) * (1.0 - t[0]) + face(first + nj * nk) * t[0]
    }
}
