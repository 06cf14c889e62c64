//! Planes through a volume, in millimetres.

use nalgebra::{Point3, Vector3};

use crate::{Grid, Mask, Volume};

/// Looking at a box of the world along the axes of a volume: `right`, `front` and `top` are the volume's own
/// axes, named and directed as they lie in the patient, so that its slices are shown as they were acquired.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Corner of the box at the patient's left, back and bottom.
    origin: Point3<f64>,
    /// Unit vectors to the right, the front and the top.
    axes: [Vector3<f64>; 3],
    /// Sides of the box along the axes (mm).
    pub(super) size: [f64; 3],
    /// Distance (mm) of the volume's voxels along the axes.
    spacing: [f64; 3],
}

/// How a volume is cut, as clinicians look at it: the patient's right is at the left of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plane {
    Axial,
    Coronal,
    Sagittal,
}

impl Plane {
    pub(super) const ALL: [Self; 3] = [Self::Axial, Self::Coronal, Self::Sagittal];

    /// Axes of the frame along the picture's width, its height, and into it.
    pub(super) fn axes(self) -> [usize; 3] {
        match self {
            Self::Axial => [0, 1, 2],
            Self::Coronal => [0, 2, 1],
            Self::Sagittal => [1, 2, 0],
        }
    }

    /// Letters at the left, right, top and bottom edge.
    pub(super) fn letters(self) -> [&'static str; 4] {
        match self {
            Self::Axial => ["R", "L", "A", "P"],
            Self::Coronal => ["R", "L", "S", "I"],
            Self::Sagittal => ["A", "P", "S", "I"],
        }
    }
}

impl Frame {
    /// The box around the voxels `low` to `high` (inclusive), grown by `margin` mm within the grid.
    pub(super) fn new(grid: &Grid, low: [usize; 3], high: [usize; 3], margin: f64) -> Self {
        let spacing = grid.affine.spacing();
        let linear = grid.affine.matrix().fixed_view::<3, 3>(0, 0);
        let mut frame =
            Self { origin: Point3::origin(), axes: [Vector3::zeros(); 3], size: [0.0; 3], spacing: [0.0; 3] };
        let mut corner = [0.0; 3];
        for (voxel, (world, forward)) in grid.affine.axis_codes().into_iter().enumerate() {
            // In whole voxels, so that the box begins at the edge of one; they reach half a step beyond their centres.
            let step = (margin / spacing[voxel]).ceil();
            let first = (low[voxel] as f64 - 0.5 - step).max(-0.5);
            let last = (high[voxel] as f64 + 0.5 + step).min(grid.shape[voxel] as f64 - 0.5);
            let direction = linear.column(voxel) / spacing[voxel];
            frame.axes[world] = if forward { direction } else { -direction };
            frame.size[world] = (last - first) * spacing[voxel];
            frame.spacing[world] = spacing[voxel];
            corner[voxel] = if forward { first } else { last };
        }
        frame.origin = grid.affine.voxel_to_world(Point3::from(corner));
        frame
    }

    /// World position (mm) at `along` mm from the box's corner on each axis.
    pub(super) fn place(&self, along: [f64; 3]) -> Point3<f64> {
        self.origin + self.axes[0] * along[0] + self.axes[1] * along[1] + self.axes[2] * along[2]
    }

    /// World position (mm) of the picture's point `(x, y)` (mm from the top left) in the slice at `depth` mm.
    pub(super) fn point(&self, plane: Plane, depth: f64, x: f64, y: f64) -> Point3<f64> {
        let [across, up, into] = plane.axes();
        let mut along = [0.0; 3];
        along[across] = self.size[across] - x;
        along[up] = self.size[up] - y;
        along[into] = depth;
        self.place(along)
    }

    /// Depths (mm) of `count` slices spread evenly over `from` to `to`, each through the nearest voxel centres
    /// so that thick slices are shown as they are.
    pub(super) fn depths(&self, plane: Plane, from: f64, to: f64, count: usize) -> Vec<f64> {
        let [.., into] = plane.axes();
        let step = self.spacing[into];
        let even = (0..count).map(|slice| from + (to - from) * (slice as f64 + 0.5) / count as f64);
        even.map(|depth| ((depth / step - 0.5).round() + 0.5) * step).collect()
    }

    /// From where to where (mm, along each axis) the mask reaches.
    pub(super) fn extent(&self, mask: &Mask) -> [[f64; 2]; 3] {
        let mut extent = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
        for point in mask.points() {
            let offset = point - self.origin;
            for (range, axis) in extent.iter_mut().zip(&self.axes) {
                let along = offset.dot(axis);
                *range = [range[0].min(along), range[1].max(along)];
            }
        }
        extent
    }
}

/// First and last voxel along each axis that `inside` holds for in at least `share` of a slab; all voxels if
/// there is none.
pub(super) fn bounds<T>(
    volume: &Volume<T>,
    share: f64,
    inside: impl Fn(&T) -> bool,
) -> ([usize; 3], [usize; 3]) {
    let shape = volume.shape();
    let mut counts = shape.map(|length| vec![0_usize; length]);
    for ((i, j, k), value) in volume.data().indexed_iter() {
        if inside(value) {
            for (counts, index) in counts.iter_mut().zip([i, j, k]) {
                counts[index] += 1;
            }
        }
    }
    let voxels: usize = shape.iter().product();
    let filled = |axis: usize| {
        let least = (share * (voxels / shape[axis]) as f64).max(1.0);
        let fits = move |&count: &usize| count as f64 >= least;
        let first = counts[axis].iter().position(fits);
        first.map(|first| (first, counts[axis].iter().rposition(fits).unwrap_or(first)))
    };
    let found = [0, 1, 2].map(|axis| filled(axis).unwrap_or((0, shape[axis] - 1)));
    (found.map(|(first, _)| first), found.map(|(_, last)| last))
}
