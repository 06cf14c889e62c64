//! What scanners and people do to a picture: uneven coils, blur, thick slices, noise, fields of view, defacing.

use nalgebra::{Rotation3, Vector3};
use ndarray::{Array3, Axis, Zip};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::field::{normal, smooth};
use crate::view::View;

/// Adds all, and tells where the scan reaches. `air` is the background, if that is exactly 0.
pub(crate) fn add(
    image: &mut Array3<f32>,
    air: &Array3<bool>,
    view: View,
    random: &mut ChaCha8Rng,
) -> Array3<bool> {
    let shape = [view.edge; 3];
    let amplitude = random.random_range(0.0..0.4_f32);
    let field = smooth(shape, random.random_range(70.0..160.0) / view.spacing, random);
    let gamma = (0.25 * normal(random)).exp();
    image.zip_mut_with(&field, |value, &field| {
        *value = (value.max(0.0) * (amplitude * field).exp()).powf(gamma);
    });
    for axis in 0..3 {
        let width = random.random_range(0.0..1.4_f32) * f32::from(u8::from(random.random_bool(0.5)));
        blur(image, Axis(axis), width / view.spacing);
    }
    if random.random_bool(0.5) {
        let slice = random.random_range(2.0..7.0_f32) / view.spacing;
        thicken(image, Axis(random.random_range(0..3)), slice, random);
    }
    let noise = if random.random_bool(0.7) { random.random_range(0.0..0.06_f32) } else { 0.0 };
    let keep_zero = random.random_bool(0.5);
    if noise > 0.0 {
        Zip::from(&mut *image).and(air).for_each(|value, &air| {
            if !(air && keep_zero) {
                *value = (*value + noise * normal(random)).hypot(noise * normal(random));
            }
        });
    }
    let known = field_of_view(view, random);
    Zip::from(&mut *image).and(&known).for_each(|value, &known| {
        if !known {
            *value = 0.0;
        }
    });
    if random.random_bool(0.08) {
        let fill = random.random_range(0.0..0.1);
        let normal_of_plane =
            Vector3::new(0.15 * normal(random), 1.0, -0.6 + 0.3 * normal(random)).normalize();
        let reach = random.random_range(70.0..100.0_f32);
        fill_where(image, view, fill, |point| normal_of_plane.dot(&point) > reach);
    }
    let exposure = random.random_range(0.75..1.25_f32);
    let high = robust_top(image).max(1e-3) / exposure;
    image.mapv_inplace(|value| (value / high).clamp(0.0, 1.5));
    known
}

/// Where the scan reaches: a box, perhaps oblique, that may cut the head.
fn field_of_view(view: View, random: &mut ChaCha8Rng) -> Array3<bool> {
    let shape = [view.edge; 3];
    if view.at_surface && random.random_bool(0.6) || random.random_bool(0.25) {
        return Array3::from_elem(shape, true);
    }
    let angle = if random.random_bool(0.4) { 12.0_f32 } else { 0.0 };
    let turn = Rotation3::from_scaled_axis(Vector3::from_fn(|_, _| (angle * normal(random)).to_radians()));
    // Low planes cut necks, now and then the base of the brain, high ones the vertex; sides seldom cut anything.
    let low = if random.random_bool(0.3) { 15.0..70.0 } else { 60.0..140.0 };
    let high = if random.random_bool(0.2) { 15.0..60.0 } else { 60.0..140.0 };
    let reach: [[f32; 2]; 3] = [
        [random.random_range(70.0..150.0), random.random_range(70.0..150.0)],
        [random.random_range(85.0..150.0), random.random_range(85.0..150.0)],
        [random.random_range(low), random.random_range(high)],
    ];
    let mut known = Array3::from_elem(shape, true);
    for ((i, j, k), known) in known.indexed_iter_mut() {
        let point = turn * from_middle(view, [i, j, k]);
        *known = (0..3).all(|axis| -reach[axis][0] <= point[axis] && point[axis] <= reach[axis][1]);
    }
    known
}

fn from_middle(view: View, at: [usize; 3]) -> Vector3<f32> {
    Vector3::from(at.map(|n| n as f32 - 0.5 * (view.edge as f32 - 1.0))) * view.spacing
}

fn fill_where(image: &mut Array3<f32>, view: View, fill: f32, inside: impl Fn(Vector3<f32>) -> bool) {
    for ((i, j, k), value) in image.indexed_iter_mut() {
        if inside(from_middle(view, [i, j, k])) {
            *value = fill;
        }
    }
}

/// The intensity that half a percent of the voxels that are not 0 exceed.
fn robust_top(image: &Array3<f32>) -> f32 {
    let mut values: Vec<f32> = image.iter().copied().filter(|&value| value > 0.0).collect();
    if values.is_empty() {
        return 1.0;
    }
    let place = values.len() - 1 - values.len() / 200;
    *values.select_nth_unstable_by(place, f32::total_cmp).1
}

/// Gaussian of a width (voxels, standard deviation) along an axis.
fn blur(image: &mut Array3<f32>, axis: Axis, width: f32) {
    if width < 0.15 {
        return;
    }
    let reach = (3.0 * width).ceil() as isize;
    let weights: Vec<f32> = (-reach..=reach).map(|n| (-0.5 * (n as f32 / width).powi(2)).exp()).collect();
    let total: f32 = weights.iter().sum();
    Zip::from(image.lanes_mut(axis)).for_each(|mut lane| {
        let line = lane.to_vec();
        let last = line.len() as isize - 1;
        for (at, value) in lane.iter_mut().enumerate() {
            let sum: f32 = (-reach..=reach)
                .zip(&weights)
                .map(|(n, weight)| weight * line[(at as isize + n).clamp(0, last) as usize])
                .sum();
            *value = sum / total;
        }
    });
}

/// Slices of a thickness (voxels) along an axis, and linear interpolation between them.
fn thicken(image: &mut Array3<f32>, axis: Axis, slice: f32, random: &mut ChaCha8Rng) {
    let phase = random.random_range(0.0..slice);
    Zip::from(image.lanes_mut(axis)).for_each(|mut lane| {
        let line = lane.to_vec();
        let mean = |middle: f32| {
            // Four points of the slice's profile.
            let points = [-0.375, -0.125, 0.125, 0.375].map(|share: f32| {
                let place = (middle + share * slice).clamp(0.0, line.len() as f32 - 1.001);
                let (low, t) = (place as usize, place.fract());
                line[low] + t * (line[low + 1] - line[low])
            });
            points.iter().sum::<f32>() / 4.0
        };
        let slices: Vec<f32> =
            (-1..=(line.len() as f32 / slice) as i32 + 1).map(|n| mean(n as f32 * slice + phase)).collect();
        for (at, value) in lane.iter_mut().enumerate() {
            let place = ((at as f32 - phase) / slice + 1.0).clamp(0.0, slices.len() as f32 - 1.001);
            let (low, t) = (place as usize, place.fract());
            *value = slices[low] + t * (slices[low + 1] - slices[low]);
        }
    });
}
