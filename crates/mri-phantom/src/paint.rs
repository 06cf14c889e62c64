//! Painter's algorithm over signed distances: later tissues cover earlier ones by their partial volume.

use crate::anatomy::Sample;
use crate::tissue::{Signals, Tissue};

/// A sample being painted.
pub(crate) struct Painter<'a> {
    signals: &'a Signals,
    /// 1 / footprint (per mm).
    sharpness: f32,
    pub(crate) sample: Sample,
}

impl<'a> Painter<'a> {
    pub(crate) fn new(signals: &'a Signals, footprint: f32) -> Self {
        Self { signals, sharpness: 1.0 / footprint, sample: Sample::AIR }
    }

    /// Covers what is there with `tissue` inside the shape at `distance` (mm).
    #[inline]
    pub(crate) fn cover(&mut self, distance: f32, tissue: Tissue) {
        self.cover_scaled(distance, tissue, 1.0);
    }

    /// Like [`Self::cover`] with the tissue's signal times `gain`.
    #[inline]
    pub(crate) fn cover_scaled(&mut self, distance: f32, tissue: Tissue, gain: f32) {
        let share = (0.5 - distance * self.sharpness).clamp(0.0, 1.0);
        if share > 0.0 {
            let sample = &mut self.sample;
            let white = if tissue == Tissue::WhiteMatter { 1.0 } else { 0.0 };
            sample.signal += share * (self.signals.of(tissue) * gain - sample.signal);
            sample.white += share * (white - sample.white);
            if share >= 0.5 {
                sample.tissue = tissue;
            }
        }
    }
}
