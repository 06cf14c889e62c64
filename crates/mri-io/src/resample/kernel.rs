//! The interpolations. Beyond its ends a volume continues as its mirror image about the outermost voxel
//! centres.

use nalgebra::Point3;

use super::rows::{Sampler, Walk};

/// The value of the nearest voxel.
pub(super) struct Nearest<'a, T> {
    pub(super) voxels: &'a [T],
    pub(super) shape: [usize; 3],
}

impl<T: Copy + Default + Send + Sync> Sampler for Nearest<'_, T> {
    type Value = T;
    const REACH: usize = 1;

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn walk(&self, mut walk: Walk, out: &mut [T]) {
        let [_, nj, nk] = self.shape;
        for out in out {
            let (before, [x, y, z]) = walk.advance();
            let [di, dj, dk] = [x, y, z].map(|t| usize::from(t >= 0.5));
            *out = self.voxels[before + (di * nj + dj) * nk + dk];
        }
    }

    fn at(&self, position: Point3<f64>) -> T {
        let [i, j, k] = [0, 1, 2].map(|axis| (position[axis] + 0.5) as usize);
        self.voxels[(i * self.shape[1] + j) * self.shape[2] + k]
    }
}

/// Trilinear interpolation.
pub(super) struct Linear<'a> {
    pub(super) voxels: &'a [f32],
    pub(super) shape: [usize; 3],
}

impl Sampler for Linear<'_> {
    type Value = f32;
    const REACH: usize = 1;

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn walk(&self, mut walk: Walk, out: &mut [f32]) {
        let [_, nj, nk] = self.shape;
        // The same index is the voxel before a position in the first of these, and its neighbours along j, i
        // and both in the others: slices of one length, so that one check of bounds does for all.
        let Some(length) = self.voxels.len().checked_sub((nj + 1) * nk) else { return };
        let from = |first: usize| &self.voxels[first..first + length];
        let (v00, v01, v10, v11) = (from(0), from(nk), from(nj * nk), from((nj + 1) * nk));
        for out in out {
            let (at, [x, y, z]) = walk.advance();
            let along_k = |row: &[f32]| mix(row[at], row[at + 1], z);
            *out = mix(mix(along_k(v00), along_k(v01), y), mix(along_k(v10), along_k(v11), y), x);
        }
    }

    fn at(&self, position: Point3<f64>) -> f32 {
        linear(self.voxels, self.shape, position)
    }
}

#[inline]
fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + t * (b - a)
}

/// Trilinear value at a position (voxel index, each coordinate from 0 to the last index).
#[inline]
pub(crate) fn linear(voxels: &[f32], [ni, nj, nk]: [usize; 3], position: Point3<f64>) -> f32 {
    let split = |x: f64| (x as usize, (x - (x as usize) as f64) as f32);
    let ((i, x), (j, y), (k, z)) = (split(position.x), split(position.y), split(position.z));
    // The last voxel of an axis has no neighbour, nor any weight to give it.
    let di = if i + 1 < ni { nj * nk } else { 0 };
    let dj = if j + 1 < nj { nk } else { 0 };
    let dk = usize::from(k + 1 < nk);
    let along_k = |at: usize| mix(voxels[at], voxels[at + dk], z);
    let along_jk = |at: usize| mix(along_k(at), along_k(at + dj), y);
    let first = (i * nj + j) * nk + k;
    mix(along_jk(first), along_jk(first + di), x)
}

/// Weights of `TAPS` voxels (an even number) along an axis.
pub(super) trait Kernel<const TAPS: usize>: Sync {
    /// Weights of the voxels `1 - TAPS / 2 ..= TAPS / 2` for a position at `t` from 0 to 1 after voxel 0.
    fn weights(&self, t: f32) -> [f32; TAPS];
}

/// The cubic B-spline.
pub(super) struct CubicSpline;

impl Kernel<4> for CubicSpline {
    #[inline]
    fn weights(&self, t: f32) -> [f32; 4] {
        let s = 1.0 - t;
        let near = |t: f32| 2.0 / 3.0 - t * t * (1.0 - 0.5 * t);
        let far = |t: f32| t * t * t * (1.0 / 6.0);
        [far(s), near(t), near(s), far(t)]
    }
}

/// The sinc in a Lanczos window of three lobes, between tabulated weights: six sines a position would take
/// longer than all the rest. The table is right to 1e-5.
pub(super) struct Lanczos(Vec<[f32; 6]>);

impl Lanczos {
    const STEPS: usize = 512;

    pub(super) fn new() -> Self {
        Self((0..=Self::STEPS).map(|step| Self::exact(step as f64 / Self::STEPS as f64)).collect())
    }

    fn exact(t: f64) -> [f32; 6] {
        const LOBES: f64 = 3.0;
        let weight = |x: f64| {
            let angle = std::f64::consts::PI * x;
            if x.abs() < 1e-9 { 1.0 } else { LOBES * angle.sin() * (angle / LOBES).sin() / (angle * angle) }
        };
        let weights: [f64; 6] = std::array::from_fn(|tap| weight(t + 2.0 - tap as f64));
        // The window makes the sum deviate from 1 by up to a percent.
        let sum: f64 = weights.iter().sum();
        weights.map(|weight| (weight / sum) as f32)
    }
}

impl Kernel<6> for Lanczos {
    #[inline]
    fn weights(&self, t: f32) -> [f32; 6] {
        let place = t * Self::STEPS as f32;
        let step = (place as i32 as usize).min(Self::STEPS - 1);
        let (before, after, t) = (&self.0[step], &self.0[step + 1], place - step as f32);
        std::array::from_fn(|tap| mix(before[tap], after[tap], t))
    }
}

/// Interpolation by the product of one kernel along each axis.
pub(super) struct Separable<'a, K, const TAPS: usize> {
    pub(super) kernel: K,
    pub(super) voxels: &'a [f32],
    pub(super) shape: [usize; 3],
}

impl<K: Kernel<TAPS>, const TAPS: usize> Sampler for Separable<'_, K, TAPS> {
    type Value = f32;
    const REACH: usize = TAPS / 2;

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn walk(&self, mut walk: Walk, out: &mut [f32]) {
        let [_, nj, nk] = self.shape;
        let to_first = (TAPS / 2 - 1) * ((nj + 1) * nk + 1);
        for out in out {
            let (at, [x, y, z]) = walk.advance();
            let (wi, wj, wk) = (self.kernel.weights(x), self.kernel.weights(y), self.kernel.weights(z));
            // One sum for each voxel along k, all side by side.
            let mut sums = [0.0; TAPS];
            for (i, &wi) in wi.iter().enumerate() {
                for (j, &wj) in wj.iter().enumerate() {
                    let row = &self.voxels[at - to_first + (i * nj + j) * nk..][..TAPS];
                    sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += wi * wj * value);
                }
            }
            *out = sums.iter().zip(&wk).map(|(sum, weight)| sum * weight).sum();
        }
    }

    fn at(&self, position: Point3<f64>) -> f32 {
        let mut offsets = [[0_usize; TAPS]; 3];
        let mut weights = [[0.0; TAPS]; 3];
        let strides = [self.shape[1] * self.shape[2], self.shape[2], 1];
        for axis in 0..3 {
            let base = position[axis] as usize;
            weights[axis] = self.kernel.weights((position[axis] - base as f64) as f32);
            for (tap, offset) in offsets[axis].iter_mut().enumerate() {
                let index = mirror(base as isize + 1 - (TAPS / 2) as isize + tap as isize, self.shape[axis]);
                *offset = index * strides[axis];
            }
        }
        let mut value = 0.0;
        for (oi, wi) in offsets[0].iter().zip(&weights[0]) {
            for (oj, wj) in offsets[1].iter().zip(&weights[1]) {
                let row = offsets[2].iter().zip(&weights[2]);
                value += wi * wj * row.map(|(ok, wk)| wk * self.voxels[oi + oj + ok]).sum::<f32>();
            }
        }
        value
    }
}

/// Index of the voxel that stands at `index` when the axis is continued by reflection.
#[inline]
fn mirror(index: isize, length: usize) -> usize {
    if (0..length as isize).contains(&index) {
        return index as usize;
    }
    if length == 1 {
        return 0;
    }
    let period = 2 * (length as isize - 1);
    let index = index.rem_euclid(period);
    index.min(period - index) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_lanczos_weights_is_as_good_as_sines() {
        let table = Lanczos::new();
        for step in 0..=10_000 {
            let t = f64::from(step) / 10_000.0;
            for (found, exact) in table.weights(t as f32).into_iter().zip(Lanczos::exact(t)) {
                assert!((found - exact).abs() < 1e-5, "at {t}: {found} {exact}");
            }
        }
    }
}
