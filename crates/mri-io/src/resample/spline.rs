//! The prefilter that makes a B-spline pass through the voxels.

use ndarray::Axis;
use rayon::prelude::*;

use crate::Volume;

/// Rows that are filtered together along the first axis: their lines fit the cache of a core.
const ROWS: usize = 4;

/// Coefficients whose cubic B-spline passes through the voxels (Unser 1999, box 2).
pub(super) fn coefficients(volume: &Volume<f32>) -> Volume<f32> {
    let [ni, nj, nk] = volume.shape();
    let mut out = Volume::filled(&volume.grid(), 0.0).expect("the volume has voxels");
    let planes = volume.as_slice().par_chunks(nj * nk).zip(out.as_mut_slice().par_chunks_mut(nj * nk));
    planes.for_each_init(Vec::new, |turned, (source, plane)| {
        turned.resize(nj * nk, 0.0);
        turn(source, turned, nk);
        filter(turned, nk);
        turn(turned, plane, nj);
        filter(plane, nj);
    });
    let mut data = out.data_mut();
    data.axis_chunks_iter_mut(Axis(1), ROWS).into_par_iter().for_each_init(Vec::new, |lines, mut rows| {
        lines.clear();
        rows.outer_iter().for_each(|line| lines.extend_from_slice(line.to_slice().expect("whole rows")));
        filter(lines, ni);
        let stride = lines.len() / ni;
        for (mut row, line) in rows.outer_iter_mut().zip(lines.chunks_exact(stride)) {
            row.as_slice_mut().expect("whole rows").copy_from_slice(line);
        }
    });
    out
}

/// Turns rows of `width` values into columns.
fn turn(rows: &[f32], columns: &mut [f32], width: usize) {
    let height = rows.len() / width;
    for (column, out) in columns.chunks_exact_mut(height).enumerate() {
        out.iter_mut().zip(rows[column..].iter().step_by(width)).for_each(|(out, &value)| *out = value);
    }
}

/// Filters along an axis of `length` lines, all values of a line side by side.
fn filter(data: &mut [f32], length: usize) {
    const POLE: f32 = -0.267_949_2; // sqrt(3) - 2
    const GAIN: f32 = 6.0; // of both passes
    if length == 1 {
        return;
    }
    let stride = data.len() / length;
    // Mirrored start of the causal pass: as many terms as f32 can tell from zero.
    let horizon = length.min(14);
    let mut first = vec![0.0; stride];
    let mut add = |step: usize, weight: f32| {
        let line = &data[step * stride..][..stride];
        first.iter_mut().zip(line).for_each(|(sum, &value)| *sum += weight * value);
    };
    (0..horizon).for_each(|step| add(step, POLE.powi(step as i32)));
    if horizon == length {
        // A short axis: the mirror image comes round again before the terms fade.
        (1..length - 1).for_each(|step| add(step, POLE.powi((2 * (length - 1) - step) as i32)));
    }
    let round = if horizon == length { 1.0 - POLE.powi(2 * (length as i32 - 1)) } else { 1.0 };
    data.iter_mut().zip(&first).for_each(|(value, sum)| *value = GAIN * sum / round);
    for step in 1..length {
        let (before, line) = data.split_at_mut(step * stride);
        let before = &before[(step - 1) * stride..];
        line.iter_mut().zip(before).for_each(|(value, before)| *value = GAIN * *value + POLE * before);
    }
    let scale = POLE / (POLE * POLE - 1.0);
    let (before, last) = data.split_at_mut((length - 1) * stride);
    let before = &before[(length - 2) * stride..];
    last.iter_mut().zip(before).for_each(|(value, before)| *value = scale * (*value + POLE * before));
    for step in (0..length - 1).rev() {
        let (line, after) = data.split_at_mut((step + 1) * stride);
        let line = &mut line[step * stride..];
        line.iter_mut().zip(&*after).for_each(|(value, after)| *value = POLE * (after - *value));
    }
}
