//! What a model finds in one scan, on the scan's own grid.

use std::path::Path;
use std::sync::Mutex;

use anomaly_eval::{ScanPair, Voxel, components, normalize};
use anyhow::Result;
use memae_model::TrainedModel;
use mri_io::{Contrast, Interpolation, Mask, Preprocessed, Volume};
use nalgebra::Point3;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::picture;
use crate::package::About;
use crate::{files, interrupt, reconstruct};

/// All results on the scan's own grid.
pub(super) struct Findings {
    pub(super) scan: Volume<f32>,
    pub(super) brain: Mask,
    /// What the model expects, in the normalized scale of the preprocessing.
    pub(super) reconstruction: Volume<f32>,
    /// How far the scan is from that, in the same scale.
    residual: Volume<f32>,
    /// The residual in the scale of the calibration: 0 to 1.
    pub(super) anomaly: Volume<f32>,
    /// Scores above the threshold, in the brain.
    pub(super) detection: Mask,
    /// Share of the brain above T2, on the reference grid.
    pub(super) subject_score: f64,
    pub(super) warnings: Vec<String>,
}

/// Marked voxels that touch, on the scan's grid.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Component {
    pub(super) ml: f64,
    mean_score: f64,
    pub(super) peak_score: f32,
    /// Centre of mass, RAS+.
    pub(super) centre_mm: [f64; 3],
    centre_voxel: [f64; 3],
    peak_mm: [f64; 3],
    peak_voxel: [usize; 3],
}

impl Findings {
    /// Runs the model on a scan that was made ready. Only one scan at a time is with the model.
    pub(super) fn of(
        scan: Volume<f32>,
        prepared: Preprocessed,
        about: &About,
        model: &Mutex<TrainedModel>,
        threshold: f32,
    ) -> Result<Self> {
        let expected = {
            let model = model.lock().expect("no holder of this lock panics");
            reconstruct::predict(&model, &prepared.volume)?
        };
        interrupt::check()?;
        let pair = ScanPair {
            scan: prepared.volume.data(),
            expected: Some(expected.view()),
            brain: prepared.mask.data(),
            spacing: prepared.volume.affine().spacing(),
        };
        let residual = about.scoring.residual(&pair)?;
        let scores = normalize(about.scoring.map(&pair, None)?, about.calibration.scope())?;
        let subject_score = about.calibration.subject_score(scores.view(), prepared.mask.data());

        let (grid, affine) = (scan.grid(), *prepared.volume.affine());
        let to_reference = prepared.transform.inverse();
        let native = |values, interpolation| {
            mri_io::resample(&Volume::new(values, affine)?, &grid, to_reference, interpolation, 0.0)
        };
        let reconstruction = native(expected, Interpolation::Linear)?;
        // Anything but the nearest voxel would lower peaks, and the calibration would not hold.
        let [residual, anomaly] = [residual, scores].map(|map| native(map, Interpolation::Nearest));
        let (residual, anomaly) = (residual?, anomaly?);
        let brain = prepared.native_mask;
        let mut detection = anomaly.map(|&score| score > threshold);
        for (detected, &inside) in detection.as_mut_slice().iter_mut().zip(brain.as_slice()) {
            *detected &= inside;
        }
        let detection =
            Volume::new(about.scoring.post_processing.detection(detection.into_data()), grid.affine)?;
        let mut warnings = prepared.warnings;
        if Contrast::of(&scan) == Contrast::DarkFluid {
            warnings.push("fluid is dark in this scan, as in T1 or FLAIR, but the model knows T2".to_owned());
        }
        Ok(Self { scan, brain, reconstruction, residual, anomaly, detection, subject_score, warnings })
    }

    /// Connected parts of the detection (26 neighbours), largest first.
    pub(super) fn components(&self) -> Vec<Component> {
        let mut components: Vec<_> = components(self.detection.data().to_owned());
        components.sort_by_key(|voxels| std::cmp::Reverse(voxels.len()));
        components.iter().map(|voxels| self.component(voxels)).collect()
    }

    fn component(&self, voxels: &[Voxel]) -> Component {
        let scores = self.anomaly.data();
        let count = voxels.len() as f64;
        let (mut sum, mut centre, mut peak) = (0.0, [0.0; 3], voxels[0]);
        for &(i, j, k) in voxels {
            sum += f64::from(scores[(i, j, k)]);
            for (sum, at) in centre.iter_mut().zip([i, j, k]) {
                *sum += at as f64 / count;
            }
            if scores[(i, j, k)] > scores[peak] {
                peak = (i, j, k);
            }
        }
        let affine = self.anomaly.affine();
        let world = |voxel: [f64; 3]| affine.voxel_to_world(Point3::from(voxel)).coords.into();
        let peak_voxel: [usize; 3] = peak.into();
        Component {
            ml: count * affine.voxel_volume() / 1000.0,
            mean_score: sum / count,
            peak_score: scores[peak],
            centre_mm: world(centre),
            centre_voxel: centre,
            peak_mm: world(peak_voxel.map(|at| at as f64)),
            peak_voxel,
        }
    }

    /// Writes the volumes and the picture into a folder.
    pub(super) fn write(&self, folder: &Path, title: &str) -> Result<()> {
        fs_err::create_dir_all(folder)?;
        let picture = || files::write(&folder.join("overview.png"), &picture::draw(self, title)?);
        let volumes = || {
            let maps = [
                ("reconstruction.nii.gz", &self.reconstruction),
                ("residual.nii.gz", &self.residual),
                ("anomaly.nii.gz", &self.anomaly),
            ];
            maps.par_iter().try_for_each(|(name, map)| mri_io::write(folder.join(name), map))?;
            mri_io::write(folder.join("detection.nii.gz"), &self.detection)?;
            mri_io::write(folder.join("brain.nii.gz"), &self.brain)
        };
        let (picture, volumes) = rayon::join(picture, volumes);
        volumes?;
        picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::Grid;

    /// A grid of 2 mm with two marked cubes of 8 and of 1 voxels, the larger with its highest score in a corner.
    fn findings() -> Findings {
        let grid = Grid::centred([9, 9, 9], [2.0; 3]).unwrap();
        let zeros = Volume::filled(&grid, 0.0_f32).unwrap();
        let mut anomaly = zeros.clone();
        anomaly.data_mut().slice_mut(ndarray::s![0..1, 0..1, 0..1]).fill(0.9);
        anomaly.data_mut().slice_mut(ndarray::s![4..6, 4..6, 4..6]).fill(0.5);
        anomaly.data_mut()[[5, 4, 5]] = 0.75;
        let detection = anomaly.map(|&score| score > 0.3);
        Findings {
            scan: zeros.clone(),
            brain: zeros.map(|_| true),
            reconstruction: zeros.clone(),
            residual: zeros,
            anomaly,
            detection,
            subject_score: 0.0,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn components_come_largest_first_with_their_place() {
        let found = findings().components();
        let [large, small] = &found[..] else { panic!("{found:?}") };
        assert_eq!((large.ml, small.ml), (0.064, 0.008));
        assert_eq!((large.centre_voxel, large.centre_mm), ([4.5; 3], [1.0; 3]));
        assert_eq!((large.peak_voxel, large.peak_mm), ([5, 4, 5], [2.0, 0.0, 2.0]));
        assert_eq!((large.peak_score, large.mean_score), (0.75, (7.0 * 0.5 + 0.75) / 8.0));
        assert_eq!(small.centre_mm, [-8.0; 3]);
    }
}
