//! The fixed side of the comparison: where intensities are compared.

use nalgebra::{Point3, Vector3};

use super::interpolate::Sampler;
use super::pose::Pose;
use super::pyramid::Level;

/// Steps of the three-dimensional additive recurrence with the lowest known discrepancy (Roberts 2018,
/// after the generalized golden ratio): powers of 1 / 1.22074408460575947536.
const RECURRENCE: [f64; 3] = [0.819_172_513_396_164_4, 0.671_043_606_703_789_2, 0.549_700_477_901_970_2];

/// Points of fixed space with the intensity there. One point in each cell of a regular lattice, moved
/// inside its cell by a low-discrepancy sequence: even, in memory order, off the voxel grid (so that
/// interpolation leaves no mark on the metric) and the same in each run.
#[derive(Clone)]
pub(super) struct Samples {
    /// Offset from the pose's centre, mm.
    pub(super) offsets: Vec<[f32; 3]>,
    /// Intensity, 0 to 255.
    pub(super) values: Vec<f32>,
}

impl Samples {
    /// About `count` points of `level` where `region` is inside.
    pub(super) fn draw(level: &Level, region: &Level, count: usize, centre: Point3<f64>) -> Self {
        let inside = region.data.iter().filter(|&&value| value >= 128).count();
        let volume = inside.max(1) as f64 * region.affine.voxel_volume();
        let edge = (volume / count as f64).cbrt();
        let spacing = level.affine.spacing();
        let cells = [0, 1, 2]
            .map(|axis| ((level.shape[axis] - 1) as f64 * spacing[axis] / edge).ceil().max(1.0) as usize);
        let size = [0, 1, 2].map(|axis| (level.shape[axis] - 1) as f64 / cells[axis] as f64);

        let sampler = Sampler::new(level);
        let (mut offsets, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for index in 0..cells.iter().product::<usize>() {
            let cell = [index / (cells[1] * cells[2]), index / cells[2] % cells[1], index % cells[2]];
            let voxel = [0, 1, 2].map(|axis| {
                let jitter = (0.5 + index as f64 * RECURRENCE[axis]).fract();
                (cell[axis] as f64 + jitter) * size[axis]
            });
            let world = level.affine.voxel_to_world(Point3::from(voxel));
            if region.nearest(world).is_some_and(|value| value >= 128) {
                let offset = world - centre;
                offsets.push([offset.x as f32, offset.y as f32, offset.z as f32]);
                values.push(sampler.value(voxel.map(|v| v as f32)));
            }
        }
        Self { offsets, values }
    }

    /// The samples that `pose` sends into `level` (and, if given, into `region`). Keeping this choice
    /// while the pose is refined makes the metric smooth, and no pose gains by driving the volumes apart.
    pub(super) fn within(&self, level: &Level, region: Option<&Level>, pose: &Pose) -> Self {
        let (linear, constant) = pose.to_voxels(&level.affine);
        let keeps = |offset: &[f32; 3]| {
            let offset = Vector3::from(offset.map(f64::from));
            let voxel = linear * offset + constant;
            (0..3).all(|axis| voxel[axis] >= 0.0 && voxel[axis] <= (level.shape[axis] - 1) as f64)
                && region.is_none_or(|region| {
                    region.nearest(pose.apply(pose.centre + offset)).is_some_and(|value| value >= 128)
                })
        };
        let (offsets, values) = self
            .offsets
            .iter()
            .zip(&self.values)
            .filter(|&(offset, _)| keeps(offset))
            .map(|(&offset, &value)| (offset, value))
            .unzip();
        Self { offsets, values }
    }

    /// Number of points.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The same points with their intensities moved round by about a third: a pairing without meaning.
    pub(super) fn shuffled(&self) -> Self {
        let mut values = self.values.clone();
        values.rotate_left(self.len() / 3);
        Self { offsets: self.offsets.clone(), values }
    }
}
