//! Walks the rows of a grid through the voxels of a source.
//!
//! Most positions have all the voxels that their value depends on. These are walked in fixed point, which needs
//! no rounding to find a voxel and no check of borders; the few others go one by one.

use std::ops::Range;

use nalgebra::{Matrix4, Point3, Vector3};
use rayon::prelude::*;

use crate::{Grid, Result, Volume};

/// How values between the voxels of a source are found.
pub(super) trait Sampler: Sync {
    /// What is found.
    type Value: Copy + Default + Send + Sync;
    /// How many voxels on each side of a position count, along each axis.
    const REACH: usize;
    /// Shape of the source.
    fn shape(&self) -> [usize; 3];
    /// Fills `out` with the values at the positions of a walk, all of which have their voxels.
    fn walk(&self, walk: Walk, out: &mut [Self::Value]);
    /// The value at a position (voxel index, each coordinate from 0 to the last index).
    fn at(&self, position: Point3<f64>) -> Self::Value;
}

/// Fills a volume on `grid`, whose voxel indices `matrix` takes to those of the source. A position up to half a
/// voxel outside is moved to the nearest voxel centre; beyond is `fill`.
pub(super) fn fill_rows<S: Sampler>(
    sampler: &S,
    grid: &Grid,
    matrix: &Matrix4<f64>,
    fill: S::Value,
) -> Result<Volume<S::Value>> {
    // Borders that coincide stay inside despite rounding.
    const HALF: f64 = 0.5 + 1e-6;
    // More than all rounding of a walk.
    const MARGIN: f64 = 1e-5;

    let mut out = Volume::filled(grid, S::Value::default())?;
    let [_, nj, nk] = grid.shape;
    let shape = sampler.shape();
    let last = shape.map(|n| n as f64 - 1.0);
    let step: Vector3<f64> = matrix.fixed_view::<3, 1>(0, 2).into_owned();
    let walkable = shape.iter().chain([&nk]).all(|&n| n <= Walk::LONGEST);
    out.as_mut_slice().par_chunks_mut(nk).enumerate().for_each(|(row, out)| {
        let start = matrix.transform_point(&Point3::new((row / nj) as f64, (row % nj) as f64, 0.0));
        let line = Line { start, step, length: nk };
        let covered = line.within(last.map(|last| (-HALF, last + HALF)));
        let reach = S::REACH as f64;
        let inner = line.within(last.map(|last| (reach - 1.0 + MARGIN, last + 1.0 - reach - MARGIN)));
        let inner = if inner.is_empty() || !walkable { covered.end..covered.end } else { inner };

        out[..covered.start].fill(fill);
        out[covered.end..].fill(fill);
        for k in (covered.start..inner.start).chain(inner.end..covered.end) {
            let position = line.position(k);
            // Not `clamp`, whose check of its bounds takes as long as the interpolation.
            out[k] = sampler.at(Point3::from([0, 1, 2].map(|axis| position[axis].max(0.0).min(last[axis]))));
        }
        sampler.walk(Walk::new(line.position(inner.start), step, shape), &mut out[inner]);
    });
    Ok(out)
}

/// Positions in the source at equal steps, `length` of them.
struct Line {
    start: Point3<f64>,
    step: Vector3<f64>,
    length: usize,
}

impl Line {
    fn position(&self, k: usize) -> Point3<f64> {
        self.start + self.step * k as f64
    }

    /// The part of the line whose coordinates lie between these bounds.
    fn within(&self, bounds: [(f64, f64); 3]) -> Range<usize> {
        let (mut first, mut last) = (0.0, self.length as f64 - 1.0);
        for (axis, (low, high)) in bounds.into_iter().enumerate() {
            let (low, high) = (low - self.start[axis], high - self.start[axis]);
            if self.step[axis].abs() < 1e-12 {
                if low > 0.0 || high < 0.0 {
                    return 0..0;
                }
            } else {
                let (a, b) = (low / self.step[axis], high / self.step[axis]);
                first = f64::max(first, a.min(b).ceil());
                last = f64::min(last, a.max(b).floor());
            }
        }
        if first > last { 0..0 } else { first as usize..last as usize + 1 }
    }
}

/// Positions of a row, one after the other, as the voxel before each and the way from there.
pub(super) struct Walk {
    position: [i64; 3],
    step: [i64; 3],
    nj: usize,
    nk: usize,
}

impl Walk {
    /// Bits after the binary point; enough that the steps of a row add up to less than 1e-5 voxels of error.
    const FRACTION: u32 = 40;
    /// The longest row and the longest axis that can be walked: their positions fit before the binary point.
    const LONGEST: usize = 1 << 22;

    fn new(start: Point3<f64>, step: Vector3<f64>, [_, nj, nk]: [usize; 3]) -> Self {
        let fixed = |x: f64| (x * (1_u64 << Self::FRACTION) as f64).round() as i64;
        let (position, step) =
            ([0, 1, 2].map(|axis| fixed(start[axis])), [0, 1, 2].map(|axis| fixed(step[axis])));
        Self { position, step, nj, nk }
    }

    /// Index (in C order) of the voxel at or before the position along each axis, how far the position lies
    /// behind it (0 to 1, in voxels), and a step on.
    #[inline]
    pub(super) fn advance(&mut self) -> (usize, [f32; 3]) {
        const ONE: i64 = 1 << Walk::FRACTION;
        let [i, j, k] = self.position.map(|x| (x >> Self::FRACTION) as usize);
        let behind = self.position.map(|x| (x & (ONE - 1)) as f32 * (1.0 / ONE as f32));
        for (position, step) in self.position.iter_mut().zip(self.step) {
            // After the last position this may leave the source, and the numbers.
            *position = position.wrapping_add(step);
        }
        ((i * self.nj + j) * self.nk + k, behind)
    }
}
