//! Marked voxels that touch, as people and programs are told of them.

use anomaly_eval::{ComponentFacts, Voxel};
use mri_io::{RigidTransform, Volume};
use nalgebra::Point3;
use serde::{Deserialize, Serialize};

use super::place::{BrainBox, Place};

/// One connected part of a detection, on the scan's grid.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Component {
    pub(super) ml: f64,
    /// Where its centre of mass lies in the reference.
    pub(super) place: Place,
    mean_score: f64,
    pub(super) peak_score: f32,
    /// Centre of mass, RAS+.
    pub(super) centre_mm: [f64; 3],
    centre_voxel: [f64; 3],
    pub(super) peak_mm: [f64; 3],
    peak_voxel: [usize; 3],
}

impl Component {
    /// What the given voxels are in a map of scores; `to_reference` takes the scan's world to the reference's.
    pub(super) fn of(
        voxels: &[Voxel],
        anomaly: &Volume<f32>,
        to_reference: &RigidTransform,
        brain: &BrainBox,
    ) -> Option<Self> {
        let facts = ComponentFacts::of(voxels, anomaly.data())?;
        let affine = anomaly.affine();
        let world = |voxel: [f64; 3]| affine.voxel_to_world(Point3::from(voxel));
        let peak_voxel: [usize; 3] = facts.peak.into();
        Some(Self {
            ml: facts.voxels as f64 * affine.voxel_volume() / 1000.0,
            place: brain.place(to_reference.apply(world(facts.centre))),
            mean_score: facts.mean_score,
            peak_score: facts.peak_score,
            centre_mm: world(facts.centre).into(),
            centre_voxel: facts.centre,
            peak_mm: world(peak_voxel.map(|at| at as f64)).into(),
            peak_voxel,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::Grid;
    use nalgebra::Vector3;

    #[test]
    fn volume_centre_peak_and_place_of_a_known_cube() {
        let grid = Grid::centred([9, 9, 9], [2.0; 3]).unwrap();
        let mut anomaly = Volume::filled(&grid, 0.5_f32).unwrap();
        anomaly.data_mut()[[5, 4, 5]] = 0.75;
        let cube: Vec<Voxel> = (0..8).map(|at| (4 + at / 4, 4 + at / 2 % 2, 4 + at % 2)).collect();
        let brain = BrainBox::around(&anomaly.map(|_| true));
        let moved = RigidTransform::about(Point3::origin(), Vector3::zeros(), Vector3::new(-20.0, 0.0, 10.0));
        let found = Component::of(&cube, &anomaly, &moved, &brain).unwrap();
        assert_eq!((found.ml, found.centre_voxel, found.centre_mm), (0.064, [4.5; 3], [1.0; 3]));
        assert_eq!((found.peak_voxel, found.peak_mm), ([5, 4, 5], [2.0, 0.0, 2.0]));
        assert_eq!((found.peak_score, found.mean_score), (0.75, (7.0 * 0.5 + 0.75) / 8.0));
        assert_eq!(found.place, brain.place(Point3::new(-19.0, 1.0, 11.0)));
        assert_eq!(found.place.words, "left, superior");
    }
}
