//! Structural similarity of two slices (Wang et al., IEEE Transactions on Image Processing 13, 2004).

use ndarray::{Array2, ArrayView2, Zip};

/// Half the width of the 11 x 11 window.
const RADIUS: usize = 5;
/// Standard deviation of the window in pixels.
const SIGMA: f64 = 1.5;
/// (0.01 L)^2 and (0.03 L)^2 for a data range of L = 1.
const C1: f64 = 1e-4;
const C2: f64 = 9e-4;

/// SSIM of two slices of equal shape with intensities in [0, 1], pixel by pixel, in [-1, 1]: Gaussian 11 x 11 window of
/// sigma 1.5, population covariance, edges mirrored (the edge pixel repeated). The same numbers as
/// `skimage.metrics.structural_similarity(x, y, data_range=1, gaussian_weights=True, sigma=1.5,
/// use_sample_covariance=False, full=True)[1]`.
///
/// # Panics
/// If the shapes differ.
pub fn ssim_map(x: ArrayView2<'_, f64>, y: ArrayView2<'_, f64>) -> Array2<f64> {
    let (mean_x, mean_y) = (blur(x.to_owned()), blur(y.to_owned()));
    let (square_x, square_y, product) = (blur(&x * &x), blur(&y * &y), blur(&x * &y));
    let mut similarity = product;
    Zip::from(&mut similarity).and(&mean_x).and(&mean_y).and(&square_x).and(&square_y).for_each(
        |value, mx, my, xx, yy| {
            let covariance = *value - mx * my;
            let variances = (xx - mx * mx) + (yy - my * my);
            *value = ((2.0 * mx * my + C1) * (2.0 * covariance + C2))
                / ((mx * mx + my * my + C1) * (variances + C2));
        },
    );
    similarity
}

/// Mean under the Gaussian window, one axis after the other.
fn blur(slice: Array2<f64>) -> Array2<f64> {
    let weights: [f64; 2 * RADIUS + 1] =
        std::array::from_fn(|i| (-0.5 * ((i as f64 - RADIUS as f64) / SIGMA).powi(2)).exp());
    let total: f64 = weights.iter().sum();
    let weights = weights.map(|weight| weight / total);
    // Filters along rows and returns the transpose; twice gives both axes and the original orientation.
    let along_rows = |slice: Array2<f64>| {
        let (rows, columns) = slice.dim();
        let mut turned = Array2::zeros((columns, rows));
        let mut padded = vec![0.0; columns + 2 * RADIUS];
        for (row, line) in slice.outer_iter().enumerate() {
            for (at, value) in padded.iter_mut().enumerate() {
                *value = line[mirror(at as isize - RADIUS as isize, columns)];
            }
            for (column, window) in padded.windows(weights.len()).enumerate() {
                turned[[column, row]] =
                    window.iter().zip(&weights).map(|(value, weight)| value * weight).sum();
            }
        }
        turned
    };
    along_rows(along_rows(slice))
}

/// Index into a line of `n` pixels that is mirrored at its ends: `d c b a | a b c d | d c b a`.
fn mirror(index: isize, n: usize) -> usize {
    let period = 2 * n as isize;
    let folded = index.rem_euclid(period) as usize;
    if folded < n { folded } else { 2 * n - 1 - folded }
}
