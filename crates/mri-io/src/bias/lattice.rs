//! Smooth fields as cubic B-splines, fitted to values on a grid of boxes (Lee, Wolberg and Shin 1997,
//! doi:10.1109/2945.620490).
//!
//! The values lie on a regular grid, so that a spline's weight there is a product of one weight for each
//! axis, and all sums over the grid go one axis after the other.

use rayon::prelude::*;

/// The four splines that are not 0 at each of a list of positions along one axis, and their values there.
pub(super) struct Basis {
    first: Vec<usize>,
    weights: Vec<[f64; 4]>,
    /// Number of splines along the axis.
    splines: usize,
}

impl Basis {
    /// For positions in units of the distance between knots, of which `spans` make the domain; positions
    /// beyond it are moved to its end.
    pub(super) fn new(positions: impl Iterator<Item = f64>, spans: usize) -> Self {
        let (first, weights) = positions
            .map(|position| {
                let position = position.clamp(0.0, spans as f64);
                let first = (position as usize).min(spans - 1);
                (first, cubic(position - first as f64))
            })
            .unzip();
        Self { first, weights, splines: spans + 3 }
    }

    fn len(&self) -> usize {
        self.first.len()
    }

    /// The same with each weight replaced.
    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        let weights = self.weights.iter().map(|weights| weights.map(&f)).collect();
        Self { first: self.first.clone(), weights, splines: self.splines }
    }

    /// Sums over positions for each spline. `data` has shape (outer, positions, inner), the result (outer,
    /// splines, inner).
    fn gather(&self, data: &[f64], inner: usize) -> Vec<f64> {
        let mut out = vec![0.0; data.len() / self.len() * self.splines];
        let blocks = data.par_chunks(self.len() * inner).zip(out.par_chunks_mut(self.splines * inner));
        blocks.with_min_len(16).for_each(|(data, out)| {
            for ((data, &first), weights) in data.chunks(inner).zip(&self.first).zip(&self.weights) {
                for (out, weight) in out[first * inner..].chunks_mut(inner).zip(weights) {
                    out.iter_mut().zip(data).for_each(|(out, value)| *out += weight * value);
                }
            }
        });
        out
    }

    /// Sums over splines at each position: from shape (outer, splines, inner) to (outer, positions, inner).
    fn spread(&self, coefficients: &[f64], inner: usize) -> Vec<f64> {
        let mut out = vec![0.0; coefficients.len() / self.splines * self.len()];
        let blocks =
            coefficients.par_chunks(self.splines * inner).zip(out.par_chunks_mut(self.len() * inner));
        blocks.with_min_len(16).for_each(|(coefficients, out)| self.spread_block(coefficients, inner, out));
        out
    }

    fn spread_block(&self, coefficients: &[f64], inner: usize, out: &mut [f64]) {
        for ((out, &first), weights) in out.chunks_mut(inner).zip(&self.first).zip(&self.weights) {
            for (row, weight) in coefficients[first * inner..].chunks(inner).zip(weights) {
                out.iter_mut().zip(row).for_each(|(out, value)| *out += weight * value);
            }
        }
    }
}

/// The four cubic B-splines that are not 0 between two knots, at a distance (0 to 1) from the lower one.
fn cubic(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [s * s * s, 4.0 - 3.0 * t * t * (1.0 + s), 4.0 - 3.0 * s * s * (1.0 + t), t * t * t].map(|w| w / 6.0)
}

/// Fits splines to values at the points of a grid, each with its weight.
pub(super) struct Fit {
    bases: [Basis; 3],
    /// The weights of [`Basis`], to the third power.
    cubes: [Basis; 3],
    /// For each point its weight, divided by the sum of the squares of all splines there.
    scaled_weights: Vec<f64>,
    /// For each spline the weighted sum of its squares.
    sums: Vec<f64>,
}

impl Fit {
    /// `weights` are those of the points, in C order.
    pub(super) fn new(bases: [Basis; 3], weights: &[f64]) -> Self {
        let squares = bases.each_ref().map(|basis| basis.map(|w| w * w));
        let cubes = bases.each_ref().map(|basis| basis.map(|w| w * w * w));
        let totals = squares
            .each_ref()
            .map(|basis| -> Vec<f64> { basis.weights.iter().map(|weights| weights.iter().sum()).collect() });
        let [_, nj, nk] = bases.each_ref().map(Basis::len);
        let scaled_weights = weights
            .iter()
            .enumerate()
            .map(|(n, weight)| {
                weight / (totals[0][n / (nj * nk)] * totals[1][n / nk % nj] * totals[2][n % nk])
            })
            .collect();
        let sums = gather(&squares, weights);
        Self { bases, cubes, scaled_weights, sums }
    }

    /// The coefficients of the field that approximates `values`; 0 for splines that no point reaches.
    pub(super) fn coefficients(&self, values: &[f64]) -> Vec<f64> {
        let weighted: Vec<f64> =
            values.iter().zip(&self.scaled_weights).map(|(value, w)| value * w).collect();
        let sums = gather(&self.cubes, &weighted);
        sums.iter().zip(&self.sums).map(|(sum, &total)| if total > 0.0 { sum / total } else { 0.0 }).collect()
    }

    /// The field of `coefficients` at the points.
    pub(super) fn field(&self, coefficients: &[f64]) -> Vec<f64> {
        let [i, j, k] = &self.bases;
        k.spread(&along_rows(i, j, coefficients, k.splines), 1)
    }
}

/// Sums over the points of a grid for each spline.
fn gather([i, j, k]: &[Basis; 3], points: &[f64]) -> Vec<f64> {
    i.gather(&j.gather(&k.gather(points, 1), k.splines), j.splines * k.splines)
}

/// The splines' coefficients along each row (third axis) of the grid.
fn along_rows(i: &Basis, j: &Basis, coefficients: &[f64], splines: usize) -> Vec<f64> {
    j.spread(&i.spread(coefficients, j.splines * splines), splines)
}

/// A field on a full grid, given row by row: the sum of several lattices.
pub(super) struct Rows {
    lattices: Vec<(Basis, Vec<f64>)>,
}

impl Rows {
    /// From the bases at the voxels of the grid and the coefficients of each lattice.
    pub(super) fn new(lattices: impl Iterator<Item = ([Basis; 3], Vec<f64>)>) -> Self {
        let lattices = lattices
            .map(|([i, j, k], coefficients)| {
                let rows = along_rows(&i, &j, &coefficients, k.splines);
                (k, rows)
            })
            .collect();
        Self { lattices }
    }

    /// The field along one row.
    pub(super) fn row(&self, row: usize, length: usize) -> Vec<f64> {
        let mut out = vec![0.0; length];
        for (basis, rows) in &self.lattices {
            basis.spread_block(&rows[row * basis.splines..][..basis.splines], 1, &mut out);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splines_sum_to_one_and_meet_smoothly() {
        for t in [0.0, 0.3, 0.5, 1.0] {
            assert!((cubic(t).iter().sum::<f64>() - 1.0).abs() < 1e-15);
        }
        let (end, start) = (cubic(1.0), cubic(0.0));
        assert!((0..3).all(|n| (end[n + 1] - start[n]).abs() < 1e-15));
        assert_eq!(start.map(|w| (6.0 * w).round()), [1.0, 4.0, 1.0, 0.0]);
    }

    #[test]
    fn repeated_fits_find_a_smooth_field() {
        let positions = |n: usize| (0..n).map(move |x| 4.0 * (x as f64 + 0.5) / n as f64);
        let bases = [20, 16, 12].map(|n| Basis::new(positions(n), 4));
        let weights: Vec<f64> = (0..20 * 16 * 12).map(|n| f64::from(u8::from(n % 7 != 0))).collect();
        let fit = Fit::new(bases, &weights);
        let smooth: Vec<f64> = (0..weights.len())
            .map(|n| (0.2 * (n / 192) as f64).sin() + 0.01 * ((n / 12 % 16) * (n % 12)) as f64)
            .collect();
        let mut rest = smooth.clone();
        for _ in 0..60 {
            let part = fit.field(&fit.coefficients(&rest));
            rest.iter_mut().zip(part).for_each(|(rest, part)| *rest -= part);
        }
        let power = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
        assert!(power(&rest) < 1e-3 * power(&smooth), "{} of {}", power(&rest), power(&smooth));
    }
}
