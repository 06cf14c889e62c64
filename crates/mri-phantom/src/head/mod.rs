//! A procedural head: signed-distance shapes, folded by noise, painted from the outside in.

mod cerebrum;
mod chart;
mod cover;
mod deep;
mod hindbrain;
mod hull;
mod shape;

use crate::anatomy::{Anatomy, Sample};
use crate::paint::Painter;
use crate::random::{Purpose, Stream};
use crate::sdf::Vec3;
use crate::tissue::Signals;
use chart::{Chart, Place};
use shape::Shape;

/// One head with its signals.
pub(crate) struct Head {
    shape: Shape,
    chart: Chart,
    signals: Signals,
}

impl Head {
    /// The head of a subject.
    pub(crate) fn draw(seed: u64, subject: u64) -> Self {
        let signals = Signals::draw(&mut Stream::new(seed, subject, Purpose::Signal));
        Self::new(Shape::draw(&mut Stream::new(seed, subject, Purpose::Shape)), signals)
    }

    /// The mean head with the `number`-th pattern of sulci.
    pub(crate) fn mean(number: u64) -> Self {
        Self::new(Shape::mean(&mut Stream::new(0, number, Purpose::Shape)), Signals::mean())
    }

    fn new(shape: Shape, signals: Signals) -> Self {
        Self { chart: Chart::new(&shape), shape, signals }
    }
}

impl Anatomy for Head {
    fn sample(&self, point: Vec3, footprint: f32) -> Sample {
        let shape = &self.shape;
        let Place { a, m, hulls, skin, slow } = self.chart.at(shape, point);
        if skin > footprint {
            return Sample::AIR;
        }
        let mut painter = Painter::new(&self.signals, footprint);
        if hulls.cavity > -footprint {
            cover::paint(&mut painter, shape, a, m, skin, &hulls, slow);
        }
        if hulls.cavity < footprint {
            cover::paint_fluid(&mut painter, a, m, &hulls);
            if hulls.brain.min(hulls.stem) < 2.0 {
                hindbrain::paint(&mut painter, shape, a, m, &hulls);
                cerebrum::paint(&mut painter, shape, a, m, &hulls, slow);
                deep::paint(&mut painter, shape, a, m, hulls.brain);
            }
        }
        Sample { hull: hulls.brain, ..painter.sample }
    }

    fn hull(&self, point: Vec3) -> f32 {
        self.chart.at(&self.shape, point).hulls.brain
    }

    fn is_empty(&self, point: Vec3, radius: f32) -> bool {
        // Distances are off by less than a third this near to the head.
        self.chart.at(&self.shape, point).skin > 1.35 * radius + 1.0
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }
}
