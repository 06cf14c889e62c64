//! Signed distances (mm, negative inside) of simple shapes, and smooth ways to join them.

use nalgebra::Vector3;

pub(crate) type Vec3 = Vector3<f32>;

pub(crate) const fn v(x: f32, y: f32, z: f32) -> Vec3 {
    Vector3::new(x, y, z)
}

/// Ellipsoid about the origin; exact on the surface, a good estimate near it.
#[inline]
pub(crate) fn ellipsoid(p: Vec3, radii: Vec3) -> f32 {
    let scaled = p.component_div(&radii);
    let k0 = scaled.norm();
    let k1 = scaled.component_div(&radii).norm();
    if k1 < 1e-6 { -radii.min() } else { k0 * (k0 - 1.0) / k1 }
}

/// Tube from `a` to `b` whose radius goes from `ra` to `rb`.
#[inline]
pub(crate) fn tube(p: Vec3, a: Vec3, b: Vec3, ra: f32, rb: f32) -> f32 {
    let (along, axis) = (p - a, b - a);
    let t = (along.dot(&axis) / axis.norm_squared()).clamp(0.0, 1.0);
    (along - axis * t).norm() - (ra + t * (rb - ra))
}

/// Union of tubes through points with radii.
#[inline]
pub(crate) fn chain(p: Vec3, nodes: &[(Vec3, f32)]) -> f32 {
    nodes.windows(2).fold(f32::MAX, |d, w| d.min(tube(p, w[0].0, w[1].0, w[0].1, w[1].1)))
}

/// Union with a seam rounded over about `k` mm.
#[inline]
pub(crate) fn smooth_min(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}

/// Intersection with a seam rounded over about `k` mm.
#[inline]
pub(crate) fn smooth_max(a: f32, b: f32, k: f32) -> f32 {
    -smooth_min(-a, -b, k)
}

/// 0 below `low`, 1 above `high`, smooth between.
#[inline]
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The largest whole number not above `x`. Faster than `f32::floor`, which is a call on most machines.
#[inline]
pub(crate) fn floor(x: f32) -> i32 {
    let whole = x as i32;
    whole - i32::from((whole as f32) > x)
}
