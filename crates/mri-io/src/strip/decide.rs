//! From probabilities to a brain in one piece.

use ndarray::{Array3, Zip};

use super::classify::Probabilities;
use super::morphology::{dilate, erode, fill_holes, largest_component};
use super::working::SPACING;

/// How far (mm) intensities may move the surface away from the bent atlas. What lies deeper is brain whatever it
/// looks like, so that no tumour is cut away.
const REACH: f64 = 10.0;
/// What lies deeper (mm) than this in the hull stays when the fluid around the brain is peeled off.
const PEEL: f64 = 4.0;
/// Radius (mm) of the ball that opens the tissue: thinner layers are partial volume of fluid and bone.
const LAYER: f64 = 2.0;
/// Radius (mm) of the ball that closes the tissue over the sulci.
const SULCUS: f64 = 7.0;
/// Radius (mm) of the ball that opens the result: thinner bridges and bumps are not brain.
const BUMP: f64 = 6.0;

/// The hull of the brain's tissue with `rim` mm of fluid around it.
pub(super) fn decide(probabilities: &Probabilities, rim: f64) -> Array3<bool> {
    let voxels = |millimetres: f64| millimetres / SPACING;
    let atlas = probabilities.prior.mapv(|p| p >= 0.5);
    let deep = erode(&atlas, voxels(REACH));
    let near = dilate(&atlas, voxels(REACH));
    let bounded = |probability: &Array3<f32>| {
        Zip::from(probability).and(&deep).and(&near).map_collect(|&p, &deep, &near| deep || near && p > 0.5)
    };
    let hull = bounded(&probabilities.hull);
    let mut solid = bounded(&probabilities.tissue);
    solid.zip_mut_with(&erode(&hull, voxels(PEEL)), |solid, &inner| *solid |= inner);
    // What the opening rounded off comes back, loose layers do not.
    let opened = largest_component(&erode(&solid, voxels(LAYER)));
    solid.zip_mut_with(&dilate(&opened, voxels(2.0 * LAYER)), |solid, &kept| *solid &= kept);
    let mut closed = erode(&dilate(&solid, voxels(SULCUS)), voxels(SULCUS - rim));
    closed.zip_mut_with(&hull, |closed, &hull| *closed &= hull);
    fill_holes(&dilate(&largest_component(&erode(&closed, voxels(BUMP))), voxels(BUMP)))
}
