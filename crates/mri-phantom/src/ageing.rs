//! What years do to a label map's head: wider ventricles, wider sulci, a thinner cortex.

use nalgebra::{Vector1, Vector4};
use ndarray::Array3;

use crate::label_space::{Placement, linear};
use crate::lattice::Lattice;
use crate::random::Stream;
use crate::sdf::Vec3;
use mri_io::morphology::distance_to;

/// Distance (mm) between the nodes at which the push away from the ventricles is kept.
const STEP: f32 = 2.0;
/// Distance (mm) over which tissue gives way to the ventricles.
const GIVING_WAY: f32 = 18.0;
/// Distance (mm) to the ventricles of all that is far from them.
const FAR: f32 = 100.0;
/// Distance (mm) inside the ventricle's wall beyond which no tissue comes from: narrow horns do not turn inside out.
const WALL: f32 = 0.6;

/// How far the years have gone in one subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Years {
    /// Movement (mm) of the ventricles' walls outwards; negative for the young.
    pub(crate) ventricles: f32,
    /// Thickness (mm) of tissue along the sulci that has become fluid; negative where tissue fills more than in the map.
    /// Label maps have too thin a cortex and count what is between the gyri as fluid, so the mean is below 0.
    pub(crate) sulci: f32,
    /// Extent of white-matter hyperintensities, 0 (none) to 1.
    pub(crate) white_matter: f32,
}

impl Years {
    /// Draws an age from a range of years, and how this subject bears it. Maps are taken to be of middle age.
    pub(crate) fn draw([low, high]: [f64; 2], stream: &mut Stream) -> Self {
        let age = stream.uniform(low, high);
        // -1 at 20 years, 0 at 45, 1 at 85.
        let stage = if age < 45.0 { (age - 45.0) / 25.0 } else { (age - 45.0) / 40.0 };
        let wall = if stage < 0.0 { 1.2 * stage } else { 3.0 * stage };
        Self {
            ventricles: (wall + stream.normal(0.0, 0.7)) as f32,
            sulci: (0.4 * stage + stream.normal(-0.4, 0.15)) as f32,
            white_matter: (0.7 * stage.max(0.0) * stream.normal(0.0, 0.6).exp()).min(1.0) as f32,
        }
    }
}

/// The space around the ventricles of a label map.
pub(crate) struct Ventricles {
    /// How far a point's tissue came (mm), and its distance (mm) to the ventricles in the map.
    around: Lattice<4>,
}

impl Ventricles {
    /// `inside` tells the ventricles' voxels in a box of the map that begins at voxel `start`, `spacing` their size
    /// (mm). The walls move outwards by `widening` (mm).
    pub(crate) fn new(
        inside: &Array3<bool>,
        spacing: [f64; 3],
        placement: &Placement,
        start: Vec3,
        widening: f32,
    ) -> Self {
        let signed = distance_to(inside, spacing) - distance_to(&inside.map(|&there| !there), spacing);
        let distance = |point: Vec3| linear(&signed, placement.to_voxel(point) - start, FAR);
        let size = Vec3::from(<[usize; 3]>::from(signed.dim()).map(|count| count as f32 - 1.0));
        let corners = [start, start + size].map(|corner| placement.to_point(corner));
        let (low, high) = (corners[0].inf(&corners[1]), corners[0].sup(&corners[1]));
        let distances = Lattice::<1>::fill(low, high, STEP, |point| Vector1::new(distance(point)));
        let around = Lattice::<4>::fill(low, high, STEP, |point| {
            let at = |offset: Vec3| distances.at(point + offset).x;
            let here = at(Vec3::zeros());
            let slope = Vec3::from_fn(|axis, _| {
                let mut offset = Vec3::zeros();
                offset[axis] = STEP;
                at(offset) - at(-offset)
            });
            let outwards = slope.try_normalize(1e-3).unwrap_or_else(Vec3::zeros);
            let push = -outwards * came_from(here, widening);
            Vector4::new(push.x, push.y, push.z, here)
        });
        Self { around }
    }

    /// How far the tissue at a point of the map's head came from, and the point's distance (mm) to the ventricles there.
    #[inline]
    pub(crate) fn at(&self, point: Vec3) -> (Vec3, f32) {
        let around = self.around.at(point);
        (around.xyz(), around.w)
    }
}

/// How much nearer to the ventricles (mm) the tissue `distance` mm off their wall was before the wall moved by `widening`.
fn came_from(distance: f32, widening: f32) -> f32 {
    let given_way = widening * (-distance.max(0.0) / GIVING_WAY).exp();
    if widening > 0.0 { given_way.min((distance + WALL).max(0.0)) } else { given_way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tissue_keeps_its_order_while_ventricles_change() {
        for widening in [-2.5, 0.0, 1.0, 6.0] {
            let source = |step: i32| {
                let distance = 0.25 * step as f32;
                distance - came_from(distance, widening)
            };
            assert!((0..400).all(|step| source(step + 1) > source(step) - 1e-6), "{widening}");
            assert!((source(400) - 100.0).abs() < 0.1);
        }
        assert!(came_from(5.0, 6.0) > 4.0);
    }
}
