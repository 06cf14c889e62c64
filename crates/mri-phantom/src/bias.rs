//! Smooth receive sensitivity: a random polynomial of second degree over the field of view.

use crate::random::Stream;

/// Sensitivity as a function of position in the field of view (-1 to 1 along each axis).
pub(crate) struct BiasField {
    /// Coefficients of x, y, z, x^2, y^2, z^2, xy, xz, yz.
    terms: [f32; 9],
}

impl BiasField {
    /// Draws a field that deviates from 1 by at most `strength`, and by at least half of it.
    pub(crate) fn draw(strength: f64, stream: &mut Stream) -> Self {
        let raw: [f64; 9] = std::array::from_fn(|_| stream.uniform(-1.0, 1.0));
        let largest: f64 = raw.iter().map(|term| term.abs()).sum();
        let factor = strength * stream.uniform(0.5, 1.0) / largest;
        Self { terms: raw.map(|term| (term * factor) as f32) }
    }

    /// The field along a line of constant x and y, as coefficients of 1, z and z^2.
    #[inline]
    pub(crate) fn along(&self, x: f32, y: f32) -> [f32; 3] {
        let [tx, ty, tz, xx, yy, zz, xy, xz, yz] = self.terms;
        [1.0 + x * (tx + xx * x + xy * y) + y * (ty + yy * y), tz + xz * x + yz * y, zz]
    }
}
