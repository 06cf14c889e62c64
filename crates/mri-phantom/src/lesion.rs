//! What can be wrong with a head.

use serde::{Deserialize, Serialize};

use crate::anatomy::{Anatomy, Sample};
use crate::infarct::Infarct;
use crate::plaques::Plaques;
use crate::random::Stream;
use crate::sdf::Vec3;
use crate::tumour::Tumour;
use crate::{PhantomSettings, Result};

/// Kinds of lesion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LesionKind {
    /// A tumour with enhancing rim, necrosis, oedema and mass effect: [`crate::NECROSIS`], [`crate::OEDEMA`],
    /// [`crate::ENHANCING`].
    Glioma,
    /// A wedge of brain up to the cortex that had no blood, days to months ago: [`crate::INFARCT`], 3 to 150 ml.
    Infarct,
    /// Plaques of multiple sclerosis in the white matter, along the ventricles and below the cortex: [`crate::PLAQUE`],
    /// 1 to 30 ml in all.
    Ms,
}

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

/// Draws a lesion that `anatomy` can have.
///
/// # Errors
/// If there is no place for it.
pub(crate) fn draw(
    kind: LesionKind,
    settings: &PhantomSettings,
    anatomy: &dyn Anatomy,
    stream: &mut Stream,
) -> Result<Box<dyn Lesion>> {
    Ok(match kind {
        LesionKind::Glioma => Box::new(Tumour::draw(settings, anatomy, anatomy.signals(), stream)?),
        LesionKind::Infarct => Box::new(Infarct::draw(anatomy, stream)?),
        LesionKind::Ms => Box::new(Plaques::draw(anatomy, stream)?),
    })
}

/// A volume (ml) drawn from a log-normal law with this median and deviation of the logarithm, within a range.
pub(crate) fn volume(median: f64, deviation: f64, [low, high]: [f64; 2], stream: &mut Stream) -> f64 {
    stream.normal(median.ln(), deviation).exp().clamp(low, high)
}
