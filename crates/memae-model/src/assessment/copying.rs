//! How much of what no healthy brain has a model draws all the same: bright blobs are pasted into healthy scans.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::cohort::Cohort;
use crate::model::TrainedModel;
use crate::random::{self, Purpose};
use crate::{Error, Result};

/// Blobs pasted into each scan, one after the other.
const PER_SCAN: u64 = 4;
/// Radii of blobs: 0.9 to 14 ml.
const RADIUS_MM: std::ops::Range<f64> = 6.0..15.0;
/// Places tried for a blob.
const TRIES: usize = 200;

/// A bright ball pasted into a healthy scan, and what the model made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blob {
    /// Name of the scan.
    pub subject: String,
    /// Voxel in its middle, [i, j, k].
    pub centre: [usize; 3],
    /// Its radius in mm.
    pub radius_mm: f64,
    /// What the reconstruction gained in the ball over what the scan gained: 1 where all was copied, 0 where nothing was; a
    /// reconstruction that grows darker there gives less than 0.
    pub copied: f64,
}

impl TrainedModel {
    /// Pastes bright balls into the scans of a healthy cohort on voxels of `spacing` mm, one at a time, inside the brain: 6 to
    /// 15 mm in radius, half as bright against the brain's median as its 99th percentile, about as tumours are in T2. Then compares
    /// the reconstructions with and without. The places depend on nothing but the cohort. Scans whose brain has no room for a
    /// ball have none. `check` is called before each pass through the network; its error ends the work.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the cohort's slices have another size than the model's; that of `check`.
    pub fn copying<E: From<Error>>(
        &self,
        cohort: &Cohort,
        spacing: [f64; 3],
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<Vec<Blob>, E> {
        let shape = cohort.shape();
        let mut blobs = Vec::new();
        for subject in 0..cohort.len() {
            let scan = Scan::new(cohort, subject, spacing);
            let healthy = self.reconstruct_unclipped(&scan.volume, shape, &mut check)?;
            for number in 0..PER_SCAN {
                let mut rng = random::stream(0, Purpose::Blob, subject as u64, number);
                let Some(ball) = scan.place(&mut rng) else { continue };
                check()?;
                let mut volume = scan.volume.clone();
                for &(voxel, share) in &ball.voxels {
                    volume[voxel] += share * scan.contrast;
                }
                let mut drawn = healthy.clone();
                self.reconstruct_slices(&volume, shape, &ball.slices, &mut drawn)?;
                let gain = |after: &[f32], before: &[f32]| -> f64 {
                    ball.voxels.iter().map(|&(voxel, _)| f64::from(after[voxel] - before[voxel])).sum()
                };
                blobs.push(Blob {
                    subject: cohort.name(subject).to_owned(),
                    centre: ball.centre,
                    radius_mm: ball.radius_mm,
                    copied: gain(&drawn, &healthy) / gain(&volume, &scan.volume),
                });
            }
        }
        Ok(blobs)
    }
}

/// A healthy scan to paste into.
struct Scan {
    shape: [usize; 3],
    spacing: [f64; 3],
    volume: Vec<f32>,
    mask: Vec<bool>,
    /// Numbers of the brain's voxels.
    brain: Vec<usize>,
    /// What a blob adds to the intensity.
    contrast: f32,
}

/// Where a blob is.
struct Ball {
    centre: [usize; 3],
    radius_mm: f64,
    /// The slices that it touches.
    slices: Vec<usize>,
    /// Its voxels, and how much of each it fills, in (0, 1].
    voxels: Vec<(usize, f32)>,
}

impl Scan {
    fn new(cohort: &Cohort, subject: usize, spacing: [f64; 3]) -> Self {
        let (volume, mask) = (cohort.volume(subject), cohort.mask(subject));
        let brain: Vec<usize> = (0..mask.len()).filter(|voxel| mask[*voxel]).collect();
        let mut values: Vec<f32> = brain.iter().map(|voxel| volume[*voxel]).collect();
        values.sort_by(f32::total_cmp);
        let quantile = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
        // A brain of a single value still has something brighter than it.
        let contrast = (0.5 * (quantile(0.99) - quantile(0.5))).max(0.05);
        Self { shape: cohort.shape(), spacing, volume, mask, brain, contrast }
    }

    /// A ball whose six outermost points lie in the brain; `None` if none was found.
    fn place(&self, rng: &mut ChaCha8Rng) -> Option<Ball> {
        let [_, nj, nk] = self.shape;
        (0..TRIES).find_map(|_| {
            let radius_mm = rng.random_range(RADIUS_MM);
            let voxel = self.brain[rng.random_range(0..self.brain.len())];
            let centre = [voxel / (nj * nk), voxel / nk % nj, voxel % nk];
            let reach: [usize; 3] =
                std::array::from_fn(|axis| (radius_mm / self.spacing[axis]).ceil() as usize);
            let inside = (0..3).all(|axis| {
                [centre[axis].checked_sub(reach[axis]), Some(centre[axis] + reach[axis])].into_iter().all(
                    |at| {
                        let Some(at) = at.filter(|at| *at < self.shape[axis]) else { return false };
                        let mut point = centre;
                        point[axis] = at;
                        self.mask[(point[0] * nj + point[1]) * nk + point[2]]
                    },
                )
            });
            inside.then(|| self.ball(centre, radius_mm, reach))
        })
    }

    fn ball(&self, centre: [usize; 3], radius_mm: f64, reach: [usize; 3]) -> Ball {
        let [_, nj, nk] = self.shape;
        let along = |axis: usize| centre[axis] - reach[axis]..=centre[axis] + reach[axis];
        // The border takes about a voxel to rise.
        let border = self.spacing.iter().copied().fold(0.0, f64::max);
        let mut voxels = Vec::new();
        for i in along(0) {
            for j in along(1) {
                for k in along(2) {
                    let voxel = (i * nj + j) * nk + k;
                    let square = |axis: usize, at: usize| {
                        (self.spacing[axis] * (at as f64 - centre[axis] as f64)).powi(2)
                    };
                    let distance = (square(0, i) + square(1, j) + square(2, k)).sqrt();
                    let share = ((radius_mm - distance) / border + 0.5).clamp(0.0, 1.0);
                    if share > 0.0 && self.mask[voxel] {
                        voxels.push((voxel, share as f32));
                    }
                }
            }
        }
        Ball { centre, radius_mm, slices: along(2).collect(), voxels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::CohortWriter;

    #[test]
    fn blobs_lie_in_the_brain_and_are_as_bright_as_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cohort");
        let shape = [40, 48, 20];
        let (mut volume, mut mask) = (Vec::new(), Vec::new());
        for i in 0..40 {
            for j in 0..48 {
                for k in 0..20 {
                    let [x, y, z] =
                        [(i as f32 - 20.0) / 18.0, (j as f32 - 24.0) / 22.0, (k as f32 - 10.0) / 9.0];
                    mask.push(x * x + y * y + z * z < 1.0);
                    // A median of 0.5, of which one voxel in 20 is 0.9.
                    volume.push(if (i + j + k) % 20 == 0 { 0.9 } else { 0.5 });
                }
            }
        }
        let mut writer = CohortWriter::create(&path, shape).unwrap();
        writer.push("head", &volume, &mask).unwrap();
        writer
            .push("speck", &volume, &volume.iter().enumerate().map(|(n, _)| n == 9000).collect::<Vec<_>>())
            .unwrap();
        writer.finish().unwrap();
        let cohort = Cohort::open(&path).unwrap();

        let spacing = [2.0, 2.0, 4.0];
        let scan = Scan::new(&cohort, 0, spacing);
        assert!((scan.contrast - 0.2).abs() < 1e-4, "{}", scan.contrast);
        for number in 0..20 {
            let ball = scan.place(&mut random::stream(0, Purpose::Blob, 0, number)).unwrap();
            assert!(RADIUS_MM.contains(&ball.radius_mm));
            assert!(ball.voxels.iter().all(|(voxel, share)| mask[*voxel] && *share > 0.0 && *share <= 1.0));
            let filled: f64 = ball.voxels.iter().map(|(_, share)| f64::from(*share)).sum();
            let expected = 4.0 / 3.0 * std::f64::consts::PI * ball.radius_mm.powi(3) / 16.0;
            // The border is not sharp, and may reach out of the brain between the six points that do not.
            assert!((filled / expected - 1.0).abs() < 0.25, "{filled} {expected}");
        }
        let speck = Scan::new(&cohort, 1, spacing);
        assert!(speck.place(&mut random::stream(0, Purpose::Blob, 1, 0)).is_none());
    }
}
