//! What spoils the slices that denoising autoencoders are shown in training.
//!
//! The three slices of a window are spoilt alike: were they not, the network could read the centre slice off its neighbours,
//! where a lesion, which the spoilt place stands for, would be seen as well.

mod blobs;
mod coarse;

use tch::Tensor;

use self::blobs::Blobs;
use self::coarse::CoarseNoise;
use crate::Result;
use crate::cohort::Window;
use crate::kind::ModelKind;
use crate::settings::ModelSettings;

/// Spoils slices inside the head, as a function of (seed, epoch, window) alone, whatever else is in the batch.
pub(crate) enum Corruption {
    Noise(CoarseNoise),
    Blobs(Blobs),
}

/// What a network is shown of a batch.
pub(crate) struct Shown {
    /// (batch, 3, H, W).
    pub(crate) input: Tensor,
    /// How much each pixel of the centre slice counts in the loss, (batch, 1, H, W), where not all count alike.
    pub(crate) weights: Option<Tensor>,
}

impl Corruption {
    /// `None` for models that are shown slices as they are.
    pub(crate) fn new(kind: ModelKind, model: &ModelSettings, seed: u64, sides: [usize; 2]) -> Option<Self> {
        match kind {
            ModelKind::Dae => Some(Self::Noise(CoarseNoise { settings: model.noise, seed, sides })),
            ModelKind::BlobDae => Some(Self::Blobs(Blobs { settings: model.blobs, seed, sides })),
            _ => None,
        }
    }

    /// `x` (batch, 3, H, W), spoilt wherever it is not background, which is 0.
    pub(crate) fn apply(&self, x: &Tensor, windows: &[Window], epoch: usize) -> Result<Shown> {
        let _guard = tch::no_grad_guard();
        let (spoilt, weights) = match self {
            Self::Noise(noise) => (x.f_add(&noise.field(windows, epoch, x.device())?)?, None),
            Self::Blobs(blobs) => {
                let [kept, added, weights] = blobs.pasted(&x.f_narrow(1, 1, 1)?, windows, epoch)?;
                (x.f_mul(&kept)?.f_add(&added)?.f_clamp(0.0, 1.0)?, Some(weights))
            }
        };
        Ok(Shown { input: spoilt.f_where_self(&x.f_ne(0.0)?, x)?, weights })
    }
}
