//! The structural similarity index (Wang et al. 2004): 11x11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03, data
//! range 1; as scikit-image's `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)`.
//!
//! There are two implementations. [`Ssim::map`] works on any device: the Gaussian filter of rows, and then of columns, is a
//! product with a banded matrix, in which the border rule is just other numbers. For training on the CPU, [`Ssim::loss`] takes
//! [`fused`], which has its gradient written out.

mod fused;

use tch::{Device, Kind, Tensor};

use self::fused::Fused;

use crate::settings::Border;
use crate::{Error, Result, tensors};

/// Half width of the window.
const RADIUS: usize = 5;
/// Width of the window.
const TAPS: usize = 2 * RADIUS + 1;
const SIGMA: f64 = 1.5;
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

/// SSIM for slices of a fixed size.
pub(crate) struct Ssim {
    /// (H', H): filters columns, from the left.
    rows: Tensor,
    /// (W, W'): filters rows, from the right.
    columns: Tensor,
    border: Border,
    sides: [usize; 2],
    fused: Fused,
}

impl Ssim {
    pub(crate) fn new(sides: [usize; 2], border: Border, device: Device) -> Result<Self> {
        if sides.iter().any(|&side| side < 2 * RADIUS + 1) {
            return Err(Error::invalid(format!(
                "SSIM needs slices of at least 11 x 11 pixels, not {} x {}",
                sides[0], sides[1]
            )));
        }
        Ok(Self {
            rows: band(sides[0], border, device)?,
            columns: band(sides[1], border, device)?.f_transpose(0, 1)?.f_contiguous()?,
            border,
            sides,
            fused: Fused::new(gaussian().map(|weight| weight as f32), border, sides),
        })
    }

    /// 1 - SSIM of `x`, which is taken as constant, and `y`, both (batch, 1, H, W), averaged with `weights` (batch, 1, H', W'),
    /// 1 if not given. Gradients flow into `y`.
    pub(crate) fn loss(&self, x: &Tensor, y: &Tensor, weights: Option<&Tensor>) -> Result<Tensor> {
        if y.device() != Device::Cpu {
            return mean(&self.map(x, y)?.f_neg()?.f_add_scalar(1.0)?, weights);
        }
        let (values_x, values_y) = (tensors::to_vec(x)?, tensors::to_vec(y)?);
        let weights = weights.map(tensors::to_vec).transpose()?;
        let total = match &weights {
            Some(weights) => weights.iter().map(|weight| f64::from(*weight)).sum::<f64>().max(1.0),
            None => self.crop(x)?.numel() as f64,
        };
        let threads = tch::get_num_threads() as usize;
        let (ssim, gradient) = self.fused.sum_and_gradient(
            &values_x,
            &values_y,
            weights.as_deref(),
            (1.0 / total) as f32,
            threads,
        );
        let all = weights
            .map_or(1.0, |weights| weights.iter().map(|weight| f64::from(*weight)).sum::<f64>() / total);
        // A sum whose gradient by y is the known one; its own value is taken off again.
        let gradient = tensors::from_slice(&gradient, &y.size(), Device::Cpu)?;
        let sum = y.f_mul(&gradient)?.f_sum(Kind::Float)?.f_neg()?;
        Ok(sum.f_sub(&sum.f_detach()?)?.f_add_scalar(all - ssim)?)
    }

    /// The map of local similarities of `x`, which is taken as constant, and `y`: (batch, 1, H', W').
    ///
    /// SSIM is defined for intensities that are not negative. A network's linear output can be, and for the negative
    /// of an image both factors of SSIM are negative, so that their product is 1 as for the image itself: networks do
    /// learn that. Where luminance is negative, the product is taken as negative too; elsewhere nothing changes.
    pub(crate) fn map(&self, x: &Tensor, y: &Tensor) -> Result<Tensor> {
        let (mean_x, square_x) = {
            let _guard = tch::no_grad_guard();
            let filtered = self.filter(&Tensor::f_stack(&[x, &x.f_square()?], 0)?)?;
            (filtered.f_get(0)?, filtered.f_get(1)?)
        };
        let filtered = self.filter(&Tensor::f_stack(&[y, &y.f_square()?, &x.f_mul(y)?], 0)?)?.f_unbind(0)?;
        let (mean_y, square_y, product) = (&filtered[0], &filtered[1], &filtered[2]);

        let means = mean_x.f_mul(mean_y)?;
        let mean_squares = mean_x.f_square()?.f_add(&mean_y.f_square()?)?;
        let covariance = product.f_sub(&means)?;
        let variances = square_x.f_add(square_y)?.f_sub(&mean_squares)?;
        let luminance = means.f_mul_scalar(2.0)?.f_add_scalar(C1)?;
        let structure = covariance.f_mul_scalar(2.0)?.f_add_scalar(C2)?;
        let structure = structure.f_where_self(&luminance.f_ge(0.0)?, &structure.f_abs()?)?;
        let numerator = luminance.f_mul(&structure)?;
        let denominator = mean_squares.f_add_scalar(C1)?.f_mul(&variances.f_add_scalar(C2)?)?;
        Ok(numerator.f_div(&denominator)?)
    }

    /// The part of a (batch, 1, H, W) tensor that lies under the map.
    pub(crate) fn crop(&self, x: &Tensor) -> Result<Tensor> {
        match self.border {
            Border::Reflect => Ok(x.shallow_clone()),
            Border::Valid => {
                let [rows, columns] = self.sides.map(|side| (side - 2 * RADIUS) as i64);
                Ok(x.f_narrow(2, RADIUS as i64, rows)?.f_narrow(3, RADIUS as i64, columns)?)
            }
        }
    }

    fn filter(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.rows.f_matmul(&x.f_matmul(&self.columns)?)?)
    }
}

/// Mean of a map with the given weights, 1 if not given; zero where all weights are.
pub(crate) fn mean(map: &Tensor, weights: Option<&Tensor>) -> Result<Tensor> {
    let Some(weights) = weights else { return Ok(map.f_mean(Kind::Float)?) };
    let total = weights.f_sum(Kind::Float)?.f_clamp_min(1.0)?;
    Ok(map.f_mul(weights)?.f_sum(Kind::Float)?.f_div(&total)?)
}

/// The window along one axis; the sum is 1.
fn gaussian() -> [f64; TAPS] {
    let taps: [f64; TAPS] =
        std::array::from_fn(|tap| (-0.5 * ((tap as f64 - RADIUS as f64) / SIGMA).powi(2)).exp());
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| tap / sum)
}

/// The matrix that filters a signal of `length` values: (positions, length).
fn band(length: usize, border: Border, device: Device) -> Result<Tensor> {
    let positions = match border {
        Border::Valid => length - 2 * RADIUS,
        Border::Reflect => length,
    };
    let mut matrix = vec![0.0; positions * length];
    for (position, row) in matrix.chunks_exact_mut(length).enumerate() {
        for (tap, weight) in gaussian().into_iter().enumerate() {
            row[source(position + tap, length, border)] += weight as f32;
        }
    }
    tensors::from_slice(&matrix, &[positions as i64, length as i64], device)
}

/// Where in a signal of `length` values the value at `at` of the signal with its border comes from. A mirror at the edges takes
/// -1 to 0, and -2 to 1.
fn source(at: usize, length: usize, border: Border) -> usize {
    match border {
        Border::Valid => at,
        Border::Reflect if at < RADIUS => RADIUS - 1 - at,
        Border::Reflect if at - RADIUS >= length => 2 * length - 1 - (at - RADIUS),
        Border::Reflect => at - RADIUS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speed;
    use crate::tensors::to_vec;

    fn pair(batch: i64, sides: [i64; 2]) -> (Tensor, Tensor) {
        tch::manual_seed(3);
        let options = (Kind::Float, Device::Cpu);
        let shape = [batch, 1, sides[0], sides[1]];
        let x = Tensor::rand(shape, options);
        // Also below zero, where the sign of luminance matters.
        let y: Tensor = &x + 0.4 * Tensor::randn(shape, options) - 0.2;
        (x, y.set_requires_grad(true))
    }

    fn value_and_gradient(loss: &Tensor, y: &Tensor) -> (f64, Vec<f32>) {
        (loss.double_value(&[]), to_vec(&Tensor::run_backward(&[loss], &[y], false, false)[0]).unwrap())
    }

    #[test]
    fn the_fused_loss_and_its_gradient_are_those_of_the_map() {
        for border in [Border::Valid, Border::Reflect] {
            let ssim = Ssim::new([20, 27], border, Device::Cpu).unwrap();
            let (x, y) = pair(3, [20, 27]);
            let some = ssim.crop(&x.gt(0.6).to_kind(Kind::Float)).unwrap();
            for weights in [None, Some(&some), Some(&some.zeros_like())] {
                let (value, gradient) = value_and_gradient(&ssim.loss(&x, &y, weights).unwrap(), &y);
                let map = 1.0 - ssim.map(&x, &y).unwrap();
                let (expected, by_autograd) = value_and_gradient(&mean(&map, weights).unwrap(), &y);
                assert!((value - expected).abs() < 1e-6, "{border:?}: {value}, not {expected}");
                let scale = by_autograd.iter().fold(0.0f32, |scale, value| scale.max(value.abs()));
                for (a, b) in gradient.iter().zip(&by_autograd) {
                    assert!((a - b).abs() <= 1e-5 * scale, "{border:?}: {a}, not {b}");
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let ssim = Ssim::new([16, 16], Border::Reflect, Device::Cpu).unwrap();
        let (x, y) = pair(5, [16, 16]);
        let (x, y) = (to_vec(&x).unwrap(), to_vec(&y).unwrap());
        let one = ssim.fused.sum_and_gradient(&x, &y, None, 0.1, 1);
        for threads in [2, 3, 9] {
            assert!(ssim.fused.sum_and_gradient(&x, &y, None, 0.1, threads) == one, "{threads} threads");
        }
    }

    /// What most implementations do: convolutions in groups, here separable and without border.
    fn by_convolution(window: &Tensor, x: &Tensor, y: &Tensor) -> Tensor {
        let filter = |t: &Tensor| {
            let columns = t.conv2d(&window.view([1, 1, -1, 1]), None::<Tensor>, 1, 0, 1, 1);
            columns.conv2d(&window.view([1, 1, 1, -1]), None::<Tensor>, 1, 0, 1, 1)
        };
        let (mx, my) = (filter(x), filter(y));
        let (vx, vy) = (filter(&x.square()) - mx.square(), filter(&y.square()) - my.square());
        let covariance = filter(&(x * y)) - &mx * &my;
        let numerator = (&mx * &my * 2.0 + C1) * (covariance * 2.0 + C2);
        1.0 - (numerator / ((mx.square() + my.square() + C1) * (vx + vy + C2))).mean(Kind::Float)
    }

    #[test]
    #[ignore = "measures"]
    fn speed_of_ssim() {
        for (place, device) in speed::devices() {
            for side in [96, 240] {
                let (x, y) = pair(32, [side; 2]);
                let (x, y) = (x.to_device(device), y.detach().to_device(device).set_requires_grad(true));
                let ssim = Ssim::new([side as usize; 2], Border::Valid, device).unwrap();
                let window = Tensor::from_slice(&gaussian().map(|weight| weight as f32)).to_device(device);
                let run = |loss: Tensor| drop(value_and_gradient(&loss, &y));
                let ours = || run(ssim.loss(&x, &y, None).unwrap());
                let map = || run(mean(&(1.0 - ssim.map(&x, &y).unwrap()), None).unwrap());
                let convolution = || run(by_convolution(&window, &x, &y));
                speed::compare(
                    &format!("SSIM and its gradient, 32 slices of {side} x {side}, {place}"),
                    &[
                        ("ours", &ours),
                        ("products with banded matrices", &map),
                        ("separable convolutions", &convolution),
                    ],
                );
            }
        }
    }
}
