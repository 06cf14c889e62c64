//! Scans whose background was set to one value, such as those that are stripped already.

use ndarray::{Array3, Axis};

use crate::morphology::{fill_holes, largest_component};
use crate::percentile::percentile;
use crate::{Mask, Volume};

/// Share of what stands out of ripples that hangs together: a scalp is apart from its brain, and then the scan has both.
const TOGETHER: f64 = 0.95;
/// Share of the brightest intensity by which the background may differ from its value: what interpolation with splines
/// leaves around a brain.
const TOLERANCE: f32 = 0.02;
/// Share of the field of view's faces that is background.
const FACES: f64 = 0.9;
/// Percentile of the distance from the background that counts as the brightest intensity.
const BRIGHT: f64 = 99.9;
/// In a background that ripples: what certainly stands out, as a share of the brightest intensity, and where its edge is, as a
/// share of its middle intensity.
const CLEAR: f32 = 0.1;
const EDGE: f32 = 0.35;

/// What stands out from a background of one value, in one piece and without holes. The value is the middle one of the faces of
/// the field of view; what is within 2 % of the scan's range of it is background. Where hardly a voxel has just this value, a
/// spline has interpolated the scan and left ripples around the brain: what has at least a third of the brain's middle
/// intensity stands out from those.
///
/// `None` if less than nine tenths of the faces are background, or all of the scan is.
pub fn foreground(scan: &Volume<f32>) -> Option<Mask> {
    let data = scan.data();
    let mut faces = Vec::new();
    for axis in 0..3 {
        for index in [0, data.len_of(Axis(axis)) - 1] {
            faces.extend(data.index_axis(Axis(axis), index).iter().copied());
        }
    }
    faces.sort_unstable_by(f32::total_cmp);
    let background = faces[faces.len() / 2];
    let mut distances: Vec<f32> =
        data.iter().map(|&value| (value - background).abs()).filter(|&distance| distance > 0.0).collect();
    if distances.is_empty() {
        return None;
    }
    distances.sort_unstable_by(f32::total_cmp);
    let tolerance = TOLERANCE * percentile(&distances, BRIGHT) as f32;
    let is_background = |value: f32| (value - background).abs() <= tolerance;
    let of_faces = faces.iter().filter(|&&value| is_background(value)).count();
    if (of_faces as f64) < FACES * faces.len() as f64 {
        return None;
    }
    let near = data.iter().filter(|&&value| is_background(value)).count();
    let exact = data.iter().filter(|&&value| value == background).count();
    let object = (2 * exact < near)
        .then(|| above_ripples(scan, background, CLEAR * tolerance / TOLERANCE))
        .flatten()
        .unwrap_or_else(|| largest_component(&data.mapv(|value| !is_background(value))));
    Mask::new(fill_holes(&object), *scan.affine()).ok()
}

/// What stands out from a background that ripples; `clear` is by how much it certainly does. `None` if that is in several pieces.
fn above_ripples(scan: &Volume<f32>, background: f32, clear: f32) -> Option<Array3<bool>> {
    let heights = scan.data().mapv(|value| value - background);
    let mut high: Vec<f32> = heights.iter().copied().filter(|height| height.abs() > clear).collect();
    high.sort_unstable_by(f32::total_cmp);
    let middle = *high.get(high.len() / 2)?;
    let set = heights.mapv(|height| height / middle > EDGE);
    let object = largest_component(&set);
    let count = |set: &Array3<bool>| set.iter().filter(|&&inside| inside).count() as f64;
    (count(&object) > TOGETHER * count(&set)).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;

    /// A ball with a cavity, in a background of a value; and the whole ball.
    fn ball(background: f32, ripple: f32) -> (Volume<f32>, Array3<bool>) {
        let grid = Grid::centred([24; 3], [2.0; 3]).unwrap();
        let radius = |(i, j, k): (usize, usize, usize)| {
            [i, j, k].map(|n| (n as f32 - 11.5).powi(2)).iter().sum::<f32>().sqrt()
        };
        let scan = Array3::from_shape_fn(grid.shape, |at| match radius(at) {
            r if r < 3.0 => background,
            r if r < 8.0 => background + 500.0,
            _ => background + if (at.0 + at.1) % 2 == 0 { ripple } else { -ripple },
        });
        (Volume::new(scan, grid.affine).unwrap(), Array3::from_shape_fn(grid.shape, |at| radius(at) < 8.0))
    }

    #[test]
    fn a_brain_stands_out_from_any_background_with_its_cavities() {
        for (background, ripple) in [(0.0, 0.0), (0.0, 2.0), (-1000.0, 0.0), (37.0, 4.0)] {
            let (scan, truth) = ball(background, ripple);
            assert_eq!(foreground(&scan).unwrap().data(), truth, "background {background}");
        }
    }

    /// Ripples as large as those of a cubic spline at an edge: 12 % below and 3 % above.
    #[test]
    fn ripples_of_a_spline_are_no_brain() {
        let (scan, truth) = ball(0.0, 0.0);
        let rippled = Array3::from_shape_fn(truth.dim(), |at| {
            let [i, j, k] = [at.0, at.1, at.2].map(|n| n as f32 - 11.5);
            let outside = (i * i + j * j + k * k).sqrt() - 8.0;
            let ripple = 90.0 * (-0.9 * outside).exp() * (2.5 * outside).cos();
            if truth[at] { scan.data()[at] } else { -ripple }
        });
        let rippled = Volume::new(rippled, *scan.affine()).unwrap();
        let found = foreground(&rippled).unwrap();
        let differ = found.data().iter().zip(&truth).filter(|(found, truth)| found != truth).count();
        assert!(differ < 20, "{differ} voxels differ");
    }

    #[test]
    fn what_fills_its_field_of_view_has_no_background() {
        let (scan, _) = ball(0.0, 100.0);
        assert!(foreground(&scan).is_none());
        assert!(foreground(&scan.map(|_| 5.0)).is_none());
    }
}
