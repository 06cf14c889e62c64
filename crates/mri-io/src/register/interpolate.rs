//! Trilinear interpolation of 8-bit volumes, with its derivative.

use super::pyramid::Level;

/// Reads a [`Level`] between its voxels; positions outside are moved to the border.
pub(super) struct Sampler<'a> {
    data: &'a [u8],
    shape: [usize; 3],
}

impl<'a> Sampler<'a> {
    pub(super) fn new(level: &'a Level) -> Self {
        Self { data: &level.data, shape: level.shape }
    }

    /// The value at a voxel position.
    #[inline]
    pub(super) fn value(&self, voxel: [f32; 3]) -> f32 {
        self.value_and_gradient(voxel).0
    }

    /// The value at a voxel position and its derivative along the three voxel axes.
    #[inline]
    pub(super) fn value_and_gradient(&self, voxel: [f32; 3]) -> (f32, [f32; 3]) {
        let [(x0, x1, fx, dx), (y0, y1, fy, dy), (z0, z1, fz, dz)] =
            [0, 1, 2].map(|axis| between(voxel[axis], self.shape[axis]));
        let row = |x: usize, y: usize| (x * self.shape[1] + y) * self.shape[2];
        let pair = |row: usize| (f32::from(self.data[row + z0]), f32::from(self.data[row + z1]));
        let corners = [pair(row(x0, y0)), pair(row(x0, y1)), pair(row(x1, y0)), pair(row(x1, y1))];
        let [v00, v01, v10, v11] = corners.map(|(a, b)| a + fz * (b - a));
        let [s00, s01, s10, s11] = corners.map(|(a, b)| b - a);
        let mix = |a: f32, b: f32, f: f32| a + f * (b - a);
        let (low, high) = (mix(v00, v01, fy), mix(v10, v11, fy));
        let along_x = high - low;
        let along_y = mix(v01 - v00, v11 - v10, fx);
        let along_z = mix(mix(s00, s01, fy), mix(s10, s11, fy), fx);
        (low + fx * along_x, [along_x * dx, along_y * dy, along_z * dz])
    }
}

/// The two voxels around a position along an axis, the weight of the second, and the derivative of the
/// (clamped) position: 1 inside, 0 outside.
#[inline]
fn between(position: f32, length: usize) -> (usize, usize, f32, f32) {
    let last = (length - 1) as f32;
    let clamped = position.clamp(0.0, last);
    let low = (clamped as usize).min(length.saturating_sub(2));
    let inside = if clamped == position { 1.0 } else { 0.0 };
    (low, (low + 1).min(length - 1), clamped - low as f32, inside)
}
