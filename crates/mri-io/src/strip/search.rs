//! From a scan on the fine grid to the depth of its voxels in the brain.

use ndarray::{Array3, Axis, Slice, Zip};

use super::grid::{Grid, SPACING, doubled, halved};
use super::network::{MULTIPLE, Network, UNIT};
use crate::Volume;
use crate::morphology::{bounds, fill_holes, largest_component};
use crate::percentile::percentile;
use crate::volume::mask::overlap;

/// Percentiles of the scan, and of what is brighter than the first, between which intensities are 0 to 1.
const LOW: f64 = 1.0;
const HIGH: f64 = 99.5;
/// Intensities above this are not told apart.
const BRIGHTEST: f32 = 1.5;
/// The second network sees what lies at most this far (mm) from the brain that the first has found.
const MARGIN: f64 = 16.0;
/// Depths (mm) that the second network is told at most.
const ROUGH: f32 = 15.0;
/// What is no brain after all, or after all is, lies at least this far (mm) on the other side of the surface.
const SURE: f32 = 2.0;

/// Volume (ml) of an adult's brain, and size beside it (ratio of lengths) below which a head is looked at again as if it were an
/// adult's: the networks know those best.
const ADULT: f64 = 1350.0;
const SMALL: f64 = 0.88;
/// Sizes that are tried where nothing is found, and the smallest that is.
const SIZES: [f64; 2] = [0.7, 0.55];
const SMALLEST: f64 = 0.5;

/// Steepness (mm per voxel of 4 mm) of the first network's depth above which a head lies as its affine says: real heads have 2.9 to
/// 3.6 so, and 2.2 to 3.3 in other ways.
const UPRIGHT: f64 = 3.3;
/// How much steeper it must be in another way to be believed.
const DOUBT: f64 = 0.32;

/// What was found.
pub(super) struct Found {
    /// Depth in the brain on a box of the fine grid, negative outside; mm of an adult's head.
    pub(super) depth: Array3<f32>,
    /// The box's first voxel.
    pub(super) begin: [usize; 3],
    /// Whether the head lies as the scan's affine says.
    pub(super) upright: bool,
    /// Overlap (Dice) of what the first and the second network found.
    pub(super) agreement: f64,
    /// Overlap (Dice) of what the first network finds in the scan and in its mirror image.
    pub(super) symmetry: f64,
    /// How much deeper a voxel lies than its neighbour at the surface, per mm; 1 where the network is sure.
    pub(super) steepness: f64,
    /// Mean difference of neighbours on the coarse grid within the brain, as a share of its mean intensity.
    pub(super) texture: f64,
}

/// Finds the brain of a scan, at the size at which the networks know heads best, with the grid on which it was found; `None` if
/// nothing in the scan looks like a brain.
pub(super) fn search(scan: &Volume<f32>) -> Option<(Grid, Found)> {
    let at = |size: f64| {
        let grid = Grid::of(scan, SPACING * size);
        let found = find(&grid.average(scan))?;
        Some((grid, found))
    };
    let Some((grid, found)) = at(1.0) else { return SIZES.into_iter().find_map(at) };
    let voxels = found.depth.iter().filter(|&&depth| depth > 0.0).count() as f64;
    let size = (voxels * SPACING.powi(3) / 1000.0 / ADULT).cbrt().max(SMALLEST);
    if size > SMALL {
        return Some((grid, found));
    }
    // Part of an adult's brain is as small as a child's; the networks agree where the size is right.
    match at(size) {
        Some((finer, again)) if again.agreement > found.agreement => Some((finer, again)),
        _ => Some((grid, found)),
    }
}

/// Finds the brain in a scan that was averaged onto a fine grid.
fn find(scan: &Array3<f32>) -> Option<Found> {
    let scan = scaled(scan);
    let small = halved(&scan);
    let (turned, plain) = upright(&small);
    let mirrored = reversed(&turned.depth(&reversed(&small, &[0])), &[0]);
    let symmetry = overlap(&inside(&plain), &inside(&mirrored)).unwrap_or(0.0);
    let coarse = Zip::from(&plain).and(&mirrored).map_collect(|a, b| 0.5 * (a + b));
    let brain = largest_component(&inside(&coarse));
    let (begin, end) = around(&brain)?;
    let part = |field: &Array3<f32>, factor: usize| {
        let range = |axis: usize| Slice::from(factor * begin[axis]..factor * end[axis]);
        field.slice_each_axis(|axis| range(axis.axis.index())).to_owned()
    };
    let rough = doubled(&part(&coarse, 1)).mapv(|depth| depth.clamp(-ROUGH, ROUGH) / UNIT);
    let mut depth = Network::fine().depth(&[&part(&scan, 2), &rough]);
    let brain = fill_holes(&largest_component(&inside(&depth)));
    let agreement = overlap(&brain, &rough.mapv(|depth| depth > 0.0)).unwrap_or(0.0);
    let steepness = steepness(&depth) / SPACING;
    let texture = texture(&small, &coarse);
    Zip::from(&mut depth).and(&brain).for_each(|depth, &brain| {
        *depth = if brain && *depth <= 0.0 {
            SURE
        } else if !brain && *depth > 0.0 {
            -SURE
        } else {
            *depth
        };
    });
    let upright = turned.0.is_empty();
    Some(Found { depth, begin: begin.map(|n| 2 * n), upright, agreement, symmetry, steepness, texture })
}

/// Intensities from about 0 to 1.
fn scaled(scan: &Array3<f32>) -> Array3<f32> {
    let mut sorted: Vec<f32> = scan.iter().copied().collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let low = percentile(&sorted, LOW) as f32;
    let bright = &sorted[sorted.partition_point(|&value| value <= low)..];
    let high = if bright.is_empty() { low } else { percentile(bright, HIGH) as f32 };
    let width = (high - low).max(f32::MIN_POSITIVE);
    scan.mapv(|value| ((value - low) / width).clamp(0.0, BRIGHTEST))
}

/// Axes along which a head is looked at in reverse.
#[derive(Clone, Copy)]
struct Turned(&'static [usize]);

impl Turned {
    /// What the first network says of the head that lies so.
    fn depth(self, scan: &Array3<f32>) -> Array3<f32> {
        reversed(&Network::coarse().depth(&[&reversed(scan, self.0)]), self.0)
    }
}

/// How the head lies, and the first network's depth: as the affine says, unless the network is far surer of a head that lies
/// back to front, upside down, or both.
fn upright(scan: &Array3<f32>) -> (Turned, Array3<f32>) {
    let plain = (Turned(&[]), Turned(&[]).depth(scan));
    let sureness = steepness(&plain.1);
    if sureness > UPRIGHT {
        return plain;
    }
    let mut best = (sureness + DOUBT, plain);
    for turned in [Turned(&[1]), Turned(&[2]), Turned(&[1, 2])] {
        let depth = turned.depth(scan);
        let sureness = steepness(&depth);
        if sureness > best.0 {
            best = (sureness, (turned, depth));
        }
    }
    best.1
}

fn inside(depth: &Array3<f32>) -> Array3<bool> {
    depth.mapv(|depth| depth > 0.0)
}

/// The order of voxels reversed along some axes.
fn reversed(field: &Array3<f32>, axes: &[usize]) -> Array3<f32> {
    let mut view = field.view();
    for &axis in axes {
        view.invert_axis(Axis(axis));
    }
    view.as_standard_layout().into_owned()
}

/// The box around the set voxels of the coarse grid with a margin, widened to sides that the network takes; `None` if none
/// is set.
fn around(brain: &Array3<bool>) -> Option<([usize; 3], [usize; 3])> {
    let margin = (MARGIN / (2.0 * SPACING)) as usize;
    let shape: [usize; 3] = brain.dim().into();
    let bounds = bounds(&brain.view())?;
    let (mut begin, mut end) = (bounds.each_ref().map(|range| range.start), bounds.map(|range| range.end));
    // Two voxels of the fine grid for each; the grid's own sides are multiples, so there is always room.
    let step = MULTIPLE / 2;
    for axis in 0..3 {
        begin[axis] = begin[axis].saturating_sub(margin);
        let length = (end[axis] + margin).min(shape[axis]) - begin[axis];
        let length = length.next_multiple_of(step).min(shape[axis]);
        begin[axis] = begin[axis].min(shape[axis] - length);
        end[axis] = begin[axis] + length;
    }
    Some((begin, end))
}

/// Mean slope of the depth (mm per voxel) where the surface is.
fn steepness(depth: &Array3<f32>) -> f64 {
    let shape: [usize; 3] = depth.dim().into();
    let (mut sum, mut count) = (0.0, 0_usize);
    for x in 1..shape[0] - 1 {
        for y in 1..shape[1] - 1 {
            for z in 1..shape[2] - 1 {
                if depth[[x, y, z]].abs() < SPACING as f32 {
                    let slope = [
                        depth[[x + 1, y, z]] - depth[[x - 1, y, z]],
                        depth[[x, y + 1, z]] - depth[[x, y - 1, z]],
                        depth[[x, y, z + 1]] - depth[[x, y, z - 1]],
                    ];
                    sum += 0.5 * f64::from(slope.iter().map(|d| d * d).sum::<f32>()).sqrt();
                    count += 1;
                }
            }
        }
    }
    sum / count.max(1) as f64
}

/// Mean difference of neighbours (along the first axis) that lie within the brain, over its mean intensity.
fn texture(scan: &Array3<f32>, depth: &Array3<f32>) -> f64 {
    let (mut differences, mut sum, mut count) = (0.0, 0.0, 0_usize);
    for ((x, y, z), &value) in scan.indexed_iter() {
        if x > 0 && depth[[x, y, z]] > 0.0 && depth[[x - 1, y, z]] > 0.0 {
            differences += f64::from((value - scan[[x - 1, y, z]]).abs());
            sum += f64::from(value);
            count += 1;
        }
    }
    if count == 0 || sum == 0.0 { 0.0 } else { differences / sum }
}
