//! Where the head lies in the scanner.

use mri_io::{Grid, RigidTransform};
use nalgebra::{Point3, Vector3};

use crate::PhantomSettings;
use crate::anatomy::Anatomy;
use crate::random::Stream;
use crate::sdf::Vec3;
use crate::tissue::Tissue;

/// Distance (mm) between the points at which the top of the head is looked for.
const SEARCH_STEP: f32 = 6.0;
/// Air (mm) that is kept above the head.
const MARGIN: f64 = 1.0;

/// Draws a pose, atlas space to scan. A head that would leave the top of `grid` is moved down.
pub(crate) fn draw(
    settings: &PhantomSettings,
    grid: &Grid,
    anatomy: &dyn Anatomy,
    stream: &mut Stream,
) -> RigidTransform {
    let mut within = |limit: f64| Vector3::from_fn(|_, _| stream.uniform(-limit, limit));
    let rotation = within(settings.rotation_degrees.to_radians());
    let translation = within(settings.translation_mm);
    let pose = RigidTransform::about(Point3::origin(), rotation, translation);
    let ceiling = grid.centre().z + 0.5 * grid.shape[2] as f64 * grid.affine.spacing()[2] - MARGIN;
    let crown = head_points(anatomy)
        .into_iter()
        .map(|point| pose.apply(Point3::from(point.cast::<f64>())).z)
        .fold(f64::NEG_INFINITY, f64::max)
        + 0.5 * f64::from(SEARCH_STEP);
    let lowered = Vector3::new(0.0, 0.0, (ceiling - crown).min(0.0));
    RigidTransform::about(Point3::origin(), rotation, translation + lowered)
}

/// Lattice points inside the upper part of the head.
fn head_points(anatomy: &dyn Anatomy) -> Vec<Vec3> {
    let lattice = |low: f32, high: f32| {
        (0..=((high - low) / SEARCH_STEP) as usize).map(move |n| low + n as f32 * SEARCH_STEP)
    };
    lattice(-90.0, 90.0)
        .flat_map(|x| {
            lattice(-120.0, 120.0).flat_map(move |y| lattice(40.0, 110.0).map(move |z| Vec3::new(x, y, z)))
        })
        .filter(|&point| {
            !anatomy.is_empty(point, 1.0) && anatomy.sample(point, SEARCH_STEP).tissue != Tissue::Air
        })
        .collect()
}
