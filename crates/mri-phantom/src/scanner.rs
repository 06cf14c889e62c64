//! The scanner that one subject happened to lie in.

use mri_io::Volume;
use ndarray::{ArrayViewMut1, Axis, Zip};
use serde::{Deserialize, Serialize};

use crate::PhantomSettings;
use crate::random::Stream;

/// Ranges that each scan's scanner is drawn from, lowest and highest value each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scanners {
    /// Noise, as [`PhantomSettings::noise`], which holds where there is no range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<[f64; 2]>,
    /// Bias field, as [`PhantomSettings::bias`], which holds where there is no range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias: Option<[f64; 2]>,
    /// Slice thickness (mm), as [`PhantomSettings::slice_thickness`], which holds where there is no range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_thickness: Option<[f64; 2]>,
    /// Full width at half maximum (mm) of the Gaussian that blurs each slice, 0 to 10; 0: none.
    pub blur: [f64; 2],
    /// Strength of the ghost of the head half a field of view to the front and back, 0 to 0.5; 0: none.
    pub ghosting: [f64; 2],
}

impl Scanners {
    /// The first field that is out of its range, and why.
    pub(crate) fn fault(&self) -> Option<(&'static str, String)> {
        let none = [0.0; 2];
        for (name, [low, high], least, most) in [
            ("scanners.noise", self.noise.unwrap_or(none), 0.0, 1.0),
            ("scanners.bias", self.bias.unwrap_or(none), 0.0, 0.9),
            ("scanners.slice_thickness", self.slice_thickness.unwrap_or([1.0; 2]), 0.1, 12.0),
            ("scanners.blur", self.blur, 0.0, 10.0),
            ("scanners.ghosting", self.ghosting, 0.0, 0.5),
        ] {
            if !(least <= low && low <= high && high <= most) {
                return Some((name, format!("[{low}, {high}] is not a range within {least} to {most}")));
            }
        }
        None
    }
}

/// One scanner.
pub(crate) struct Scanner {
    pub(crate) noise: f64,
    pub(crate) bias: f64,
    pub(crate) slice_thickness: Option<f64>,
    blur: f64,
    ghosting: f64,
}

impl Scanner {
    /// The scanner of one subject.
    pub(crate) fn draw(settings: &PhantomSettings, stream: &mut Stream) -> Self {
        let ranges = &settings.scanners;
        let mut within = |[low, high]: [f64; 2]| stream.uniform(low, high);
        Self {
            noise: within(ranges.noise.unwrap_or([settings.noise; 2])),
            bias: within(ranges.bias.unwrap_or([settings.bias; 2])),
            blur: within(ranges.blur),
            ghosting: within(ranges.ghosting),
            slice_thickness: ranges.slice_thickness.map(within).or(settings.slice_thickness),
        }
    }

    /// Blurs the scan within its slices and lays its ghost over it.
    pub(crate) fn acquire(&self, scan: &mut Volume<f32>) {
        let spacing = scan.affine().spacing();
        let mut data = scan.data_mut();
        if self.blur > 0.0 {
            for (axis, side) in spacing.into_iter().take(2).enumerate() {
                let kernel = gaussian(self.blur / side);
                Zip::from(data.lanes_mut(Axis(axis))).par_for_each(|lane| smooth(lane, &kernel));
            }
        }
        if self.ghosting > 0.0 {
            let strength = self.ghosting as f32;
            Zip::from(data.lanes_mut(Axis(1))).par_for_each(|mut lane| {
                let row = lane.to_vec();
                for (index, value) in lane.iter_mut().enumerate() {
                    *value += strength * row[(index + row.len() / 2) % row.len()];
                }
            });
        }
    }
}

/// Half of a Gaussian's weights, from the middle outwards; the whole has sum 1. `width` at half maximum, in voxels.
fn gaussian(width: f64) -> Vec<f32> {
    let deviation = width / (8.0 * std::f64::consts::LN_2).sqrt();
    let reach = (3.0 * deviation).ceil() as i32;
    let weights: Vec<f64> = (0..=reach).map(|n| (-0.5 * (f64::from(n) / deviation).powi(2)).exp()).collect();
    let sum = 2.0 * weights.iter().sum::<f64>() - weights[0];
    weights.into_iter().map(|weight| (weight / sum) as f32).collect()
}

/// Convolves a line; what lies beyond its ends counts as air.
fn smooth(mut lane: ArrayViewMut1<f32>, kernel: &[f32]) {
    let row = lane.to_vec();
    for (index, value) in lane.iter_mut().enumerate() {
        *value = kernel[0] * row[index];
        for (step, weight) in kernel.iter().enumerate().skip(1) {
            let below = index.checked_sub(step).map_or(0.0, |at| row[at]);
            *value += weight * (below + row.get(index + step).copied().unwrap_or(0.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use ndarray::Array1;

    use super::*;

    #[test]
    fn a_blur_keeps_the_sum_and_has_its_width() {
        let kernel = gaussian(4.0);
        let mut line = Array1::<f32>::zeros(41);
        line[20] = 1.0;
        smooth(line.view_mut(), &kernel);
        assert_relative_eq!(line.sum(), 1.0, epsilon = 1e-5);
        assert_relative_eq!(line[22] / line[20], 0.5, epsilon = 1e-4);
    }
}
