//! A procedural head: signed-distance shapes, folded by noise, painted from the outside in.

mod cerebrum;
mod cover;
mod deep;
mod hindbrain;
mod hull;
mod shape;

use crate::anatomy::{Anatomy, Sample};
use crate::paint::Painter;
use crate::random::{Purpose, Stream};
use crate::sdf::{Vec3, v};
use crate::tissue::Signals;
use shape::Shape;

/// One head with its signals.
pub(crate) struct Head {
    shape: Shape,
    signals: Signals,
}

impl Head {
    /// The head of a subject.
    pub(crate) fn draw(seed: u64, subject: u64) -> Self {
        Self {
            shape: Shape::draw(&mut Stream::new(seed, subject, Purpose::Shape)),
            signals: Signals::draw(&mut Stream::new(seed, subject, Purpose::Signal)),
        }
    }

    /// The mean head with the `number`-th pattern of sulci.
    pub(crate) fn mean(number: u64) -> Self {
        Self { shape: Shape::mean(&mut Stream::new(0, number, Purpose::Shape)), signals: Signals::mean() }
    }
}

/// Folds to the right side.
#[inline]
fn folded(a: Vec3) -> Vec3 {
    v(a.x.abs(), a.y, a.z)
}

impl Anatomy for Head {
    fn sample(&self, point: Vec3, footprint: f32) -> Sample {
        let shape = &self.shape;
        let a = shape.to_anatomical(point);
        let m = folded(a);
        let mut painter = Painter::new(&self.signals, footprint);
        let hulls = hull::hulls(m, shape.fluid);
        if hulls.cavity > -footprint {
            let slow = shape.slow.at(a);
            let cover_thickness = cover::skull_thickness(shape, a, slow) + shape.scalp * (1.0 + 0.1 * slow);
            let skin = hull::skin(m, hulls.cavity, cover_thickness);
            if skin > footprint {
                return Sample::AIR;
            }
            cover::paint(&mut painter, shape, a, m, skin, &hulls, slow);
        }
        if hulls.cavity < footprint {
            cover::paint_fluid(&mut painter, a, m, &hulls);
            if hulls.brain.min(hulls.stem) < 2.0 {
                let slow = shape.slow.at(a);
                hindbrain::paint(&mut painter, shape, a, m, &hulls);
                cerebrum::paint(&mut painter, shape, a, m, &hulls, slow);
                deep::paint(&mut painter, shape, a, m);
            }
        }
        Sample { hull: hulls.brain, ..painter.sample }
    }

    fn hull(&self, point: Vec3) -> f32 {
        hull::hulls(folded(self.shape.to_anatomical(point)), self.shape.fluid).brain
    }

    fn is_empty(&self, point: Vec3, radius: f32) -> bool {
        let shape = &self.shape;
        let m = folded(shape.to_anatomical(point));
        let cavity = hull::hulls(m, shape.fluid).cavity;
        // The thickest skull and scalp; distances are off by less than a third this near to the head.
        hull::skin(m, cavity, 1.5 * shape.skull + 1.3 * shape.scalp + 2.0) > 1.35 * radius
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }
}
