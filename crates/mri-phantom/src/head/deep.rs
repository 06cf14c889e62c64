//! Nuclei and ventricles.

use super::shape::Shape;
use crate::paint::Painter;
use crate::sdf::{Vec3, chain, ellipsoid, tube, v};
use crate::tissue::Tissue;

/// Lateral ventricle: frontal horn, body, atrium, occipital horn.
const LATERAL: [(Vec3, f32); 7] = [
    (v(11.5, 33.0, 5.0), 2.4),
    (v(9.5, 22.0, 11.0), 6.0),
    (v(9.0, 4.0, 18.5), 6.2),
    (v(12.5, -20.0, 19.0), 6.2),
    (v(23.0, -39.0, 10.0), 6.8),
    (v(25.0, -55.0, 5.0), 4.2),
    (v(22.0, -72.0, 4.0), 1.4),
];
/// Its temporal horn, from the atrium.
const TEMPORAL: [(Vec3, f32); 4] = [
    (v(25.0, -38.0, 6.0), 5.0),
    (v(32.0, -27.0, -8.0), 2.6),
    (v(32.5, -12.0, -16.0), 2.2),
    (v(29.0, 0.0, -18.0), 1.8),
];

/// Paints ventricles and nuclei, these only within the `hull` of the brain. Caudate and thalamus bulge into the lateral ventricles, which gives these
/// their shape in cross-section; the third and fourth ventricles are cut out of what is around them.
pub(crate) fn paint(p: &mut Painter, shape: &Shape, a: Vec3, m: Vec3, hull: f32) {
    if m.x > 42.0 || a.y > 46.0 || a.y < -84.0 || a.z > 38.0 || a.z < -48.0 {
        return;
    }
    if a.z > -26.0 {
        lateral_ventricles(p, shape, a, m);
        nuclei(p, shape, a, m, hull);
    }
    if m.x < 12.0 {
        middle_ventricles(p, shape, m);
    }
}

fn nuclei(p: &mut Painter, shape: &Shape, a: Vec3, m: Vec3, hull: f32) {
    let gain = 1.0 + 0.015 * shape.grain.at(a);
    let mut grey = |distance: f32| p.cover_scaled(distance.max(hull), Tissue::DeepGrey, gain);
    grey(chain(
        m,
        &[
            (v(13.5, 24.0, 3.0), 5.6),
            (v(15.0, 12.0, 12.0), 5.0),
            (v(18.5, -10.0, 19.0), 3.2),
            (v(22.0, -30.0, 17.0), 2.0),
        ],
    ));
    // The lentiform nucleus is turned: its front lies nearer to the midline.
    let turned = |q: Vec3| v(q.x * 0.95 + q.y * 0.22, q.y * 0.97 - q.x * 0.22, q.z);
    grey(ellipsoid(turned(m - v(26.0, 3.0, 2.0)), v(5.4, 17.0, 10.5)));
    grey(ellipsoid(turned(m - v(10.5, -18.0, 6.5)), v(9.0, 15.5, 9.5)));
    grey(chain(m, &[(v(23.0, 0.0, -19.0), 7.0), (v(27.0, -14.0, -17.0), 4.6), (v(26.0, -30.0, -8.0), 4.0)]));
    // The claustrum, a thin sheet below the insula.
    grey(ellipsoid(turned(m - v(33.2, 1.0, 2.0)), v(0.8, 16.0, 10.0)));
    let mut dark = |distance: f32| p.cover_scaled(distance, Tissue::Pallidum, gain);
    dark(ellipsoid(turned(m - v(19.5, -0.5, 0.5)), v(4.2, 10.0, 6.5)));
    dark(ellipsoid(m - v(4.8, -19.0, -8.0), v(3.2, 3.2, 3.6)));
    dark(ellipsoid(m - v(9.5, -16.5, -10.5), v(5.5, 1.8, 3.0)));
}

fn lateral_ventricles(p: &mut Painter, shape: &Shape, a: Vec3, m: Vec3) {
    let scaled = |nodes: &[(Vec3, f32)]| {
        nodes.windows(2).fold(f32::MAX, |d, w| {
            d.min(tube(m, w[0].0, w[1].0, w[0].1 * shape.ventricles, w[1].1 * shape.ventricles))
        })
    };
    if a.z > -4.0 {
        // The septum keeps the two sides apart, the callosum roofs them.
        p.cover(scaled(&LATERAL).max(0.8 - m.x), Tissue::Ventricle);
    }
    if m.x > 18.0 {
        p.cover(scaled(&TEMPORAL), Tissue::Ventricle);
    }
}

fn middle_ventricles(p: &mut Painter, shape: &Shape, m: Vec3) {
    let grow = shape.ventricles;
    let adhesion = ellipsoid(m - v(0.0, -12.0, 1.0), v(9.0, 4.0, 3.5));
    let slit = ellipsoid(m - v(0.0, -10.0, -3.0), v(2.0 * grow, 13.0, 6.5));
    let recess = tube(m, v(0.0, -2.0, -6.0), v(0.0, 3.0, -12.0), 2.0 * grow, 1.4);
    let third = slit.max(-adhesion).min(recess);
    let aqueduct = tube(m, v(0.0, -24.0, -6.0), v(0.0, -38.0, -24.0), 0.9, 1.0);
    let fourth = ellipsoid(m - v(0.0, -40.5, -33.0), v(7.0 * grow, 4.6 * grow, 9.5));
    p.cover(third.min(aqueduct).min(fourth), Tissue::Ventricle);
}
