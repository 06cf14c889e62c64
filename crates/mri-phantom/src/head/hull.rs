//! Outlines of the head's large parts as signed distances in anatomical coordinates (mm, RAS+, origin
//! near the anterior commissure). Shapes are symmetric: the argument is folded to the right side.

use crate::sdf::{Vec3, ellipsoid, smooth_max, smooth_min, smoothstep, tube, v};

/// Outlines of the brain's parts and of the cavity that holds them.
pub(crate) struct Hulls {
    pub(crate) cerebrum: f32,
    pub(crate) cerebellum: f32,
    pub(crate) stem: f32,
    /// Smooth hull of all three, down to the foramen magnum: the brain mask.
    pub(crate) brain: f32,
    /// Inner face of the skull.
    pub(crate) cavity: f32,
    /// Height above the tentorium (only behind the brain stem).
    pub(crate) tentorium: f32,
}

/// Height (mm) above the tentorium at a folded point.
#[inline]
pub(crate) fn tentorium(m: Vec3) -> f32 {
    m.z - (1.0 - 0.26 * m.x + 0.2 * (m.y + 50.0))
}

/// All outlines at a folded point (`x >= 0`), with `fluid` mm of fluid around the brain.
pub(crate) fn hulls(m: Vec3, fluid: f32) -> Hulls {
    // The cerebrum is narrower in front than behind.
    let egg = 1.0 + 0.0017 * (m.y + 17.0).max(-25.0);
    let main = ellipsoid(v(m.x * egg, m.y + 17.0, m.z - 11.0), v(68.0, 84.0, 60.0));
    let tentorium = tentorium(m);
    let front = smoothstep(-42.0, -14.0, m.y);
    let orbital = m.z + 17.0;
    let base = (tentorium - 0.8) * (1.0 - front) + orbital * front;
    let upper = smooth_max(main, -base, 3.5);
    let temporal = ellipsoid(v(m.x - 41.0 - 0.08 * m.y, m.y + 12.0, m.z + 20.0), v(21.0, 46.0, 20.0));
    let temporal_floor = (tentorium - 0.8) * (1.0 - front) + (m.z + 60.0) * front;
    let temporal = smooth_max(temporal, -temporal_floor, 2.5);
    let cerebrum = smooth_min(upper, temporal, 8.0);

    let lobes = ellipsoid(v(m.x - 24.0, m.y + 63.0, m.z + 32.0), v(28.0, 26.0, 25.0));
    let vermis = ellipsoid(v(m.x, m.y + 59.0, m.z + 30.0), v(16.0, 25.0, 22.0));
    let culmen = ellipsoid(v(m.x, m.y + 54.0, m.z + 18.0), v(19.0, 19.0, 19.0));
    let cerebellum =
        smooth_max(smooth_min(smooth_min(lobes, vermis, 6.0), culmen, 6.0), tentorium + 0.8, 2.0);

    let pons = ellipsoid(v(m.x, m.y + 23.0, m.z + 30.0), v(16.0, 12.5, 14.0));
    let midbrain = tube(m, v(4.0, -19.0, -4.0), v(4.0, -24.0, -22.0), 13.0, 10.0);
    let medulla = tube(m, v(0.0, -28.0, -38.0), v(0.0, -37.0, -62.0), 9.0, 6.5);
    let cord = tube(m, v(0.0, -37.0, -62.0), v(0.0, -38.0, -110.0), 6.5, 5.5);
    let stem = smooth_min(smooth_min(pons, midbrain, 5.0), smooth_min(medulla, cord, 1.0), 5.0);

    let brain = smooth_min(smooth_min(cerebrum, cerebellum, 8.0), stem, 8.0);
    // The cisterns between the parts belong to the cavity.
    let cisterns = ellipsoid(v(m.x, m.y + 34.0, m.z + 8.0), v(18.0, 26.0, 14.0));
    let brains = smooth_min(smooth_min(cerebrum, cerebellum, 12.0), stem - 1.5, 12.0);
    let cavity = smooth_min(brains - fluid, cisterns, 6.0);
    Hulls { cerebrum, cerebellum, stem, brain: smooth_max(brain, -60.0 - m.z, 2.0), cavity, tentorium }
}

/// Skin of the head. `cavity` is the inner face of the skull, `cover` the thickness of skull and scalp.
pub(crate) fn skin(m: Vec3, cavity: f32, cover: f32) -> f32 {
    // The temporal muscle lies between skull and skin.
    let temporal = v((m.x - 62.0) / 22.0, (m.y - 18.0) / 30.0, (m.z + 14.0) / 28.0).norm_squared();
    let muscle = if temporal < 4.0 { 6.0 * (-temporal).exp() } else { 0.0 };
    let cranium = cavity - cover - muscle;
    let face = ellipsoid(v(m.x, m.y - 40.0, m.z + 52.0), v(62.0, 48.0, 62.0));
    let nose = ellipsoid(v(m.x, m.y - 86.0, m.z + 48.0), v(13.0, 20.0, 18.0));
    let neck = ellipsoid(v(m.x, m.y + 34.0, m.z + 80.0), v(64.0, 66.0, 62.0));
    let ear =
        ellipsoid(v(m.x - 79.0 - 0.3 * (m.y + 22.0).min(0.0), m.y + 22.0, m.z + 34.0), v(4.0, 15.0, 24.0));
    let face = smooth_min(face, nose, 10.0);
    smooth_min(smooth_min(smooth_min(cranium, face, 14.0), neck, 14.0), ear, 5.0)
}
