//! What intensities would be without the blur that a bias field gives their histogram (Sled, Zijdenbos and
//! Evans 1998, doi:10.1109/42.668698, section II).

use rayon::prelude::*;

/// Histogram bins in the width at half maximum of the blur.
const BINS_PER_WIDTH: f64 = 10.0;
/// Width at half maximum of a Gaussian, in standard deviations.
const WIDTH: f64 = 2.354_820_045;
/// Reach of the kernels, in standard deviations of the blur: the Gaussian's weight is 3e-4 there, the
/// inverse filter's, which swings about 0, below 1e-6 of its middle.
const REACH: f64 = 4.0;
const INVERSE_REACH: f64 = 20.0;
/// Frequencies that the inverse filter is summed over.
const FREQUENCIES: usize = 1024;

/// Sharpens histograms of logarithms of intensities.
pub(super) struct Sharpener {
    /// Width of a bin.
    bin: f64,
    /// The assumed blur, a Gaussian: its middle and one side.
    blur: Vec<f64>,
    /// Its inverse in Wiener's sense: its middle and one side.
    inverse: Vec<f64>,
}

impl Sharpener {
    /// `width` is the blur's width at half maximum (logarithm of intensity), `noise` the constant of Wiener's
    /// filter.
    pub(super) fn new(width: f64, noise: f64) -> Self {
        let sigma = BINS_PER_WIDTH / WIDTH;
        let blur: Vec<f64> =
            (0..=(REACH * sigma) as usize).map(|n| (-0.5 * (n as f64 / sigma).powi(2)).exp()).collect();
        let turn = std::f64::consts::TAU / FREQUENCIES as f64;
        let spectrum: Vec<f64> = (0..FREQUENCIES)
            .map(|k| {
                let frequency = turn * k.min(FREQUENCIES - k) as f64;
                let blur = (-0.5 * (frequency * sigma).powi(2)).exp();
                blur / (blur * blur + noise)
            })
            .collect();
        let inverse = (0..=(INVERSE_REACH * sigma) as usize)
            .map(|n| spectrum.iter().enumerate().map(|(k, g)| g * (turn * (k * n) as f64).cos()).sum())
            .collect();
        Self { bin: width / BINS_PER_WIDTH, blur, inverse }
    }

    /// For each value what is to be expected without the blur, given the histogram of all values, each with
    /// its weight.
    pub(super) fn expected(&self, values: &[f64], weights: &[f64]) -> Vec<f64> {
        let inside = || values.iter().zip(weights).filter(|&(_, &weight)| weight > 0.0);
        let low = inside().map(|(&value, _)| value).fold(f64::INFINITY, f64::min);
        let high = inside().map(|(&value, _)| value).fold(f64::NEG_INFINITY, f64::max);
        // Room for the blur at both ends.
        let margin = self.blur.len();
        let start = low - margin as f64 * self.bin;
        let bins = ((high - low) / self.bin) as usize + 2 * margin + 2;
        let place = |value: f64| ((value - start) / self.bin, ((value - start) / self.bin) as usize);

        let mut histogram = vec![0.0; bins];
        for (&value, weight) in inside() {
            let (position, below) = place(value);
            let share = position - below as f64;
            histogram[below] += weight * (1.0 - share);
            histogram[below + 1] += weight * share;
        }
        let mut sharp = convolve(&histogram, &self.inverse);
        for count in &mut sharp {
            *count = count.max(0.0);
        }
        let centre = |bin: usize| start + bin as f64 * self.bin;
        let moments: Vec<f64> = sharp.iter().enumerate().map(|(bin, count)| count * centre(bin)).collect();
        let (counts, moments) = (convolve(&sharp, &self.blur), convolve(&moments, &self.blur));
        let expected: Vec<f64> = (0..bins)
            .map(|bin| if counts[bin] > 0.0 { moments[bin] / counts[bin] } else { centre(bin) })
            .collect();

        let at = |(&value, &weight): (&f64, &f64)| {
            if weight == 0.0 {
                return value;
            }
            let (position, below) = place(value);
            let share = position - below as f64;
            expected[below] * (1.0 - share) + expected[below + 1] * share
        };
        values.par_iter().zip(weights).with_min_len(4096).map(at).collect()
    }
}

/// Convolution with a symmetric kernel, given by its middle and one side; 0 beyond the ends.
fn convolve(data: &[f64], kernel: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = data.iter().map(|value| kernel[0] * value).collect();
    for (distance, weight) in
        kernel.iter().enumerate().skip(1).take_while(|(distance, _)| *distance < data.len())
    {
        let (left, right) = (&data[..data.len() - distance], &data[distance..]);
        out[distance..].iter_mut().zip(left).for_each(|(out, value)| *out += weight * value);
        out.iter_mut().zip(right).for_each(|(out, value)| *out += weight * value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_blurred_tissues_become_two_values() {
        // Two levels, each spread by the Gaussian that the sharpener assumes.
        let sigma = 0.15 / WIDTH;
        let spread = (-40..=40).map(|n| 0.1 * f64::from(n) * sigma);
        let (values, weights): (Vec<f64>, Vec<f64>) = [5.0, 5.8]
            .into_iter()
            .flat_map(|level| spread.clone().map(move |x| (level + x, (-0.5 * (x / sigma).powi(2)).exp())))
            .unzip();
        let sharp = Sharpener::new(0.15, 0.01).expected(&values, &weights);
        for ((value, sharp), weight) in values.iter().zip(sharp).zip(weights) {
            let level = if *value < 5.4 { 5.0 } else { 5.8 };
            assert!((sharp - level).abs() < 0.35 * (value - level).abs() + 0.01 || weight < 0.05);
        }
    }

    #[test]
    fn a_single_value_stays() {
        let sharp = Sharpener::new(0.15, 0.01).expected(&[3.0; 5], &[1.0; 5]);
        assert!(sharp.iter().all(|value| (value - 3.0).abs() < 1e-9), "{sharp:?}");
    }
}
