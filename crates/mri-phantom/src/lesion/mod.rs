//! What can be wrong with a head.

mod infarct;
mod plaques;
mod shape;
mod tumour;

use serde::{Deserialize, Serialize};

pub use self::infarct::INFARCT;
use self::infarct::Infarct;
pub use self::plaques::PLAQUE;
use self::plaques::Plaques;
pub(crate) use self::shape::Lesion;
use self::tumour::Tumour;
pub use self::tumour::{ENHANCING, NECROSIS, OEDEMA};
use crate::anatomy::Anatomy;
use crate::random::Stream;
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
