//! What all lesions have in common.

use crate::anatomy::{Anatomy, Sample};
use crate::random::Stream;
use crate::sdf::Vec3;

/// A lesion in atlas space.
pub(crate) trait Lesion: Sync {
    /// The tissue at a point of the head with this lesion, and the lesion's label there.
    fn sample(&self, anatomy: &dyn Anatomy, point: Vec3, footprint: f32) -> (Sample, u8);

    /// The tissue at a point that the lesion has moved, but not changed.
    fn background(&self, anatomy: &dyn Anatomy, point: Vec3, footprint: f32) -> Sample {
        anatomy.sample(point, footprint)
    }

    /// Whether all of it hangs together.
    fn is_one(&self) -> bool {
        true
    }
}

/// A volume (ml) drawn from a log-normal law with this median and deviation of the logarithm, within a range.
pub(crate) fn volume(median: f64, deviation: f64, [low, high]: [f64; 2], stream: &mut Stream) -> f64 {
    stream.normal(median.ln(), deviation).exp().clamp(low, high)
}
