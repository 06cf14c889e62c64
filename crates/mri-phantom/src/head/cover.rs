//! What lies around the brain: scalp, skull, face, neck, and the fluid with its dura and vessels.

use super::hull::Hulls;
use super::shape::Shape;
use crate::paint::Painter;
use crate::sdf::{Vec3, chain, ellipsoid, smoothstep, tube, v};
use crate::tissue::Tissue;

/// Thickness of the compact bone on either side of the marrow (mm).
const COMPACT: f32 = 1.7;

/// Thickness of the skull at an anatomical point (mm).
#[inline]
pub(crate) fn skull_thickness(shape: &Shape, a: Vec3, slow: f32) -> f32 {
    // Thin at the temples, thick at the back.
    let temple = smoothstep(40.0, 66.0, a.x.abs()) * smoothstep(-50.0, -20.0, a.y);
    let back = smoothstep(-60.0, -100.0, a.y);
    (shape.skull * (1.0 - 0.4 * temple + 0.25 * back) + 0.8 * slow).max(3.4)
}

/// Paints everything outside the brain's cavity.
pub(crate) fn paint(p: &mut Painter, shape: &Shape, a: Vec3, m: Vec3, skin: f32, hulls: &Hulls, slow: f32) {
    let grain = shape.grain.at(a);
    let thickness = skull_thickness(shape, a, slow);
    // Above this the vault has three layers; below are the skull base, face and neck.
    let base = m.z - (-18.0 + 0.36 * (a.y - 60.0).min(0.0)).max(-62.0);

    p.cover_scaled(skin, Tissue::Skin, 1.0 + 0.1 * grain);
    p.cover_scaled(skin + 1.9, Tissue::Fat, 1.0 + 0.07 * slow + 0.09 * grain);
    if base < 25.0 {
        // Muscle with septa of fat, deeper below the skin.
        let layer = 3.5 + 2.5 * shape.bend.at(a).abs();
        let septum = (shape.bend.at(a * 0.7)).abs() * 9.0 - 1.0;
        p.cover_scaled((skin + layer).max(-septum).max(base - 8.0), Tissue::Muscle, 1.0 + 0.25 * grain);
    }
    if (0.0..60.0).contains(&a.y) || base < 30.0 {
        let temporal = ellipsoid(v(m.x - 62.0, a.y - 18.0, a.z + 14.0), v(16.0, 38.0, 36.0));
        p.cover_scaled(temporal.max(skin + 4.2), Tissue::Muscle, 1.0 + 0.25 * grain);
    }

    let d = hulls.cavity;
    let vault = (d - thickness).max(-base);
    if d < thickness + 2.0 {
        p.cover(vault, Tissue::Bone);
        let marrow = (COMPACT - d).max(d - (thickness - COMPACT)).max(-base);
        p.cover_scaled(marrow, Tissue::Marrow, 1.0 + 0.3 * slow + 0.35 * grain);
        // The skull base: irregular bone with islands of marrow.
        let ground = 6.0 + 3.0 * slow;
        p.cover((d - ground).max(base), Tissue::Bone);
        p.cover_scaled(
            (2.4 - d).max(d - ground + 1.5).max(base).max(0.5 - slow),
            Tissue::Marrow,
            0.9 + 0.3 * grain,
        );
    }
    if base < 12.0 {
        face(p, shape, a, m, skin, d, grain);
        vertebrae(p, m, grain);
    }
    p.cover(d, Tissue::Bone);
}

/// Orbits, nose and sinuses.
fn face(p: &mut Painter, shape: &Shape, a: Vec3, m: Vec3, skin: f32, cavity: f32, grain: f32) {
    if a.y < -5.0 {
        return;
    }
    // Clivus and sphenoid bone around the sphenoid sinus.
    p.cover(ellipsoid(v(m.x, a.y - 12.0, a.z + 34.0), v(20.0, 20.0, 16.0)), Tissue::Bone);
    p.cover_scaled(
        ellipsoid(v(m.x, a.y - 3.0, a.z + 42.0), v(9.0, 7.0, 15.0)),
        Tissue::Marrow,
        1.0 + 0.4 * grain,
    );
    let mucosa = 0.8 + 0.5 * shape.bend.at(a).abs();
    for (centre, radii) in [
        (v(0.0, 16.0, -30.0), v(13.0, 12.0, 9.0)),
        (v(6.0, 48.0, -27.0), v(7.5, 22.0, 11.0)),
        (v(31.0, 46.0, -58.0), v(14.5, 17.0, 15.0)),
        (v(0.0, 73.0, 1.0), v(17.0, 4.0, 9.0)),
    ] {
        let sinus = ellipsoid(m - centre, radii).max(2.0 - cavity);
        p.cover(sinus - 1.6, Tissue::Bone);
        p.cover(sinus, Tissue::Mucosa);
        p.cover(sinus + mucosa, Tissue::Air);
    }
    // Nasal cavity: air between bright turbinates and the septum.
    let nose = ellipsoid(v(m.x, a.y - 54.0, a.z + 54.0), v(15.0, 33.0, 20.0));
    p.cover(nose, Tissue::Mucosa);
    let turbinates = 2.2 * (0.55 * a.z + 1.5 * shape.bend.at(a)).sin() - 0.4;
    p.cover((nose + 1.0).max(-turbinates).max(1.2 - m.x), Tissue::Air);

    let orbit =
        ellipsoid(v(m.x - 31.0 + 0.25 * (a.y - 58.0).min(0.0), a.y - 52.0, a.z + 31.0), v(17.0, 26.0, 17.0));
    // The roof of the orbit is thin bone.
    let orbit = orbit.max(2.6 - cavity);
    if orbit < 2.0 {
        p.cover((orbit - 1.5).max(skin + 6.0), Tissue::Bone);
        p.cover_scaled(orbit.max(skin + 2.2), Tissue::Fat, 0.92 + 0.06 * grain);
        let nerve =
            chain(m, &[(v(31.0, 50.0, -31.0), 2.0), (v(20.0, 32.0, -24.0), 2.0), (v(9.0, 14.0, -19.0), 2.2)]);
        p.cover(nerve - 1.2, Tissue::Csf);
        p.cover(nerve, Tissue::NerveTissue);
        for (front, back) in [
            (v(44.0, 60.0, -31.0), v(24.0, 30.0, -25.0)),
            (v(19.5, 60.0, -31.0), v(17.0, 30.0, -25.0)),
            (v(31.0, 58.0, -19.0), v(21.0, 30.0, -19.0)),
            (v(31.0, 58.0, -43.0), v(21.0, 30.0, -31.0)),
        ] {
            p.cover_scaled(tube(m, front, back, 1.5, 2.6), Tissue::Muscle, 1.5);
        }
    }
    let eye = m - v(31.5, 62.0, -31.0);
    let ball = (eye.norm() - 12.2).max(2.0 - cavity);
    if ball < 3.0 {
        p.cover(ball, Tissue::Muscle);
        p.cover(ball + 1.1, Tissue::Vitreous);
        p.cover(ellipsoid(eye - v(0.0, 8.4, 0.0), v(4.6, 2.1, 4.6)), Tissue::Bone);
    }
}

/// Upper vertebrae in front of the cord, and the mastoids.
fn vertebrae(p: &mut Painter, m: Vec3, grain: f32) {
    if m.y > 10.0 || m.z > -20.0 {
        return;
    }
    let mastoid = ellipsoid(m - v(50.0, -28.0, -46.0), v(13.0, 17.0, 15.0));
    p.cover(mastoid, Tissue::Bone);
    p.cover(mastoid.max(0.6 - grain), Tissue::Mucosa);
    let body = ellipsoid(m - v(0.0, -16.0, -82.0), v(12.0, 9.0, 20.0));
    p.cover(body, Tissue::Bone);
    p.cover_scaled(body + 1.8, Tissue::Marrow, 1.0 + 0.3 * grain);
}

/// Fluid of the cavity, with falx, tentorium, sinus and the great arteries, which give no signal.
pub(crate) fn paint_fluid(p: &mut Painter, a: Vec3, m: Vec3, hulls: &Hulls) {
    let d = hulls.cavity;
    p.cover(d + 0.4, Tissue::Csf);
    if m.x < 5.0 && a.z > -14.0 {
        // Falx, and the superior sagittal sinus along its root.
        let reach = 34.0 - 0.2 * (a.y + 30.0);
        let floor = if a.y < -28.0 { -hulls.tentorium } else { -d - reach };
        p.cover((m.x - 0.45).max(-d - reach).max(floor), Tissue::Bone);
        p.cover(v(m.x * 1.1, 0.0, d + 0.5).norm() - 4.2, Tissue::Bone);
    }
    if a.y < -28.0 && hulls.tentorium.abs() < 4.0 {
        p.cover(
            (hulls.tentorium.abs() - 0.6).max(18.0 - (a.xz() - nalgebra::Vector2::new(0.0, -6.0)).norm()),
            Tissue::Bone,
        );
    }
    if a.y > -16.0 && a.y < 12.0 && a.z < -5.0 && m.x < 26.0 {
        let basilar = tube(m, v(0.0, -8.5, -44.0), v(0.0, -8.0, -16.0), 1.7, 1.7);
        let carotid = chain(
            m,
            &[
                (v(14.0, 2.0, -40.0), 2.4),
                (v(13.0, 8.0, -24.0), 2.4),
                (v(13.0, 2.0, -17.0), 2.2),
                (v(24.0, 3.0, -15.0), 1.4),
            ],
        );
        p.cover(basilar.min(carotid), Tissue::Bone);
    }
}
