//! From the mesh to voxels: the surface follows the dark band around the CSF, and brain ends at the pia.

use ndarray::{Array3, Zip};

use super::estimate::Estimate;
use super::morphology::{dilate, erode, fill_holes, largest_component};
use super::working::Working;

/// Radius (working voxels) of the ball that opens the mask: thinner bridges to what is not brain are cut.
const OPENING: f64 = 2.0;
/// Voxels deeper than this (working voxels) below the surface stay whatever their intensity, so that a
/// bright tumour is not peeled away.
const PEEL: f64 = 4.0;
/// Radius (working voxels) of the ball that opens the tissue: thinner layers are the partial volume of CSF
/// and bone, not cortex.
const LAYER: f64 = 1.0;
/// Radius (working voxels) of the ball that closes the tissue over the sulci.
const SULCUS: f64 = 4.0;
/// CSF counts as bright if it exceeds the brain's median by this factor: otherwise it is not T2.
const BRIGHT: f64 = 1.3;
/// Share of the voxels inside the surface that are darker than what is taken as CSF's intensity.
const CSF_PERCENTILE: f64 = 0.97;

/// The brain's share of each working voxel.
pub(super) fn clean(working: &Working, occupancy: Array3<f32>, estimate: &Estimate) -> Array3<f32> {
    let inside = occupancy.mapv(|share| share > 0.0);
    let opened = largest_component(&erode(&inside, OPENING));
    let inside = fill_holes(&dilate(&opened, OPENING));
    let kept = peel(working, &inside, estimate).unwrap_or(inside);
    let mut cleaned = occupancy;
    cleaned.zip_mut_with(&kept, |share, &kept| {
        if !kept {
            *share = 0.0;
        }
    });
    cleaned
}

/// What is left of `inside` without the bright CSF around the brain; CSF in sulci stays. `None` if CSF is
/// not bright.
fn peel(working: &Working, inside: &Array3<bool>, estimate: &Estimate) -> Option<Array3<bool>> {
    let mut sorted: Vec<f32> =
        working.values.iter().zip(inside).filter(|&(_, &inside)| inside).map(|(&value, _)| value).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let csf = f64::from(*sorted.get((CSF_PERCENTILE * sorted.len() as f64) as usize)?);
    if csf < BRIGHT * estimate.brain {
        return None;
    }
    let (dark, bright) = (0.5 * estimate.brain, 0.5 * (estimate.brain + csf));
    let tissue = Zip::from(&working.values)
        .and(inside)
        .map_collect(|&value, &inside| inside && (dark..bright).contains(&f64::from(value)));
    let mut brain = largest_component(&dilate(&erode(&tissue, LAYER), LAYER));
    brain.zip_mut_with(&erode(inside, PEEL), |brain, &deep| *brain |= deep);
    let mut hull = erode(&dilate(&brain, SULCUS), SULCUS);
    hull.zip_mut_with(inside, |hull, &inside| *hull &= inside);
    Some(fill_holes(&hull))
}
