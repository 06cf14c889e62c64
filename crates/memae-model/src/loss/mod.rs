//! The loss of each model: reconstruction, and what its bottleneck adds.

pub(crate) mod ssim;

use tch::{Device, Kind, Tensor};

use self::ssim::{Ssim, mean};
use crate::Result;
use crate::kind::{ErrorKind, ModelKind};
use crate::network::Output;
use crate::network::bottleneck::Latent;
use crate::network::memory;
use crate::settings::{LossRegion, ModelSettings};

/// What is averaged, for slices of a fixed size.
enum Difference {
    Squared,
    Absolute,
    Ssim(Ssim),
}

/// Computes a model's loss for slices of a fixed size.
pub(crate) struct Loss {
    difference: Difference,
    region: LossRegion,
    /// Weight of the Kullback-Leibler divergence per value of the code.
    beta_per_pixel: f64,
    /// Weight of the addressing entropy.
    alpha: f64,
}

/// The loss of one batch, as one-element tensors.
pub(crate) struct LossParts {
    /// What is minimized.
    pub(crate) total: Tensor,
    /// Mean squared or absolute error, or 1 - SSIM.
    pub(crate) reconstruction: Tensor,
    /// Unweighted divergence or entropy, where the model has one.
    pub(crate) regularization: Option<Tensor>,
}

impl Loss {
    pub(crate) fn new(
        kind: ModelKind,
        settings: &ModelSettings,
        sides: [usize; 2],
        device: Device,
    ) -> Result<Self> {
        let difference = match kind.error() {
            ErrorKind::Squared => Difference::Squared,
            ErrorKind::Absolute => Difference::Absolute,
            ErrorKind::Ssim => Difference::Ssim(Ssim::new(sides, settings.ssim_border, device)?),
        };
        Ok(Self {
            difference,
            region: settings.loss_region,
            beta_per_pixel: settings.beta / (sides[0] * sides[1]) as f64,
            alpha: settings.alpha,
        })
    }

    /// Whether [`Self::parts`] needs to know which pixels are brain.
    pub(crate) fn needs_brain(&self) -> bool {
        self.region == LossRegion::Brain
    }

    /// The loss of a batch. `target`, `brain` (1 inside, 0 outside) and `weights` (how much a pixel counts; not for 1 - SSIM)
    /// are (batch, 1, H, W).
    pub(crate) fn parts(
        &self,
        output: &Output,
        target: &Tensor,
        brain: Option<&Tensor>,
        weights: Option<&Tensor>,
    ) -> Result<LossParts> {
        let brain = brain.filter(|_| self.needs_brain()).map(|brain| self.crop(brain)).transpose()?;
        let reconstruction = match &self.difference {
            Difference::Ssim(ssim) => ssim.loss(target, &output.reconstruction, brain.as_ref())?,
            Difference::Squared | Difference::Absolute => {
                mean(&weighted(self.map(output, target)?, weights)?, brain.as_ref())?
            }
        };
        let (regularization, weight) = match &output.latent {
            Latent::Point => (None, 0.0),
            Latent::Gaussian { mean, log_variance } => {
                let code = mean.numel() as f64 / mean.size()[0] as f64;
                (Some(divergence(mean, log_variance)?), self.beta_per_pixel * code)
            }
            Latent::Addressed(weights) => (Some(memory::entropy(weights)?.f_mean(Kind::Float)?), self.alpha),
        };
        let total = match &regularization {
            Some(term) => reconstruction.f_add(&term.f_mul_scalar(weight)?)?,
            None => reconstruction.shallow_clone(),
        };
        Ok(LossParts { total, reconstruction, regularization })
    }

    /// The reconstruction loss of a batch as in [`Self::parts`], and the sums of its map over the background and over
    /// all pixels.
    pub(crate) fn validate(
        &self,
        output: &Output,
        target: &Tensor,
        brain: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<[Tensor; 3]> {
        let map = weighted(self.map(output, target)?, weights)?;
        let brain = self.crop(brain)?;
        let reconstruction = mean(&map, self.needs_brain().then_some(&brain))?;
        let all = map.f_sum(Kind::Float)?;
        let inside = map.f_mul(&brain)?.f_sum(Kind::Float)?;
        Ok([reconstruction, all.f_sub(&inside)?, all])
    }

    /// The reconstruction loss of each pixel.
    fn map(&self, output: &Output, target: &Tensor) -> Result<Tensor> {
        Ok(match &self.difference {
            Difference::Ssim(ssim) => ssim.map(target, &output.reconstruction)?.f_neg()?.f_add_scalar(1.0)?,
            Difference::Squared => output.reconstruction.f_sub(target)?.f_square()?,
            Difference::Absolute => output.reconstruction.f_sub(target)?.f_abs()?,
        })
    }

    fn crop(&self, x: &Tensor) -> Result<Tensor> {
        match &self.difference {
            Difference::Ssim(ssim) => ssim.crop(x),
            Difference::Squared | Difference::Absolute => Ok(x.shallow_clone()),
        }
    }
}

fn weighted(map: Tensor, weights: Option<&Tensor>) -> Result<Tensor> {
    Ok(match weights {
        Some(weights) => map.f_mul(weights)?,
        None => map,
    })
}

/// Kullback-Leibler divergence from the standard normal distribution, averaged over code and batch.
fn divergence(mean: &Tensor, log_variance: &Tensor) -> Result<Tensor> {
    let inner = log_variance.f_add_scalar(1.0)?.f_sub(&mean.f_square()?)?.f_sub(&log_variance.f_exp()?)?;
    Ok(inner.f_mean(Kind::Float)?.f_mul_scalar(-0.5)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kascenas et al. 2022 sum the squared errors of the foreground and divide by all pixels.
    #[test]
    fn over_the_brain_the_denoising_loss_is_the_published_one_but_for_a_factor() {
        let settings = ModelSettings { loss_region: LossRegion::Brain, ..Default::default() };
        let loss = Loss::new(ModelKind::Dae, &settings, [16, 16], Device::Cpu).unwrap();
        tch::manual_seed(5);
        let options = (Kind::Float, Device::Cpu);
        let brain = Tensor::rand([2, 1, 16, 16], options).gt(0.4).to_kind(Kind::Float);
        let (target, reconstruction) =
            (Tensor::rand([2, 1, 16, 16], options) * &brain, Tensor::rand([2, 1, 16, 16], options));
        let published = ((&reconstruction - &target).square() * &brain).mean(Kind::Float).double_value(&[]);
        let output = Output { reconstruction, latent: Latent::Point };
        let ours = loss.parts(&output, &target, Some(&brain), None).unwrap().total.double_value(&[]);
        let share = brain.mean(Kind::Float).double_value(&[]);
        assert!((ours * share - published).abs() < 1e-6 * published, "{ours} {share} {published}");
    }
}
