//! Scans whose background was set to one value, such as those that are stripped already.

use ndarray::Axis;

use super::morphology::{fill_holes, largest_component};
use crate::percentile::percentile;
use crate::{Mask, Volume};

/// Share of the brightest intensity by which the background may differ from its value: what interpolation with splines
/// leaves around a brain.
const TOLERANCE: f32 = 0.02;
/// Share of the field of view's faces that is background.
const FACES: f64 = 0.9;
/// Percentile of the distance from the background that counts as the brightest intensity.
const BRIGHT: f64 = 99.9;

/// What stands out from a background of one value, in one piece and without holes. The value is the middle one of the faces of
/// the field of view; what is within 2 % of the scan's range of it is background.
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
    let set = data.mapv(|value| !is_background(value));
    let object = fill_holes(&largest_component(&set));
    Mask::new(object, *scan.affine()).ok()
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

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

    #[test]
    fn what_fills_its_field_of_view_has_no_background() {
        let (scan, _) = ball(0.0, 100.0);
        assert!(foreground(&scan).is_none());
        assert!(foreground(&scan.map(|_| 5.0)).is_none());
    }
}
