//! An infarct: the wedge of brain behind one closed artery, from the depth to the cortex.

use super::shape::{Lesion, volume};
use crate::anatomy::{Anatomy, Sample};
use crate::noise::{Field, Tile};
use crate::random::Stream;
use crate::sdf::{Vec3, smoothstep};
use crate::tissue::Tissue;
use crate::{Error, Result};

/// Label of an infarct.
pub const INFARCT: u8 = 5;

/// Median volume (ml), deviation of its logarithm, and its range: small cortical ones to half a territory.
const VOLUME: (f64, f64, [f64; 2]) = (35.0, 1.0, [3.0, 150.0]);
/// Distance (mm) between the points at which its volume is measured, and how far from its tip they go.
const MEASURE_STEP: f32 = 3.0;
const EXTENT: f32 = 90.0;
/// How often a place is drawn before giving up.
const ATTEMPTS: usize = 20_000;
/// How far in front of its tip (mm) the wedge ends, per mm of width.
const BLUNTNESS: f32 = 1.5;

/// An infarct in atlas space.
pub(crate) struct Infarct {
    /// Tip of the wedge.
    tip: Vec3,
    /// From the tip to the cortex, of length 1.
    axis: Vec3,
    /// Growth of the wedge's radius along its axis (mm per mm).
    slope: f32,
    /// Value of [`Self::level`] at its border.
    border: f32,
    edge: Field,
    /// Share of tissue that has become fluid: none in the first weeks, most of it after months.
    cavity: f32,
    /// Factor on the signal of tissue that swells.
    swelling: f32,
    grain: Field,
    fluid: f32,
}

impl Infarct {
    pub(crate) fn draw(anatomy: &dyn Anatomy, stream: &mut Stream) -> Result<Self> {
        let (median, deviation, range) = VOLUME;
        let target = volume(median, deviation, range, stream);
        let cortex = place(anatomy, stream)?;
        // Arteries come from the base: the wedge points there from the cortex, and ends well before.
        let root = Vec3::new(0.35 * cortex.x, 0.25 * cortex.y - 5.0, -5.0);
        let size = (3000.0 * target / std::f64::consts::TAU).cbrt();
        let depth = stream.uniform(0.8, 1.4) * size;
        let axis = (cortex - root).try_normalize(1e-3).unwrap_or_else(Vec3::z);
        let length = (depth as f32).min(0.9 * (cortex - root).norm());
        let chronic = stream.uniform(0.0, 1.0) < 0.35;
        let mut infarct = Self {
            tip: cortex - axis * length,
            axis,
            slope: stream.uniform(0.35, 0.8) as f32,
            border: 0.0,
            edge: Field::new(Tile::texture(), 2.5, stream),
            cavity: if chronic { stream.uniform(0.4, 0.85) as f32 } else { 0.0 },
            swelling: stream.uniform(1.25, 1.7) as f32,
            grain: Field::new(Tile::texture(), 1.2, stream),
            fluid: anatomy.signals().of(Tissue::Csf),
        };
        infarct.border = infarct.border_for(anatomy, target);
        Ok(infarct)
    }

    /// Distance (mm, roughly) from the wedge, which grows as it is raised.
    fn level(&self, point: Vec3) -> f32 {
        let offset = point - self.tip;
        let along = offset.dot(&self.axis);
        let aside = (offset - self.axis * along).norm();
        let wedge = if along > 0.0 { aside - self.slope * along } else { aside - BLUNTNESS * along };
        // No artery crosses the midline.
        let other_side = (3.0 - point.x * self.tip.x.signum()).max(0.0);
        wedge + 3.0 * self.edge.at(point) + 4.0 * other_side
    }

    /// The level within which `target` ml of brain lie, or all there is.
    fn border_for(&self, anatomy: &dyn Anatomy, target: f64) -> f32 {
        let steps = (EXTENT / MEASURE_STEP) as i32;
        let side = 2 * steps + 1;
        let mut levels: Vec<f32> = (0..side.pow(3))
            .map(|cell| [cell / (side * side), cell / side % side, cell % side])
            .map(|node| self.tip + MEASURE_STEP * Vec3::from(node.map(|n| (n - steps) as f32)))
            .map(|point| (point, self.level(point)))
            .filter(|&(point, level)| level < 60.0 && is_tissue(&anatomy.sample(point, MEASURE_STEP)))
            .map(|(_, level)| level)
            .collect();
        levels.sort_by(f32::total_cmp);
        let cells = (1000.0 * target / f64::from(MEASURE_STEP).powi(3)) as usize;
        levels.get(cells).or(levels.last()).copied().unwrap_or(0.0)
    }
}

/// Whether this is brain that an artery can leave without blood.
fn is_tissue(sample: &Sample) -> bool {
    sample.hull < 0.0 && sample.tissue.is_brain()
}

impl Lesion for Infarct {
    fn sample(&self, anatomy: &dyn Anatomy, point: Vec3, footprint: f32) -> (Sample, u8) {
        let mut sample = anatomy.sample(point, footprint);
        if !is_tissue(&sample) {
            return (sample, 0);
        }
        let level = self.level(point) - self.border;
        let share = smoothstep(1.5, -1.5, level);
        if share > 0.0 {
            let texture = 1.0 + 0.06 * self.grain.at(point);
            let swollen = sample.signal * self.swelling * texture;
            let cavity = self.cavity * smoothstep(-1.0, -6.0, level);
            let signal = swollen + cavity * (0.92 * self.fluid - swollen);
            sample.signal += share * (signal - sample.signal);
        }
        (sample, if level < 0.0 { INFARCT } else { 0 })
    }
}

/// A place in the cortex of the cerebrum.
fn place(anatomy: &dyn Anatomy, stream: &mut Stream) -> Result<Vec3> {
    for _ in 0..ATTEMPTS {
        let mut along = |low: f64, high: f64| stream.uniform(low, high) as f32;
        let point = Vec3::new(along(-72.0, 72.0), along(-100.0, 75.0), along(-25.0, 70.0));
        if point.x.abs() < 10.0 || !(-8.0..-1.0).contains(&anatomy.hull(point)) {
            continue;
        }
        if anatomy.sample(point, 1.0).tissue == Tissue::GreyMatter {
            return Ok(point);
        }
    }
    Err(Error::Labels("no cortex in which an infarct could lie".into()))
}
