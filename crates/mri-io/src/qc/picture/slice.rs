//! One slice as a picture: grey values, and the outlines on it.

use nalgebra::Point3;

use super::canvas::Picture;
use super::frame::{Frame, Plane};
use super::palette::Colour;
use crate::Volume;

/// Half the width of an outline in pixels.
const HALF_LINE: f32 = 0.7;

/// What is in the pixels of one slice, row by row.
pub(super) struct Slice {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// Intensities that are shown as black and as white.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tone {
    pub(super) black: f32,
    pub(super) white: f32,
}

impl Slice {
    /// Samples a slice of the frame at `scale` pixels for each mm.
    pub(super) fn sample(
        frame: &Frame,
        plane: Plane,
        depth: f64,
        scale: f64,
        value: impl Fn(Point3<f64>) -> f32,
    ) -> Self {
        let [across, up, _] = plane.axes();
        let pixels = |axis: usize| ((frame.size[axis] * scale).round() as usize).max(1);
        let (width, height) = (pixels(across), pixels(up));
        let mm = |pixel: usize| (pixel as f64 + 0.5) / scale;
        let at = |pixel: usize| value(frame.point(plane, depth, mm(pixel % width), mm(pixel / width)));
        Self { width, height, values: (0..width * height).map(at).collect() }
    }

    pub(super) fn to_picture(&self, tone: Tone) -> Picture {
        let mut picture = Picture::new(self.width, self.height, [0; 3]);
        for (pixel, &value) in self.values.iter().enumerate() {
            let share = (value - tone.black) / (tone.white - tone.black);
            picture.blend(pixel % self.width, pixel / self.width, [255; 3], share.clamp(0.0, 1.0));
        }
        picture
    }

    /// Weights 1, 2, 1 along both sides: takes the stairs of single voxels out of an outline.
    pub(super) fn smoothed(&self) -> Self {
        let value = |x: usize, y: usize| self.values[y * self.width + x];
        let (right, bottom) = (self.width - 1, self.height - 1);
        let mut values = Vec::with_capacity(self.values.len());
        for y in 0..self.height {
            for x in 0..self.width {
                let row =
                    |y| value(x.saturating_sub(1), y) + 2.0 * value(x, y) + value((x + 1).min(right), y);
                values.push((row(y.saturating_sub(1)) + 2.0 * row(y) + row((y + 1).min(bottom))) / 16.0);
            }
        }
        Self { values, ..*self }
    }

    /// Draws the line where the values pass `level`, with a dark rim, onto the picture of a slice of the same size. With `within`, only
    /// where that is above 0.9.
    pub(super) fn outline(&self, picture: &mut Picture, level: f32, colour: Colour, within: Option<&Self>) {
        let value = |x: usize, y: usize| self.values[y * self.width + x];
        for y in 1..self.height.saturating_sub(1) {
            for x in 1..self.width.saturating_sub(1) {
                if within.is_some_and(|within| within.values[y * self.width + x] <= 0.9) {
                    continue;
                }
                let slope =
                    0.5 * (value(x + 1, y) - value(x - 1, y)).hypot(value(x, y + 1) - value(x, y - 1));
                // To first order the line is this many pixels away.
                let distance = (value(x, y) - level).abs() / slope.max(f32::MIN_POSITIVE);
                picture.blend(x, y, [0; 3], 0.6 * (HALF_LINE + 1.5 - distance).clamp(0.0, 1.0));
                picture.blend(x, y, colour, (HALF_LINE + 0.5 - distance).clamp(0.0, 1.0));
            }
        }
    }
}

/// Trilinear interpolation at a world position (mm); 0 outside of the volume.
pub(super) fn interpolate<T>(volume: &Volume<T>, number: impl Fn(&T) -> f32, world: Point3<f64>) -> f32 {
    let voxel = volume.affine().world_to_voxel(world);
    let shape = volume.shape();
    let inside = |axis: usize| voxel[axis] > -0.5 && voxel[axis] < shape[axis] as f64 - 0.5;
    if !(0..3).all(inside) {
        return 0.0;
    }
    // Up to half a voxel beyond the centres the outermost voxels go on.
    let (mut below, mut above, mut share) = ([0; 3], [0; 3], [0.0_f32; 3]);
    for axis in 0..3 {
        let last = shape[axis] - 1;
        let index = voxel[axis].clamp(0.0, last as f64);
        below[axis] = index as usize;
        above[axis] = (below[axis] + 1).min(last);
        share[axis] = index.fract() as f32;
    }
    let data = volume.data();
    let mut sum = 0.0;
    for corner in 0..8_usize {
        let upper = [0, 1, 2].map(|axis| corner >> axis & 1 == 1);
        let weight: f32 =
            (0..3).map(|axis| if upper[axis] { share[axis] } else { 1.0 - share[axis] }).product();
        if weight > 0.0 {
            let index = [0, 1, 2].map(|axis| if upper[axis] { above[axis] } else { below[axis] });
            sum += weight * number(&data[index]);
        }
    }
    sum
}
