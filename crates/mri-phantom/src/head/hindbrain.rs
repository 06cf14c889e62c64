//! Cerebellum with its folia, and the brain stem.

use super::hull::Hulls;
use super::shape::Shape;
use crate::paint::Painter;
use crate::sdf::{Vec3, ellipsoid, smooth_min, tube, v};
use crate::tissue::Tissue;

/// Distance between folia at the surface of the cerebellum (mm).
const FOLIUM: f32 = 4.6;

/// Paints cerebellum and brain stem.
pub(crate) fn paint(p: &mut Painter, shape: &Shape, a: Vec3, m: Vec3, hulls: &Hulls) {
    if hulls.cerebellum < 1.0 {
        let pial = pial(shape, a, m, -hulls.cerebellum);
        let grain = shape.grain.at(a);
        p.cover_scaled(-pial, Tissue::CerebellarGrey, 1.0 + 0.02 * grain);
        let core = smooth_min(
            ellipsoid(m - v(18.0, -56.0, -35.0), v(15.0, 11.0, 9.0)),
            tube(m, v(0.0, -50.0, -31.0), v(12.0, -28.0, -31.0), 5.0, 6.0),
            5.0,
        );
        p.cover_scaled((1.5 - pial).min(core), Tissue::CerebellarWhite, 1.0 + 0.02 * grain);
        p.cover(ellipsoid(m - v(15.0, -54.0, -34.0), v(6.0, 4.0, 4.0)), Tissue::Pallidum);
    }
    if hulls.stem < 1.0 && a.z < -2.0 {
        let tissue = if hulls.brain <= 0.0 { Tissue::BrainStem } else { Tissue::NerveTissue };
        p.cover_scaled(hulls.stem, tissue, 1.0 + 0.03 * shape.grain.at(a));
    }
}

/// Distance (mm) below the pial surface of the cerebellum. Folia are sheets that fan out from the roof of
/// the fourth ventricle; every fifth fissure is deep and splits the white matter into branches.
#[inline]
fn pial(shape: &Shape, a: Vec3, m: Vec3, depth: f32) -> f32 {
    let from_roof = v(m.x * 0.35, m.y + 44.0, m.z + 31.0);
    let radius = v(0.0, from_roof.y, from_roof.z).norm().max(3.0);
    let angle = (from_roof.z + 0.004 * m.x * m.x).atan2(-from_roof.y);
    let along = angle * 30.0 + 1.6 * shape.bend.at(a);
    let fan = (radius / 30.0).min(1.2);
    let sheet = |spacing: f32, reach: f32, width: f32| {
        let phase = along / spacing;
        let beside = (phase - phase.round()).abs() * spacing * fan;
        let below = (depth - reach).max(0.0);
        (beside * beside + below * below).sqrt() - width
    };
    let fine = sheet(FOLIUM, 5.0, 0.28);
    let deep = sheet(3.0 * FOLIUM, 15.0, 0.45);
    smooth_min(depth, fine.min(deep), 1.0)
}
