//! What the renderer and the tumour need to know about a head, wherever its anatomy comes from.

use crate::sdf::{Vec3, v};
use crate::tissue::{Signals, Tissue};

/// The middle of the mean brain in atlas space (mm), whose origin is the middle of the reference grid.
pub(crate) const BRAIN_CENTRE: Vec3 = v(0.0, -10.0, -1.5);

/// The tissue at one point, with partial volume over the footprint of a sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Signal without bias and noise.
    pub(crate) signal: f32,
    /// The tissue that fills most of the footprint.
    pub(crate) tissue: Tissue,
    /// Share of cerebral white matter, 0 to 1.
    pub(crate) white: f32,
    /// Distance (mm) to the hull of the brain, negative inside; only its sign and the values within a
    /// few mm of 0 are meant to be exact.
    pub(crate) hull: f32,
}

impl Sample {
    pub(crate) const AIR: Self = Self { signal: 0.0, tissue: Tissue::Air, white: 0.0, hull: 1e3 };
}

/// A head in atlas space: RAS+ mm, canonical pose, the middle of the reference grid at the origin.
pub(crate) trait Anatomy: Sync {
    /// The tissue around an atlas point. `footprint` (mm) is the side of the sampled cube.
    fn sample(&self, point: Vec3, footprint: f32) -> Sample;
    /// Distance (mm) to the hull of the brain, negative inside; see [`Sample::hull`].
    fn hull(&self, point: Vec3) -> f32;
    /// Whether the ball about `point` surely holds nothing but air outside the head.
    fn is_empty(&self, point: Vec3, radius: f32) -> bool;
    /// Signals of this head's tissues.
    fn signals(&self) -> &Signals;
}
