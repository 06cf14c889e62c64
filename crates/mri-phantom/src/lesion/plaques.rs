//! Plaques of multiple sclerosis: many small ovoids in the white matter.

use super::shape::{Lesion, volume};
use crate::anatomy::{Anatomy, Sample};
use crate::random::Stream;
use crate::sdf::{Vec3, smoothstep};
use crate::tissue::Tissue;
use crate::{Error, Result};

/// Label of a plaque.
pub const PLAQUE: u8 = 6;

/// Median of the volume of all plaques (ml), deviation of its logarithm, and its range.
const VOLUME: (f64, f64, [f64; 2]) = (8.0, 0.9, [1.0, 30.0]);
/// Median radius (mm) of a plaque across, and the deviation of its logarithm.
const RADIUS: (f64, f64) = (2.6, 0.4);
/// No more plaques than this.
const MOST: usize = 200;
/// How often a place is drawn before giving up.
const ATTEMPTS: usize = 20_000;
/// Distance (mm) within which a plaque lies beside a ventricle or below the cortex.
const BESIDE: f32 = 6.0;

/// One plaque.
struct Plaque {
    middle: Vec3,
    /// Direction of the long axis, away from the ventricle.
    axis: Vec3,
    /// Radius (mm) across, and how many times longer it is along its axis.
    radius: f32,
    length: f32,
    signal: f32,
}

/// All plaques of a head, in atlas space.
pub(crate) struct Plaques(Vec<Plaque>);

impl Plaques {
    pub(crate) fn draw(anatomy: &dyn Anatomy, stream: &mut Stream) -> Result<Self> {
        let (median, deviation, range) = VOLUME;
        let target = 1000.0 * volume(median, deviation, range, stream);
        let (mut plaques, mut total) = (Vec::new(), 0.0);
        while total < target && plaques.len() < MOST {
            let kind = stream.uniform(0.0, 1.0);
            let beside = match kind {
                kind if kind < 0.6 => Some(Tissue::Ventricle),
                kind if kind < 0.85 => Some(Tissue::GreyMatter),
                _ => None,
            };
            let Some(middle) = place(anatomy, beside, stream)? else { continue };
            let away = middle - Vec3::new(0.5 * middle.x, 0.6 * middle.y, 0.5 * middle.z);
            // A few rare large plaques are what many small ones have run together to.
            let radius = stream.normal(RADIUS.0.ln(), RADIUS.1).exp();
            let length = stream.uniform(1.0, 2.2);
            total += 4.0 / 3.0 * std::f64::consts::PI * radius.powi(3) * length;
            plaques.push(Plaque {
                middle,
                axis: away.try_normalize(1e-3).unwrap_or_else(Vec3::x),
                radius: radius as f32,
                length: length as f32,
                signal: anatomy.signals().oedema * stream.uniform(0.9, 1.3) as f32,
            });
        }
        Ok(Self(plaques))
    }
}

impl Lesion for Plaques {
    fn sample(&self, anatomy: &dyn Anatomy, point: Vec3, footprint: f32) -> (Sample, u8) {
        let mut sample = anatomy.sample(point, footprint);
        if sample.white == 0.0 || sample.hull > 0.0 {
            return (sample, 0);
        }
        let (mut share, mut signal) = (0.0_f32, 0.0);
        for plaque in &self.0 {
            let offset = point - plaque.middle;
            let along = offset.dot(&plaque.axis);
            if offset.norm_squared() > (1.5 * plaque.radius * plaque.length).powi(2) {
                continue;
            }
            let aside = (offset - plaque.axis * along).norm();
            let here = smoothstep(1.35, 0.65, aside.hypot(along / plaque.length) / plaque.radius);
            if here > share {
                (share, signal) = (here, plaque.signal);
            }
        }
        // White matter alone turns bright, and only if it is not brighter yet.
        let bright = share * sample.white;
        sample.signal += bright * (signal - sample.signal).max(0.0);
        (sample, if bright >= 0.5 { PLAQUE } else { 0 })
    }

    fn is_one(&self) -> bool {
        false
    }
}

/// A place in the white matter, beside a tissue if one is named; `None` if there seems to be none beside it.
fn place(anatomy: &dyn Anatomy, beside: Option<Tissue>, stream: &mut Stream) -> Result<Option<Vec3>> {
    let mut found = false;
    for _ in 0..ATTEMPTS {
        let mut along = |low: f64, high: f64| stream.uniform(low, high) as f32;
        let point = Vec3::new(along(-60.0, 60.0), along(-85.0, 65.0), along(-30.0, 60.0));
        if anatomy.hull(point) > -4.0 || anatomy.sample(point, 1.0).tissue != Tissue::WhiteMatter {
            continue;
        }
        found = true;
        let Some(wanted) = beside else { return Ok(Some(point)) };
        let towards = stream.direction() * stream.uniform(2.0, f64::from(BESIDE)) as f32;
        if anatomy.sample(point + towards, 1.0).tissue == wanted {
            return Ok(Some(point));
        }
    }
    if found {
        Ok(None)
    } else {
        Err(Error::Labels("no cerebral white matter in which plaques could lie".into()))
    }
}
