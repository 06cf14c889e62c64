//! Random pictures of a head: any contrast, pose, crop and artefact, with the depth of each voxel in the brain.

use nalgebra::Vector3;
use ndarray::{Array3, Axis, Zip};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::artefacts;
use crate::field::{normal, smooth};
use crate::heads::Head;
use crate::pose::Pose;
use crate::signal::Signals;
use crate::view::View;
use mri_phantom::Tissue;

/// Offsets (voxels) of the points by which a voxel is averaged: every second corner of a cube of half its size.
const POINTS: [[f32; 3]; 4] =
    [[0.25, 0.25, 0.25], [0.25, -0.25, -0.25], [-0.25, 0.25, -0.25], [-0.25, -0.25, 0.25]];
/// Share of heads with a lesion, and radii (mm) of lesions.
const LESIONS: f64 = 0.4;
const RADIUS: std::ops::Range<f32> = 4.0..32.0;

/// Share of heads that are stripped already, by one convention or another.
const STRIPPED: f64 = 0.08;

/// One picture of a head.
pub(crate) struct Sample {
    /// Intensities; about 0 to 1.
    pub(crate) image: Array3<f32>,
    /// Depth (mm) in the brain; negative outside.
    pub(crate) depth: Array3<f32>,
    /// Where the scan reaches.
    pub(crate) known: Array3<bool>,
}

/// A blob that looks like nothing else.
struct Lesion {
    middle: Vector3<f32>,
    radius: f32,
}

/// The sample that belongs to this number.
pub(crate) fn sample(head: &Head, view: View, number: u64) -> Sample {
    let random = &mut ChaCha8Rng::seed_from_u64(number);
    let shape = [view.edge; 3];
    let middle = if view.at_surface { surface_point(head, random) } else { Vector3::zeros() };
    let jitter = if view.at_surface { 8.0 } else { 12.0 };
    let pose = Pose::draw(view.edge, view.spacing, middle, jitter, random);
    let signals = Signals::draw(&head.labels, random);
    let [fine, coarse] = [5.0, 16.0].map(|step: f32| smooth(shape, (step / view.spacing).max(1.2), random));
    let grain = random.random_range(0.0..0.08_f32);
    let soft = random.random_range(0.0..0.25_f32);
    let patches = smooth(shape, random.random_range(8.0..30.0) / view.spacing, random);
    let patch = random.random_range(-0.5..1.5_f32);
    let lesions = lesions(head, random);
    let muscle: Vec<bool> =
        head.labels.iter().map(|&label| Tissue::of_label(label) == Some(Tissue::Muscle)).collect();
    let brain: Vec<bool> = head.labels.iter().map(|&label| label != 0 && label < 500).collect();

    let points = POINTS.map(Vector3::from);
    let mut image = Array3::zeros(shape);
    let mut depth = Array3::zeros(shape);
    image
        .as_slice_mut()
        .expect("new arrays are contiguous")
        .par_iter_mut()
        .zip(depth.as_slice_mut().expect("new arrays are contiguous"))
        .enumerate()
        .for_each(|(index, (image, depth))| {
            let at = [index / (view.edge * view.edge), index / view.edge % view.edge, index % view.edge];
            let to_voxels = |point: Vector3<f32>| point.component_div(&head.spacing) + head.centre;
            let middle = pose.place(at, Vector3::zeros(), view.spacing);
            *depth = head.depth(&to_voxels(middle));
            let texture = 1.0 + grain * (fine[at] + coarse[at]);
            let uneven = 1.0 + soft * (fine[at] + 0.7 * coarse[at]);
            let mut sum = 0.0;
            for point in &points {
                let place = pose.place(at, *point, view.spacing);
                let class = usize::from(head.class(&to_voxels(place)));
                let mut signal = signals.of_class[class];
                if muscle[class] {
                    signal = if patches[at] > patch { signals.soft } else { signal } * uneven;
                } else if brain[class] {
                    signal *= texture;
                } else if class != 0 {
                    signal *= uneven;
                }
                if *depth > 0.0 {
                    for lesion in &lesions {
                        let reach = (place - lesion.middle).norm() * (1.0 + 0.25 * coarse[at]);
                        if reach < lesion.radius {
                            signal = signals.lesion[usize::from(reach < 0.5 * lesion.radius)] * texture;
                        }
                    }
                }
                sum += signal;
            }
            *image = sum / points.len() as f32;
        });
    let air = Zip::from(&depth).and(&image).map_collect(|&depth, &image| depth < 0.0 && image == 0.0);
    let known = artefacts::add(&mut image, &air, view, random);
    if random.random_bool(STRIPPED) {
        let surface = random.random_range(-1.5..3.0_f32);
        Zip::from(&mut image).and(&depth).for_each(|image, &depth| {
            if depth < surface {
                *image = 0.0;
            }
        });
    }
    Sample { image, depth, known }
}

/// A point (mm from the brain's middle) whose depth is between two bounds (mm); the middle if none is found.
fn point_at(head: &Head, depths: std::ops::Range<f32>, random: &mut ChaCha8Rng) -> Vector3<f32> {
    for _ in 0..2000 {
        let point = Vector3::from_fn(|_, _| random.random_range(-95.0..95.0_f32));
        if depths.contains(&head.depth(&(point.component_div(&head.spacing) + head.centre))) {
            return point;
        }
    }
    Vector3::zeros()
}

fn surface_point(head: &Head, random: &mut ChaCha8Rng) -> Vector3<f32> {
    // Where masks fail: base, orbits, vertex. Any place at the surface is as likely as its area.
    point_at(head, -6.0..12.0, random)
}

fn lesions(head: &Head, random: &mut ChaCha8Rng) -> Vec<Lesion> {
    let count = if random.random_bool(LESIONS) { random.random_range(1..4) } else { 0 };
    (0..count)
        .map(|_| Lesion {
            middle: point_at(head, -1.0..60.0, random),
            radius: RADIUS.start * (RADIUS.end / RADIUS.start).powf(random.random()),
        })
        .collect()
}

/// Voxels along each axis of which the first network cannot tell the shape.
const BLUNT: usize = 4;

/// A guess of the depth as the first network makes it: without detail, and off by a few millimetres, smoothly.
pub(crate) fn rough(depth: &Array3<f32>, spacing: f32, random: &mut ChaCha8Rng) -> Array3<f32> {
    let shape: [usize; 3] = depth.dim().into();
    let amplitude = if random.random_bool(0.15) { 6.0 } else { random.random_range(0.3..3.0_f32) };
    let bias = normal(random);
    let wide = smooth(shape, 30.0 / spacing, random);
    let narrow = smooth(shape, 14.0 / spacing, random);
    Zip::from(&blunted(depth))
        .and(&wide)
        .and(&narrow)
        .map_collect(|&depth, &wide, &narrow| depth + bias + amplitude * (0.8 * wide + 0.5 * narrow))
}

/// Means of blocks, interpolated linearly between their middles.
fn blunted(depth: &Array3<f32>) -> Array3<f32> {
    let mut field = depth.clone();
    for axis in 0..3 {
        Zip::from(field.lanes_mut(Axis(axis))).for_each(|mut lane| {
            let line = lane.to_vec();
            let means: Vec<f32> =
                line.chunks(BLUNT).map(|block| block.iter().sum::<f32>() / block.len() as f32).collect();
            for (at, value) in lane.iter_mut().enumerate() {
                let place = ((at as f32 + 0.5) / BLUNT as f32 - 0.5).clamp(0.0, means.len() as f32 - 1.001);
                let (low, t) = (place as usize, place.fract());
                *value = means[low] + t * (means[low + 1] - means[low]);
            }
        });
    }
    field
}
