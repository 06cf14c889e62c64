//! A glioma: enhancing core with necrosis, mass effect, and oedema that follows the white matter.

use super::shape::Lesion;
use crate::anatomy::{Anatomy, Sample};
use crate::noise::{Field, Tile};
use crate::random::Stream;
use crate::sdf::{Vec3, smoothstep};
use crate::tissue::{Signals, Tissue};
use crate::{Error, PhantomSettings, Result};

/// BraTS label of necrosis and non-enhancing core.
pub const NECROSIS: u8 = 1;
/// BraTS label of oedema.
pub const OEDEMA: u8 = 2;
/// BraTS label of enhancing tumour.
pub const ENHANCING: u8 = 4;

/// Mean and standard deviation of the natural logarithm of a whole tumour's volume (ml): median 75 ml, as
/// in the BraTS training sets.
const LOG_VOLUME: (f64, f64) = (4.32, 0.75);
/// Distance (mm) between the points at which the volume of oedema is measured.
const MEASURE_STEP: f32 = 2.5;
/// Oedema reaches at most this far (mm) beyond the core.
const OEDEMA_REACH: f32 = 60.0;
/// How often a place for the core is drawn before giving up.
const ATTEMPTS: usize = 20_000;

/// A tumour in atlas space.
pub(crate) struct Tumour {
    centre: Vec3,
    /// Radius (mm) of the core.
    radius: f32,
    /// Share of its radius by which the core pushes the tissue around it away, 0 to 0.5.
    push: f32,
    /// Thickness (mm) of the enhancing rim.
    rim: f32,
    /// Level of [`Self::spread`] at which oedema ends.
    reach: f32,
    lobes: Field,
    fingers: Field,
    grain: Field,
    oedema: f32,
    necrosis: f32,
    enhancing: f32,
}

impl Tumour {
    /// Draws a tumour that grows in the cerebral white matter of `anatomy`.
    pub(crate) fn draw(
        settings: &PhantomSettings,
        anatomy: &dyn Anatomy,
        signals: &Signals,
        stream: &mut Stream,
    ) -> Result<Self> {
        let [low, high] = settings.tumour_ml;
        // Kept off the ends of the range by what the coarse measurement may be wrong.
        let (low, high) = (1.15 * low, (0.93 * high).max(1.15 * low));
        let target = stream.normal(LOG_VOLUME.0, LOG_VOLUME.1).exp().clamp(low, high);
        let core = target * stream.uniform(0.2, 0.5);
        let radius = (3000.0 * core / (4.0 * std::f64::consts::PI)).cbrt() as f32;
        let mut tumour = Self {
            centre: place(anatomy, radius, stream)?,
            radius,
            push: stream.uniform(0.15, 0.45) as f32,
            rim: (radius * stream.uniform(0.15, 0.4) as f32).clamp(2.0, 9.0),
            reach: 0.0,
            lobes: Field::new(Tile::texture(), 0.11 * radius, stream),
            fingers: Field::new(Tile::texture(), 2.5, stream),
            grain: Field::new(Tile::texture(), 0.8, stream),
            oedema: signals.oedema,
            necrosis: signals.necrosis,
            enhancing: signals.enhancing,
        };
        tumour.reach = tumour.reach_for(anatomy, target);
        Ok(tumour)
    }

    /// Distance (mm) to the lobed surface of the core, negative inside.
    #[inline]
    fn core(&self, offset: Vec3, point: Vec3) -> f32 {
        offset.norm() - self.radius * (1.0 + 0.13 * self.lobes.at(point).clamp(-2.0, 2.0))
    }

    /// How far (mm, roughly) oedema has to spread from the core to get to a point.
    #[inline]
    fn spread(&self, core: f32, point: Vec3) -> f32 {
        core + 5.0 * self.fingers.at(point)
    }

    /// Where the tissue at `point` was before the core pushed it away. Near the skull nothing moves.
    #[inline]
    fn origin(&self, anatomy: &dyn Anatomy, point: Vec3, offset: Vec3) -> Vec3 {
        let ratio = offset.norm_squared() / (1.8 * self.radius * self.radius);
        if ratio > 5.0 {
            return point;
        }
        let hold = smoothstep(0.0, 18.0, -anatomy.hull(point));
        point - offset * (self.push * hold * (-ratio).exp())
    }

    /// The reach at which core and oedema together have `target` ml, or the largest one if the white
    /// matter around the core has less than that.
    fn reach_for(&self, anatomy: &dyn Anatomy, target: f64) -> f32 {
        let extent = 1.3 * self.radius + OEDEMA_REACH;
        let steps = (extent / MEASURE_STEP).ceil() as i32;
        let cell = f64::from(MEASURE_STEP).powi(3) / 1000.0;
        let (mut core_ml, mut levels) = (0.0, Vec::new());
        for cell_index in 0..(2 * steps + 1).pow(3) {
            let side = 2 * steps + 1;
            let node = [cell_index / (side * side), cell_index / side % side, cell_index % side];
            let offset = Vec3::from(node.map(|n| (n - steps) as f32 * MEASURE_STEP));
            if offset.norm() > extent {
                continue;
            }
            let point = self.centre + offset;
            let sample = anatomy.sample(self.origin(anatomy, point, offset), MEASURE_STEP);
            let core = self.core(offset, point);
            if core.max(sample.hull + 1.5) < 0.0 {
                core_ml += cell;
            } else if sample.white >= 0.5 && sample.hull < 0.0 {
                levels.push(self.spread(core, point));
            }
        }
        levels.sort_by(f32::total_cmp);
        let wanted = ((target - core_ml).max(0.0) / cell) as usize;
        levels.get(wanted).or(levels.last()).copied().unwrap_or(0.0).min(OEDEMA_REACH)
    }
}

impl Lesion for Tumour {
    fn sample(&self, anatomy: &dyn Anatomy, point: Vec3, footprint: f32) -> (Sample, u8) {
        let offset = point - self.centre;
        let mut sample = self.background(anatomy, point, footprint);
        let distance = offset.norm();
        if sample.hull > 0.0 || distance > 1.3 * self.radius + OEDEMA_REACH + 12.0 {
            return (sample, 0);
        }
        let core = self.core(offset, point);
        let spread = self.spread(core, point);
        let coverage = |level: f32| (0.5 - level / footprint).clamp(0.0, 1.0);
        let mut label = 0;

        // Oedema fades out over some mm, and leaves cortex and fluid alone.
        let oedema = sample.white * smoothstep(self.reach + 3.0, self.reach - 3.0, spread);
        let texture = 1.0 + 0.03 * self.grain.at(point);
        sample.signal += oedema * (self.oedema * texture - sample.signal);
        if sample.white >= 0.5 && spread < self.reach {
            label = OEDEMA;
        }
        // The core replaces all tissue inside the brain.
        let solid = coverage(core.max(sample.hull + 1.5));
        if solid > 0.0 {
            let inner = core + self.rim * (1.0 + 0.35 * self.fingers.at(point).clamp(-2.0, 2.0));
            let dead = coverage(inner);
            let content = self.enhancing + dead * (self.necrosis - self.enhancing);
            sample.signal += solid * (content * (1.0 + 0.05 * self.grain.at(point)) - sample.signal);
            if solid >= 0.5 {
                label = if dead >= 0.5 { NECROSIS } else { ENHANCING };
            }
        }
        (sample, label)
    }

    fn background(&self, anatomy: &dyn Anatomy, point: Vec3, footprint: f32) -> Sample {
        anatomy.sample(self.origin(anatomy, point, point - self.centre), footprint)
    }
}

/// A place for the core: in cerebral white matter, deep enough that most of the core lies in the brain.
fn place(anatomy: &dyn Anatomy, radius: f32, stream: &mut Stream) -> Result<Vec3> {
    for _ in 0..ATTEMPTS {
        let mut along = |low: f64, high: f64| stream.uniform(low, high) as f32;
        let point = Vec3::new(along(-65.0, 65.0), along(-85.0, 75.0), along(-40.0, 60.0));
        // The midline belongs to no hemisphere.
        if point.x.abs() < 0.6 * radius.max(12.0) || anatomy.hull(point) > -0.75 * radius - 4.0 {
            continue;
        }
        if anatomy.sample(point, 1.0).tissue == Tissue::WhiteMatter {
            return Ok(point);
        }
    }
    Err(Error::Labels("no cerebral white matter in which a tumour could grow".into()))
}
