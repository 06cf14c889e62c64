//! Robust intensities of the head, and where its brain is.

use nalgebra::Vector3;

use super::surface::Mesh;
use super::working::{SPACING, Working};
use crate::{Error, Result};

/// The head reaches this far below its top (mm) with the brain in it; what is lower is face and neck.
const HEIGHT: f64 = 150.0;
/// A cross-section of at least this area (mm^2) belongs to the head, not to noise or a marker.
const SECTION: f64 = 2000.0;
/// Heads with a smaller volume than this (mm^3) cannot hold a brain.
const SMALLEST: f64 = 300_000.0;

/// Intensities and place, in working coordinates.
pub(super) struct Estimate {
    /// Intensity of air: the 2nd percentile.
    pub(super) air: f64,
    /// Intensity that separates head from air.
    pub(super) head: f64,
    /// Median intensity of the brain.
    pub(super) brain: f64,
    /// Middle of the head above the neck.
    pub(super) centre: Vector3<f64>,
    /// Radius of the ball with the volume of the head above the neck.
    pub(super) radius: f64,
}

/// Estimates from the whole head; the brain's intensity from the middle of it.
pub(super) fn of_head(working: &Working) -> Result<Estimate> {
    let mut sorted: Vec<f32> = working.values.iter().copied().collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let percentile = |share: f64| f64::from(sorted[(share * (sorted.len() - 1) as f64) as usize]);
    let (air, bright) = (percentile(0.02), percentile(0.98));
    let head = air + 0.1 * (bright - air);

    let [ni, nj, nk] = working.shape();
    let section = |k: usize| {
        working.values.slice(ndarray::s![.., .., k]).iter().filter(|&&v| f64::from(v) > head).count()
    };
    let top = (0..nk)
        .rev()
        .find(|&k| section(k) as f64 * SPACING * SPACING >= SECTION)
        .ok_or_else(|| Error::invalid("no head was found: no axial section is large enough"))?;
    let bottom = (top + 1).saturating_sub((HEIGHT / SPACING) as usize);

    let (mut sum, mut count) = (Vector3::zeros(), 0_usize);
    for i in 0..ni {
        for j in 0..nj {
            for k in bottom..=top {
                if f64::from(working.values[[i, j, k]]) > head {
                    sum += Vector3::new(i as f64, j as f64, k as f64);
                    count += 1;
                }
            }
        }
    }
    let volume = count as f64 * SPACING.powi(3);
    if volume < SMALLEST {
        return Err(Error::invalid(format!(
            "the head in the field of view has only {:.0} ml: too little to hold a brain",
            volume / 1000.0
        )));
    }
    let mut estimate = Estimate {
        air,
        head,
        brain: 0.0,
        centre: sum / count as f64,
        radius: (0.75 * count as f64 / std::f64::consts::PI).cbrt(),
    };
    let ball = |at: Vector3<f64>| (at - estimate.centre).norm() < 0.6 * estimate.radius;
    estimate.brain = median(working, head, ball);
    Ok(estimate)
}

impl Estimate {
    /// Takes the brain's intensity and middle from a first surface.
    pub(super) fn refine(&mut self, working: &Working, mesh: &Mesh) {
        let occupancy = mesh.occupancy(working);
        let inside = |at: Vector3<f64>| occupancy[[at.x as usize, at.y as usize, at.z as usize]] > 0.5;
        self.brain = median(working, self.head, inside);
    }
}

/// Median intensity of the voxels that `inside` picks, air left out; `head` if there are none.
fn median(working: &Working, head: f64, inside: impl Fn(Vector3<f64>) -> bool) -> f64 {
    let mut picked: Vec<f32> = working
        .values
        .indexed_iter()
        .filter(|&((i, j, k), &value)| {
            f64::from(value) > head && inside(Vector3::new(i as f64, j as f64, k as f64))
        })
        .map(|(_, &value)| value)
        .collect();
    if picked.is_empty() {
        return head;
    }
    let middle = picked.len() / 2;
    f64::from(*picked.select_nth_unstable_by(middle, f32::total_cmp).1)
}
