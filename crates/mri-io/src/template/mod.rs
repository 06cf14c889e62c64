//! The average of a cohort, brought together by registration again and again: a reference where no atlas is
//! at hand. The scheme is that of Guimond, Meunier and Thirion 2000 (doi:10.1006/cviu.1999.0815) with rigid
//! or affine motions: register all to the template, average, and take out the mean of the motions.

mod pose;

use std::fmt::Display;

use nalgebra::{Point3, Vector3};
use rayon::prelude::*;

use crate::intensity::{Normalization, normalize};
use crate::preprocess::reference::TEMPLATE;
use crate::register::{Registration, RegistrationSettings, Scan, register_affine, register_rigid};
use crate::resample::{Interpolation, resample, resample_mask};
use crate::{AffineTransform, Error, Grid, Mask, Result, RigidTransform, Volume};

/// Space (mm) between the largest brain and the border of the template.
const MARGIN: f64 = 12.0;

/// How [`build_template`] works.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct TemplateSettings {
    /// Voxel spacing of the template (mm), 0.25 to 8.
    pub spacing: f64,
    /// How often all scans are registered to the template and averaged, at least 1.
    pub iterations: usize,
    /// Whether scale and shear are fitted too: brains of all sizes then make one of their mean size, which is
    /// sharper.
    pub affine: bool,
    /// Intensity scale of each scan over its brain before the averages.
    pub normalization: Normalization,
    /// How the scans are brought to the template's grid.
    pub interpolation: Interpolation,
    /// Registration of each scan to the template.
    pub registration: RegistrationSettings,
}

impl Default for TemplateSettings {
    fn default() -> Self {
        Self {
            spacing: 1.0,
            iterations: 3,
            affine: false,
            normalization: Normalization::Percentile { low: 1.0, high: 99.0 },
            interpolation: Interpolation::Cubic,
            registration: RegistrationSettings::default(),
        }
    }
}

impl TemplateSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// If a field is out of its range; the error names the first such field.
    pub fn check(&self) -> Result<()> {
        if !(0.25..=8.0).contains(&self.spacing) {
            return Err(Error::setting(
                "spacing",
                format!("the spacing of a template must be 0.25 to 8 mm, not {}", self.spacing),
            ));
        }
        if self.iterations == 0 {
            return Err(Error::setting("iterations", "a template needs at least 1 iteration"));
        }
        self.normalization.check()?;
        self.registration.check()
    }
}

/// Result of [`build_template`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Template {
    /// The mean of the normalized brains, each voxel over those that cover it; exactly 0 outside `mask`. Axes run
    /// right, front, top.
    pub volume: Volume<f32>,
    /// Where at least half of the brains are.
    pub mask: Mask,
    /// For each scan: world of the template to world of the scan (RAS+, mm), rigid unless scale and shear were
    /// asked for. Their rotations and stretches have no mean, and the middles of the brains lie around the
    /// template's origin.
    pub transforms: Vec<AffineTransform>,
    /// For each scan: reasons to doubt its registration.
    pub warnings: Vec<Vec<String>>,
}

/// Size and place of the brain of a scan.
struct Place {
    millilitres: f64,
    /// Middle of the brain, world mm.
    centre: Point3<f64>,
    /// Largest distance from the middle along each axis of the world, mm.
    reach: Vector3<f64>,
}

/// Averages the brains of scans. `names` are what errors call them (their files); `load` gives the scan of a
/// number from 0 and its brain mask, on one grid. It is called for each scan twice in each iteration and once
/// before, so that no more scans are in memory at a time than the current pool has threads.
///
/// The first template is the scan whose brain has the median volume. Neither its pose nor the order of the
/// scans matters, except for rounding: after each registration the mean rotation is taken out, and the
/// middle of the brains put at the origin.
///
/// # Errors
/// If there is no scan, a setting is out of its range, `load` fails, or a step fails for a scan (the error
/// then begins with the scan's name).
pub fn build_template<E: From<Error> + Send>(
    names: &[impl Display + Sync],
    load: impl Fn(usize) -> Result<(Volume<f32>, Mask), E> + Sync,
    settings: &TemplateSettings,
) -> Result<Template, E> {
    settings.check()?;
    let count = names.len();
    let about = |number: usize, error: Error| E::from(error.of(names[number].to_string()));
    if count == 0 {
        return Err(Error::NoScans("a template").into());
    }
    let mut places = Vec::with_capacity(count);
    let place = |number: usize| -> Result<Place, E> {
        let (scan, mask) = load(number)?;
        mask.check_on(&scan.grid()).map_err(|error| about(number, error))?;
        Ok(place(&mask))
    };
    in_order(count, place, |place| places.push(place))?;
    let start = median(&places);
    let grid = grid(&places, settings.spacing)?;
    let average_of = |scans: &[usize], transforms: &[AffineTransform]| -> Result<(Volume<f32>, Mask), E> {
        let mut average = Average::new(&grid)?;
        let moved = |n: usize| -> Result<(Volume<f32>, Mask), E> {
            let (scan, mask) = load(scans[n])?;
            moved(&scan, &mask, &grid, &transforms[n], settings).map_err(|error| about(scans[n], error))
        };
        in_order(scans.len(), moved, |(scan, mask)| average.add(&scan, &mask))?;
        Ok(average.finish()?)
    };

    let first = RigidTransform::about(Point3::origin(), Vector3::zeros(), places[start].centre.coords);
    let (mut volume, mut mask) = average_of(&[start], &[first.into()])?;
    let everyone: Vec<usize> = (0..count).collect();
    let (mut transforms, mut warnings) = (Vec::new(), Vec::new());
    for iteration in 0..settings.iterations {
        (transforms, warnings) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let register = |number: usize| -> Result<Registration<AffineTransform>, E> {
            let (scan, brain) = load(number)?;
            let (fixed, moving) = (Scan::within(&volume, &mask), Scan::within(&scan, &brain));
            if settings.affine {
                register_affine(fixed, moving, &settings.registration)
            } else {
                register_rigid(fixed, moving, &settings.registration).map(Into::into)
            }
            .map_err(|error| about(number, error))
        };
        in_order(count, register, |found| {
            transforms.push(found.transform);
            warnings.push(found.warnings);
        })?;
        let centres: Vec<_> = places.iter().map(|place| place.centre).collect();
        let shift = pose::balance(&mut transforms, &centres)?;
        tracing::debug!(iteration, degrees = shift.angle_degrees(), "mean motion taken out of the template");
        (volume, mask) = average_of(&everyone, &transforms)?;
    }
    Ok(Template { volume, mask, transforms, warnings })
}

/// Does `work` for all numbers, as many at a time as there are threads, and gives the results to `take` in
/// the order of the numbers.
fn in_order<T: Send, E: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
    mut take: impl FnMut(T),
) -> Result<(), E> {
    let together = rayon::current_num_threads();
    for start in (0..count).step_by(together) {
        let numbers = start..count.min(start + together);
        let done: Vec<Result<T, E>> = numbers.into_par_iter().map(&work).collect();
        for result in done {
            take(result?);
        }
    }
    Ok(())
}

/// Of a mask that is not empty.
fn place(mask: &Mask) -> Place {
    let sum = mask.points().fold(Vector3::zeros(), |sum, point| sum + point.coords);
    let centre = Point3::from(sum / mask.count() as f64);
    let reach = mask.points().fold(Vector3::zeros(), |reach: Vector3<f64>, p| reach.sup(&(p - centre).abs()));
    Place { millilitres: mask.millilitres(), centre, reach }
}

/// The scan of median brain volume.
fn median(places: &[Place]) -> usize {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&a, &b| places[a].millilitres.total_cmp(&places[b].millilitres));
    order[(order.len() - 1) / 2]
}

/// A grid that holds each of the brains with its middle at the origin.
fn grid(places: &[Place], spacing: f64) -> Result<Grid> {
    let reach = places.iter().fold(Vector3::zeros(), |reach: Vector3<f64>, place| reach.sup(&place.reach));
    let shape = [0, 1, 2].map(|axis| 1 + 2 * ((reach[axis] + MARGIN) / spacing).ceil() as usize);
    let grid = Grid::centred(shape, [spacing; 3])?;
    Ok(Grid { affine: grid.affine.with_code(TEMPLATE), ..grid })
}

/// A scan's normalized brain on the template's grid.
fn moved(
    scan: &Volume<f32>,
    mask: &Mask,
    grid: &Grid,
    transform: &AffineTransform,
    settings: &TemplateSettings,
) -> Result<(Volume<f32>, Mask)> {
    scan.check_varies()?;
    let mask = resample_mask(mask, grid, transform)?;
    let mut brain = resample(scan, grid, transform, settings.interpolation, 0.0)?;
    normalize(&mut brain, &mask, &settings.normalization)?;
    Ok((brain, mask))
}

/// A mean in the making.
struct Average {
    sums: Volume<f64>,
    counts: Volume<u32>,
    scans: u32,
}

impl Average {
    fn new(grid: &Grid) -> Result<Self> {
        Ok(Self { sums: Volume::filled(grid, 0.0)?, counts: Volume::filled(grid, 0)?, scans: 0 })
    }

    /// Adds a brain that is 0 outside its mask.
    fn add(&mut self, brain: &Volume<f32>, mask: &Mask) {
        for (sum, &value) in self.sums.as_mut_slice().iter_mut().zip(brain.as_slice()) {
            *sum += f64::from(value);
        }
        for (count, &inside) in self.counts.as_mut_slice().iter_mut().zip(mask.as_slice()) {
            *count += u32::from(inside);
        }
        self.scans += 1;
    }

    /// The mean of the brains at each voxel that at least half of them cover.
    fn finish(self) -> Result<(Volume<f32>, Mask)> {
        let mask = self.counts.map(|&count| 2 * count >= self.scans);
        let mut mean = self.sums.map(|&sum| sum as f32);
        for ((mean, &count), &inside) in
            mean.as_mut_slice().iter_mut().zip(self.counts.as_slice()).zip(mask.as_slice())
        {
            *mean = if inside { *mean / count as f32 } else { 0.0 };
        }
        if mask.count() == 0 {
            return Err(Error::NoOverlap("the brains of the cohort do not overlap after registration"));
        }
        Ok((mean, mask))
    }
}

#[cfg(test)]
mod tests;
