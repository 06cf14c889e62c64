//! From the mesh to voxels: the surface is too smooth to follow each fold.

use ndarray::Array3;

use super::morphology::{dilate, erode, fill_holes, largest_component};

/// Radius (working voxels) of the ball that opens the mask: thinner bridges to what is not brain are cut.
const OPENING: f64 = 2.0;

/// The brain's share of each working voxel.
pub(super) fn clean(occupancy: Array3<f32>) -> Array3<f32> {
    let inside = occupancy.mapv(|share| share > 0.0);
    let opened = largest_component(&erode(&inside, OPENING));
    let kept = fill_holes(&dilate(&opened, OPENING));
    let mut cleaned = occupancy;
    cleaned.zip_mut_with(&kept, |share, &kept| {
        if !kept {
            *share = 0.0;
        }
    });
    cleaned
}
