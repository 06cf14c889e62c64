//! Exact Euclidean distance to a mask (Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", Theory of
//! Computing 8, 2012). `mri-io` has one of its own, whose squares are `f32`: either alone keeps the bits of its results.

use ndarray::{Array3, ArrayView3, Axis, Zip};

/// Distance (mm) from the centre of each voxel to that of the nearest marked one; infinite if none is marked. `spacing` is
/// that of voxels, in mm. As `scipy.ndimage.distance_transform_edt` of the mask's complement.
pub(crate) fn distance_to(marked: ArrayView3<'_, bool>, spacing: [f64; 3]) -> Array3<f32> {
    let mut squares = marked.mapv(|marked| if marked { 0.0 } else { f64::INFINITY });
    for (axis, step) in spacing.into_iter().enumerate() {
        Zip::from(squares.lanes_mut(Axis(axis))).par_for_each(|mut lane| {
            let values: Vec<f64> = lane.iter().copied().collect();
            let envelope = Envelope::of(&values, step);
            lane.iter_mut().zip(envelope.lowest()).for_each(|(value, lowest)| *value = lowest);
        });
    }
    squares.mapv(|square| square.sqrt() as f32)
}

/// The lower envelope of one parabola on each voxel of a line, by whose height at a voxel the distance along the line is
/// added to what the axes before gave.
struct Envelope<'a> {
    heights: &'a [f64],
    step: f64,
    /// Voxels whose parabolas are part of the envelope, and where each begins to be the lowest (mm).
    parts: Vec<(usize, f64)>,
}

impl<'a> Envelope<'a> {
    fn of(heights: &'a [f64], step: f64) -> Self {
        let mut parts: Vec<(usize, f64)> = Vec::new();
        let place = |voxel: usize| voxel as f64 * step;
        for (voxel, height) in heights.iter().enumerate().filter(|(_, height)| height.is_finite()) {
            let begin = loop {
                let Some(&(last, begin)) = parts.last() else { break f64::NEG_INFINITY };
                let (a, b) = (place(last), place(voxel));
                let meet = ((height + b * b) - (heights[last] + a * a)) / (2.0 * (b - a));
                if meet > begin {
                    break meet;
                }
                parts.pop();
            };
            parts.push((voxel, begin));
        }
        Self { heights, step, parts }
    }

    /// The envelope at each voxel.
    fn lowest(&self) -> impl Iterator<Item = f64> {
        let mut part = 0;
        (0..self.heights.len()).map(move |voxel| {
            let place = voxel as f64 * self.step;
            while self.parts.get(part + 1).is_some_and(|(_, begin)| *begin < place) {
                part += 1;
            }
            self.parts.get(part).map_or(f64::INFINITY, |(centre, _)| {
                (place - *centre as f64 * self.step).powi(2) + self.heights[*centre]
            })
        })
    }
}
