//! SSIM and its analytic gradient on the CPU: separable filters of 11 taps and everything pixelwise in one pass, slice by
//! slice, so that all intermediate maps stay in the cache.
//!
//! With means m, products of means taken off (v, c), A1 = 2 mx my + C1, A2 = 2 c + C2, B1 = mx^2 + my^2 + C1, B2 = vx + vy + C2
//! and S = A1 A2 / (B1 B2), S depends on y through three filtered maps: F(y), F(xy) and F(y^2). The gradient of a weighted sum
//! of S is therefore F'(dS/dF(y)) + x F'(dS/dF(xy)) + 2 y F'(dS/dF(y^2)), where F' is the adjoint of the filter.

use super::{C1, C2, RADIUS, TAPS, source};
use crate::settings::Border;

/// The filter for slices of a fixed size.
pub(super) struct Fused {
    taps: [f32; TAPS],
    border: Border,
    /// Pixels of a slice.
    sides: [usize; 2],
    /// Pixels of its map.
    map: [usize; 2],
}

/// Working memory for one slice.
struct Buffers {
    /// F(x), F(y), F(x^2), F(y^2), F(xy); the first three are then overwritten by what the adjoint takes.
    maps: [Vec<f32>; 5],
    /// Adjoints of three maps.
    slices: [Vec<f32>; 3],
    /// Between the filters of rows and columns.
    between: Vec<f32>,
    /// A row with its border.
    row: Vec<f32>,
    /// What is to be filtered.
    product: Vec<f32>,
}

impl Fused {
    pub(super) fn new(taps: [f32; TAPS], border: Border, sides: [usize; 2]) -> Self {
        let map = match border {
            Border::Valid => sides.map(|side| side - 2 * RADIUS),
            Border::Reflect => sides,
        };
        Self { taps, border, sides, map }
    }

    /// The sum over all slices of `scale` x `weights` x SSIM, and its gradient by `y`. `x` and `y` are (batch, H, W); `weights`,
    /// 1 if not given, is (batch, H', W'). The same bits for any number of threads.
    pub(super) fn sum_and_gradient(
        &self,
        x: &[f32],
        y: &[f32],
        weights: Option<&[f32]>,
        scale: f32,
        threads: usize,
    ) -> (f64, Vec<f32>) {
        let (pixels, map_pixels) = (self.sides.iter().product::<usize>(), self.map.iter().product::<usize>());
        let batch = x.len() / pixels;
        let mut gradient = vec![0.0; x.len()];
        let mut sums = vec![0.0; batch];
        let share = batch.div_ceil(threads.max(1));
        std::thread::scope(|scope| {
            let parts = gradient.chunks_mut(share * pixels).zip(sums.chunks_mut(share)).enumerate();
            for (part, (gradient, sums)) in parts {
                scope.spawn(move || {
                    let mut buffers = Buffers::new(pixels, map_pixels, self.sides);
                    for (at, (gradient, sum)) in gradient.chunks_mut(pixels).zip(sums).enumerate() {
                        let slice = part * share + at;
                        let here = slice * pixels..(slice + 1) * pixels;
                        let weights = weights.map(|w| &w[slice * map_pixels..(slice + 1) * map_pixels]);
                        *sum = self.slice(&x[here.clone()], &y[here], weights, scale, gradient, &mut buffers);
                    }
                });
            }
        });
        (sums.iter().sum(), gradient)
    }

    /// One slice: returns the sum and fills the gradient.
    fn slice(
        &self,
        x: &[f32],
        y: &[f32],
        weights: Option<&[f32]>,
        scale: f32,
        gradient: &mut [f32],
        buffers: &mut Buffers,
    ) -> f64 {
        let Buffers { maps, slices, between, row, product } = buffers;
        for (map, (a, b)) in
            maps.iter_mut().zip([(x, None), (y, None), (x, Some(x)), (y, Some(y)), (x, Some(y))])
        {
            let values = match b {
                None => a,
                Some(b) => {
                    for ((product, a), b) in product.iter_mut().zip(a).zip(b) {
                        *product = a * b;
                    }
                    &product[..]
                }
            };
            self.filter(values, map, between, row);
        }
        let sum = pixelwise(maps, weights, scale);
        for (map, slice) in maps.iter().zip(slices.iter_mut()) {
            self.adjoint(map, slice, between, row);
        }
        let [by_mean, by_product, by_square] = slices;
        for (i, gradient) in gradient.iter_mut().enumerate() {
            *gradient = by_mean[i] + x[i] * by_product[i] + 2.0 * y[i] * by_square[i];
        }
        sum
    }

    /// (H, W) to (H', W').
    fn filter(&self, values: &[f32], map: &mut [f32], between: &mut [f32], row: &mut [f32]) {
        let ([rows, columns], [_, map_columns]) = (self.sides, self.map);
        let padded = &mut row[..map_columns + 2 * RADIUS];
        for (values, between) in values.chunks(columns).zip(between.chunks_mut(map_columns)) {
            for (at, value) in padded.iter_mut().enumerate() {
                *value = values[source(at, columns, self.border)];
            }
            self.correlate(padded, between);
        }
        for (at, map) in map.chunks_mut(map_columns).enumerate() {
            map.fill(0.0);
            for (tap, weight) in self.taps.iter().enumerate() {
                let from = source(at + tap, rows, self.border) * map_columns;
                for (map, value) in map.iter_mut().zip(&between[from..from + map_columns]) {
                    *map += weight * value;
                }
            }
        }
    }

    /// The transpose of [`Self::filter`]: (H', W') to (H, W).
    fn adjoint(&self, map: &[f32], values: &mut [f32], between: &mut [f32], row: &mut [f32]) {
        let ([rows, columns], [_, map_columns]) = (self.sides, self.map);
        let between = &mut between[..rows * map_columns];
        between.fill(0.0);
        for (at, map) in map.chunks(map_columns).enumerate() {
            for (tap, weight) in self.taps.iter().enumerate() {
                let to = source(at + tap, rows, self.border) * map_columns;
                for (between, value) in between[to..to + map_columns].iter_mut().zip(map) {
                    *between += weight * value;
                }
            }
        }
        // The taps are symmetric, so the transpose of a row's filter is the filter of the row between zeros; what falls on
        // the border then goes where the border came from.
        let (padded, spread) = row.split_at_mut(map_columns + 4 * RADIUS);
        let spread = &mut spread[..map_columns + 2 * RADIUS];
        padded.fill(0.0);
        for (between, values) in between.chunks(map_columns).zip(values.chunks_mut(columns)) {
            padded[2 * RADIUS..2 * RADIUS + map_columns].copy_from_slice(between);
            self.correlate(padded, spread);
            values.fill(0.0);
            for (at, value) in spread.iter().enumerate() {
                values[source(at, columns, self.border)] += value;
            }
        }
    }

    /// out[i] = sum over t of taps[t] * padded[i + t].
    fn correlate(&self, padded: &[f32], out: &mut [f32]) {
        out.fill(0.0);
        for (tap, weight) in self.taps.iter().enumerate() {
            for (out, value) in out.iter_mut().zip(&padded[tap..]) {
                *out += weight * value;
            }
        }
    }
}

impl Buffers {
    fn new(pixels: usize, map_pixels: usize, [rows, columns]: [usize; 2]) -> Self {
        Self {
            maps: std::array::from_fn(|_| vec![0.0; map_pixels]),
            slices: std::array::from_fn(|_| vec![0.0; pixels]),
            between: vec![0.0; rows * columns],
            row: vec![0.0; 2 * (columns + 4 * RADIUS)],
            product: vec![0.0; pixels],
        }
    }
}

/// From the filtered maps the weighted sum of SSIM; the first three maps become its derivatives by F(y), F(xy) and F(y^2).
fn pixelwise(maps: &mut [Vec<f32>; 5], weights: Option<&[f32]>, scale: f32) -> f64 {
    let [mean_x, mean_y, square_x, square_y, product] = maps;
    let (c1, c2) = (C1 as f32, C2 as f32);
    let mut sum = 0.0;
    for i in 0..mean_x.len() {
        let weight = weights.map_or(scale, |weights| scale * weights[i]);
        let (mx, my) = (mean_x[i], mean_y[i]);
        let (means, mean_squares) = (mx * my, mx * mx + my * my);
        let luminance = 2.0 * means + c1;
        let structure = 2.0 * (product[i] - means) + c2;
        // As in the map: where both factors are negative, their product is taken as negative.
        let sign = if luminance < 0.0 && structure < 0.0 { -1.0 } else { 1.0 };
        let structure = sign * structure;
        let (b1, b2) = (mean_squares + c1, square_x[i] + square_y[i] - mean_squares + c2);
        let inverse = 1.0 / (b1 * b2);
        let ssim = luminance * structure * inverse;
        sum += f64::from(weight * ssim);
        let by_mean =
            2.0 * mx * (structure - sign * luminance) * inverse + 2.0 * my * ssim * (1.0 / b2 - 1.0 / b1);
        mean_x[i] = weight * by_mean;
        mean_y[i] = weight * 2.0 * sign * luminance * inverse;
        square_x[i] = -weight * ssim / b2;
    }
    sum
}
