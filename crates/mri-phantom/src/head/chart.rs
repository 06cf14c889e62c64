//! The smooth part of a head, tabulated on a coarse lattice: voxels look it up instead of working it out.

use rayon::prelude::*;

use super::cover::skull_thickness;
use super::hull::{Hulls, hulls, skin, tentorium};
use super::shape::Shape;
use crate::sdf::{Vec3, floor, v};

/// Distance (mm) of the lattice's nodes. Interpolated distances are off by at most about 0.1 mm, since no
/// outline is curved more than a ball of 15 mm.
const STEP: f32 = 4.0;
/// First node (mm in atlas space).
const START: Vec3 = v(-112.0, -128.0, -92.0);
/// Nodes along each axis.
const COUNT: [usize; 3] = [57, 67, 48];

/// What is known at a point before any detail.
pub(crate) struct Place {
    /// Anatomical coordinates.
    pub(crate) a: Vec3,
    /// The same, folded to the right side.
    pub(crate) m: Vec3,
    pub(crate) hulls: Hulls,
    /// Distance (mm) to the skin, negative inside.
    pub(crate) skin: f32,
    /// Slow noise.
    pub(crate) slow: f32,
}

/// Values at one node: anatomical coordinates, five hulls, skin, slow noise.
type Node = [f32; 10];

/// The lattice.
pub(crate) struct Chart(Vec<Node>);

impl Chart {
    pub(crate) fn new(shape: &Shape) -> Self {
        let [ni, nj, nk] = COUNT;
        let nodes = (0..ni * nj * nk).into_par_iter().map(|index| {
            let cell = v((index / (nj * nk)) as f32, (index / nk % nj) as f32, (index % nk) as f32);
            exact(shape, START + cell * STEP)
        });
        Self(nodes.collect())
    }

    /// What is at an atlas point.
    #[inline]
    pub(crate) fn at(&self, shape: &Shape, point: Vec3) -> Place {
        let place = (point - START) / STEP;
        let (x, y, z) = (floor(place.x), floor(place.y), floor(place.z));
        let inside = |index: i32, count: usize| index >= 0 && (index as usize) < count - 1;
        let node = if inside(x, COUNT[0]) && inside(y, COUNT[1]) && inside(z, COUNT[2]) {
            let t = place - v(x as f32, y as f32, z as f32);
            let first = (x as usize * COUNT[1] + y as usize) * COUNT[2] + z as usize;
            let mut sum = [0.0; 10];
            for corner in 0..8 {
                let (dx, dy, dz) = (corner >> 2 & 1, corner >> 1 & 1, corner & 1);
                let side = |upper: usize, t: f32| if upper == 1 { t } else { 1.0 - t };
                let weight = side(dx, t.x) * side(dy, t.y) * side(dz, t.z);
                let node = &self.0[first + (dx * COUNT[1] + dy) * COUNT[2] + dz];
                for (total, value) in sum.iter_mut().zip(node) {
                    *total += weight * value;
                }
            }
            sum
        } else {
            exact(shape, point)
        };
        let [ax, ay, az, cerebrum, cerebellum, stem, brain, cavity, skin, slow] = node;
        let m = v(ax.abs(), ay, az);
        let hulls = Hulls { cerebrum, cerebellum, stem, brain, cavity, tentorium: tentorium(m) };
        Place { a: v(ax, ay, az), m, hulls, skin, slow }
    }
}

/// The node at an atlas point.
fn exact(shape: &Shape, point: Vec3) -> Node {
    let a = shape.to_anatomical(point);
    let m = v(a.x.abs(), a.y, a.z);
    let h = hulls(m, shape.fluid);
    let slow = shape.slow.at(a);
    let cover = skull_thickness(shape, a, 0.4 * slow) + shape.scalp;
    [a.x, a.y, a.z, h.cerebrum, h.cerebellum, h.stem, h.brain, h.cavity, skin(m, h.cavity, cover), slow]
}
