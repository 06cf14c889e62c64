//! Folded cortex and white matter.
//!
//! Sulci are sheets that run from the hull inwards. They follow the zero set of narrow-band noise which is
//! looked up on the surface of the hemisphere, so that they are perpendicular to it; how deep they go
//! varies along them. Cortex is what lies within its thickness of the hull or a sheet.

use super::hull::Hulls;
use super::shape::Shape;
use crate::paint::Painter;
use crate::sdf::{Vec3, ellipsoid, smooth_max, smooth_min, smoothstep, tube, v};
use crate::tissue::Tissue;

/// Middle and half axes (mm) of the ellipsoid on which the sulcal pattern of a hemisphere is drawn.
const CENTRE: Vec3 = v(26.0, -17.0, 8.0);
const RADII: Vec3 = v(41.0, 84.0, 60.0);

/// Paints the cerebral hemispheres.
pub(crate) fn paint(p: &mut Painter, shape: &Shape, a: Vec3, m: Vec3, hulls: &Hulls, slow: f32) {
    if hulls.cerebrum > 1.5 {
        return;
    }
    let outer = -hulls.cerebrum;
    let gap = 0.5 + (shape.sulcus_width + 0.3) * (0.5 + 1.5 * (-outer.max(0.0) / 6.0).exp());
    let wall = m.x - gap;
    let depth = smooth_min(outer, wall, 3.0);
    let core = core(m);
    let cortex = shape.cortex * (1.0 + 0.06 * slow);
    let pial = if depth > 34.0 { 34.0 } else { pial(shape, a, m, outer, wall, depth, slow) };
    let pial = smooth_max(pial, -core, 3.0).min(-hulls.brain);
    let grain = shape.grain.at(a);
    p.cover_scaled(-pial, Tissue::GreyMatter, 1.0 + 0.012 * grain);
    p.cover_scaled(cortex - pial, Tissue::WhiteMatter, 1.0 + 0.015 * grain + 0.02 * slow);
}

/// Distance (mm) below the pial surface, negative in the fluid of the sulci.
#[inline]
fn pial(shape: &Shape, a: Vec3, m: Vec3, outer: f32, wall: f32, depth: f32, slow: f32) -> f32 {
    let rel = m - CENTRE;
    let scaled = rel.component_div(&RADII);
    let inward = scaled.norm().max(0.05);
    // Sulci of the medial wall run sideways into the hemisphere, all others towards its middle.
    let medial = smoothstep(-5.0, 5.0, outer - wall);
    let mut surface = (CENTRE + rel / inward).lerp(&v(0.0, m.y, m.z), medial);
    let mut outward = scaled.component_div(&RADII).normalize().lerp(&v(-1.0, 0.0, 0.0), medial);
    let inward = inward + medial * (1.0 - inward);
    let side = if a.x < 0.0 { -1.0 } else { 1.0 };
    surface.x *= side;
    outward.x *= side;
    // Too near to the middle, and deep between the two kinds, the pattern has no room.
    let seam = 12.0 * medial * (1.0 - medial) * smoothstep(3.0, 9.0, depth);
    let crowded = 4.0 * smoothstep(0.7, 0.5, inward) + seam;

    let bend = shape.bend.at(a) * depth.clamp(0.0, 20.0) * 0.2;
    let place = surface + v(bend, -bend, 0.7 * bend);
    let sheet = |field: &crate::noise::Field, wave: f32, reach: f32, opening: f32| {
        let (value, gradient) = field.with_gradient(place);
        let tangential = gradient - outward * gradient.dot(&outward);
        // Where the gradient vanishes sheets meet: the floor keeps the distance finite there.
        let floor = 0.4 * std::f32::consts::TAU / wave;
        let beside = value.abs() / (tangential.norm_squared() + floor * floor).sqrt() * inward.min(1.1);
        let below = (depth - reach).max(0.0);
        let width = shape.sulcus_width + opening * (-depth.max(0.0) / 3.5).exp();
        (beside * beside + below * below).sqrt() - width + crowded
    };
    let reach = (shape.sulcus_depth + 5.5 * shape.slow.at(surface)).clamp(3.0, 26.0);
    let primary = sheet(&shape.primary, 26.5, reach, 0.7);
    let secondary = sheet(&shape.secondary, 16.0, 0.25 * reach + 4.0 * slow - 1.0, 0.3);
    let folds = smooth_min(primary, secondary, 1.0);
    smooth_min(smooth_min(depth, folds, 2.5), sylvian(shape, m, bend, slow), 2.0)
}

/// Distance (mm) to the fluid of the Sylvian fissure: a cleft from the side that ends on the insula.
#[inline]
fn sylvian(shape: &Shape, m: Vec3, bend: f32, slow: f32) -> f32 {
    const INSULA: f32 = 39.0;
    // The cleft rises towards the back.
    let level = -11.0 - 0.32 * (m.y - 22.0) + 1.5 * slow + 0.8 * bend;
    let width = 0.3 + (shape.sulcus_width + 0.3) * (0.8 + 1.4 * smoothstep(0.0, 28.0, m.y));
    let ends = (m.y - 34.0).max(-42.0 - m.y).max(0.0);
    let cleft = v((INSULA - 2.0 - m.x).max(0.0), ends, (m.z - level).abs()).norm();
    let insula = v(
        (m.x - INSULA - 0.5 * bend + 0.012 * (m.y - 2.0).powi(2) + 0.02 * (m.z - level - 4.0).powi(2)).abs(),
        ((m.y - 2.0).abs() - 20.0).max(0.0),
        ((m.z - level - 4.0).abs() - 11.0).max(0.0),
    )
    .norm();
    cleft.min(insula) - width
}

/// Outline of the inner white matter and nuclei, where there is no cortex: around the basal ganglia, and
/// the corpus callosum.
#[inline]
fn core(m: Vec3) -> f32 {
    let ganglia = ellipsoid(m - v(0.0, -8.0, 5.0), v(33.0, 37.0, 22.0));
    let peduncle = tube(m, v(14.0, -16.0, 0.0), v(8.0, -20.0, -14.0), 12.0, 8.0);
    smooth_min(smooth_min(ganglia, peduncle, 6.0), callosum(m), 3.0)
}

/// Outline of the corpus callosum: an arch in the midline that spreads sideways.
#[inline]
fn callosum(m: Vec3) -> f32 {
    const ARCH: [(Vec3, f32); 11] = [
        (v(0.0, 21.0, -1.0), 1.6),
        (v(0.0, 29.0, 1.5), 2.8),
        (v(0.0, 33.5, 8.0), 4.0),
        (v(0.0, 31.0, 15.5), 3.8),
        (v(0.0, 22.0, 22.0), 3.2),
        (v(0.0, 8.0, 26.5), 2.8),
        (v(0.0, -8.0, 28.0), 2.7),
        (v(0.0, -24.0, 25.5), 2.7),
        (v(0.0, -36.0, 19.5), 3.4),
        (v(0.0, -42.0, 12.0), 4.4),
        (v(0.0, -39.5, 6.5), 4.0),
    ];
    // Farther away it is of no account.
    if m.x > 30.0 || m.y > 46.0 || m.y < -54.0 || m.z > 40.0 || m.z < -10.0 {
        return 8.0;
    }
    // Sideways the arch curves up a little and ends in the white matter of the hemisphere.
    let flat = v((m.x - 18.0).max(0.0), m.y, m.z - 0.05 * m.x);
    crate::sdf::chain(flat, &ARCH)
}
