//! Scans whose background was set to one value, such as those that are stripped already.

use std::borrow::Cow;
use std::ops::Range;

use nalgebra::Matrix4;
use ndarray::{Array3, ArrayView3, Axis, Zip, s};

use crate::morphology::{bounds, fill_holes, largest_component};
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
/// Share of what stands out that is darker than what counts as its darkest intensity.
const DARK: f64 = 0.01;
/// Room (mm) around an object that is looked at alone; at most half of its extent, so that a voxel size in a wrong unit does not
/// exhaust the memory.
const ROOM: f64 = 32.0;

/// What stands out from a background of one value, in one piece and without holes. The value is the middle one of the faces of
/// the field of view; what is within 2 % of the scan's range of it is background. Where hardly a voxel has just this value, a
/// spline has interpolated the scan and left ripples around the brain: what has at least a third of the brain's middle
/// intensity stands out from those.
///
/// `None` if less than nine tenths of the faces are background, or all of the scan is.
pub fn foreground(scan: &Volume<f32>) -> Option<Mask> {
    Foreground::of(scan).map(|foreground| foreground.object)
}

/// What stands out from a background of one value.
pub(super) struct Foreground {
    pub(super) object: Mask,
    background: f32,
}

impl Foreground {
    /// As [`foreground`].
    pub(super) fn of(scan: &Volume<f32>) -> Option<Self> {
        let data = scan.data();
        let faces = faces(&data);
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
        let object = Mask::new(fill_holes(&object), *scan.affine()).ok()?;
        (object.count() > 0).then_some(Self { object, background })
    }

    /// The scan as scanners make it: its background is darker than what stands out. That of a scan in z-scores lies in the middle
    /// of its range, which looks like no head.
    pub(super) fn on_dark<'a>(&self, scan: &'a Volume<f32>) -> Cow<'a, Volume<f32>> {
        let dark = self.darkest(scan);
        if self.background <= dark { Cow::Borrowed(scan) } else { Cow::Owned(self.above(scan, dark)) }
    }

    /// What stands out from the background, above what is dark; 0 elsewhere.
    fn above(&self, scan: &Volume<f32>, dark: f32) -> Volume<f32> {
        let data = Zip::from(scan.data())
            .and(self.object.data())
            .map_collect(|&value, &inside| if inside { (value - dark).max(0.0) } else { 0.0 });
        Volume::new(data, *scan.affine()).expect("as many voxels as before")
    }

    /// The darkest intensity of what stands out.
    fn darkest(&self, scan: &Volume<f32>) -> f32 {
        let inside = |(&value, &inside): (&f32, &bool)| inside.then_some(value);
        let mut values: Vec<f32> =
            scan.as_slice().iter().zip(self.object.as_slice()).filter_map(inside).collect();
        let rank = (DARK * values.len() as f64) as usize;
        if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(rank, f32::total_cmp).1 }
    }

    /// The object alone on black, with room around it: where the field of view ends at a brain's surface, that is hard to see. Also
    /// the object as a mask on the same grid.
    pub(super) fn alone(&self, scan: &Volume<f32>) -> (Volume<f32>, Mask) {
        let above = self.above(scan, self.background.min(self.darkest(scan)));
        let source = bounds(&self.object.data()).expect("an object has voxels");
        let (extent, spacing) = (source.each_ref().map(Range::len), scan.affine().spacing());
        let room =
            [0, 1, 2].map(|axis| ((ROOM / spacing[axis]).ceil() as usize).min(extent[axis].div_ceil(2)));
        let frame = [0, 1, 2].map(|axis| extent[axis] + 2 * room[axis]);
        let target = [0, 1, 2].map(|axis| room[axis]..room[axis] + extent[axis]);
        // Voxel index in the frame to voxel index in the scan.
        let mut shift = Matrix4::identity();
        for axis in 0..3 {
            shift[(axis, 3)] = source[axis].start as f64 - room[axis] as f64;
        }
        let affine = scan.affine().stepped(&shift).expect("a shifted affine is invertible");
        let part = |ranges: &[Range<usize>; 3]| {
            let [i, j, k] = ranges.clone();
            s![i, j, k]
        };
        let mut alone = Array3::zeros(frame);
        alone.slice_mut(part(&target)).assign(&above.data().slice_move(part(&source)));
        let mut object = Array3::from_elem(frame, false);
        object.slice_mut(part(&target)).assign(&self.object.data().slice_move(part(&source)));
        let fits = "as many voxels as the frame has";
        (Volume::new(alone, affine).expect(fits), Mask::new(object, affine).expect(fits))
    }
}

/// The value of a background, if there is one: the middle one of the faces of the field of view. `None` without voxels.
pub(crate) fn background(values: &ArrayView3<'_, f32>) -> Option<f32> {
    let faces = if values.is_empty() { Vec::new() } else { faces(values) };
    faces.get(faces.len() / 2).copied()
}

/// The values on the faces of the field of view, sorted.
fn faces(values: &ArrayView3<'_, f32>) -> Vec<f32> {
    let mut faces = Vec::new();
    for axis in 0..3 {
        for index in [0, values.len_of(Axis(axis)) - 1] {
            faces.extend(values.index_axis(Axis(axis), index).iter().copied());
        }
    }
    faces.sort_unstable_by(f32::total_cmp);
    faces
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
    fn a_frame_has_room_for_its_object_and_is_bounded() {
        let (scan, truth) = ball(100.0, 0.0);
        let (alone, object) = Foreground::of(&scan).unwrap().alone(&scan);
        // 16 voxels of 2 mm, and half of that on each side.
        assert_eq!((alone.shape(), object.shape()), ([32; 3], [32; 3]));
        assert_eq!(object.count(), truth.iter().filter(|&&inside| inside).count());
        for (at, &inside) in object.data().indexed_iter() {
            assert!(inside || alone.data()[at] == 0.0, "{at:?}");
        }
        let place =
            |mask: &Mask| mask.points().fold([0.0; 3], |sum, p| [sum[0] + p.x, sum[1] + p.y, sum[2] + p.z]);
        let before = Mask::new(truth, *scan.affine()).unwrap();
        assert!(place(&object).iter().zip(place(&before)).all(|(a, b)| (a - b).abs() < 1e-6));
        let micrometres =
            Volume::new(scan.data().to_owned(), Grid::centred([24; 3], [0.002; 3]).unwrap().affine).unwrap();
        assert_eq!(Foreground::of(&micrometres).unwrap().alone(&micrometres).0.shape(), [32; 3]);
    }

    #[test]
    fn what_fills_its_field_of_view_has_no_background() {
        let (scan, _) = ball(0.0, 100.0);
        assert!(foreground(&scan).is_none());
        assert!(foreground(&scan.map(|_| 5.0)).is_none());
    }
}
