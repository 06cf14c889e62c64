//! How a head lies in a sample, and what shape it has.

use nalgebra::{Matrix3, Rotation3, Vector3};
use ndarray::Array3;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::field::{normal, smooth};

/// Share of heads that lie along other axes than their affine says.
const TURNED: f64 = 0.06;
/// Share of heads with the size of a child's.
const SMALL: f64 = 0.25;

/// Places of a sample's voxels in the map's head.
pub(crate) struct Pose {
    /// Sample (mm from its middle) to head (mm from the brain's middle).
    linear: Matrix3<f32>,
    shift: Vector3<f32>,
    /// Displacement (mm) at each voxel.
    bend: [Array3<f32>; 3],
}

impl Pose {
    /// `edge` voxels of `spacing` mm along each axis; the middle of the sample lies near `middle` (mm from the
    /// brain's middle in the head).
    pub(crate) fn draw(
        edge: usize,
        spacing: f32,
        middle: Vector3<f32>,
        jitter: f32,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let widest = if random.random_bool(0.25) { 28.0_f32 } else { 11.0 };
        let angles = Vector3::from_fn(|_, _| (widest * normal(random)).clamp(-50.0, 50.0).to_radians());
        let mut linear = Rotation3::from_scaled_axis(angles).into_inner();
        if random.random_bool(TURNED) {
            let turns =
                Vector3::from_fn(|_, _| random.random_range(0..4) as f32 * std::f32::consts::FRAC_PI_2);
            linear *= Rotation3::from_euler_angles(turns.x, turns.y, turns.z).into_inner();
        }
        let size = if random.random_bool(SMALL) {
            random.random_range(0.55..0.9)
        } else {
            random.random_range(0.87..1.12)
        };
        let sides = Vector3::from_fn(|_, _| (1.0_f32 + 0.05 * normal(random)).clamp(0.85, 1.15) / size);
        let mut shear = Matrix3::identity();
        for (row, column) in [(0, 1), (0, 2), (1, 2)] {
            shear[(row, column)] = 0.04 * normal(random);
        }
        linear = Matrix3::from_diagonal(&sides) * shear * linear;
        if random.random_bool(0.5) {
            linear = Matrix3::from_diagonal(&Vector3::new(-1.0, 1.0, 1.0)) * linear;
        }
        let strength = random.random_range(0.3..1.3_f32);
        let bend = std::array::from_fn(|_| {
            let mut field = 4.0 * strength * smooth([edge; 3], 56.0 / spacing, random);
            field.scaled_add(2.0 * strength, &smooth([edge; 3], 28.0 / spacing, random));
            field
        });
        let shift = middle + Vector3::from_fn(|_, _| jitter * normal(random));
        Self { linear, shift, bend }
    }

    /// Where the point at an offset (voxels) from the voxel `at` lies in the head (mm from the brain's middle).
    pub(crate) fn place(&self, at: [usize; 3], offset: Vector3<f32>, spacing: f32) -> Vector3<f32> {
        let edge = self.bend[0].dim().0 as f32;
        let from_middle = Vector3::from(at.map(|n| n as f32 - 0.5 * (edge - 1.0))) + offset;
        let bend = Vector3::from_fn(|axis, _| self.bend[axis][at]);
        self.linear * (from_middle * spacing) + bend + self.shift
    }
}
