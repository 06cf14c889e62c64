//! A step of training before there is anything to train on: whether a GPU has the memory for it.

use tch::{Device, Kind, Tensor};

use super::adam::Adam;
use super::room::{self, caught};
use crate::Result;
use crate::device::DeviceChoice;
use crate::kind::ModelKind;
use crate::loss::Loss;
use crate::network::Network;
use crate::settings::{ModelSettings, TrainSettings};

/// Tries whether a step of training has room on a GPU: to be asked before hours of preprocessing. Slices have `sides` pixels.
///
/// On the CPU nothing is tried. Memory there is the system's, which grants more than it has and ends programs that take it.
///
/// # Errors
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory) with the batch that would fit; [`Error::Device`](crate::Error::Device) for a
/// device that is not there; [`Error::Invalid`](crate::Error::Invalid) for settings out of range.
pub fn rehearse(
    kind: ModelKind,
    model: &ModelSettings,
    settings: &TrainSettings,
    sides: [usize; 2],
    device: DeviceChoice,
) -> Result<()> {
    settings.check()?;
    model.check(sides)?;
    let device = device.open()?;
    if !device.is_cuda() {
        return Ok(());
    }
    let step = |batch| caught(|| step(kind, model, settings, sides, batch, device));
    step(settings.batch).map_err(|error| room::too_large(error, settings.batch, |half| step(half).is_ok()))
}

/// Loss, gradient and step of the optimizer on a batch of noise.
fn step(
    kind: ModelKind,
    model: &ModelSettings,
    settings: &TrainSettings,
    sides: [usize; 2],
    batch: usize,
    device: Device,
) -> Result<()> {
    let network = Network::new(kind, model, sides, settings.seed, device)?;
    let loss = Loss::new(kind, model, sides, device)?;
    let mut adam = Adam::new(network.parameters.flat())?;
    let [rows, columns] = sides.map(|side| side as i64);
    let x = Tensor::f_rand([batch as i64, 3, rows, columns], (Kind::Float, device))?;
    let target = x.f_narrow(1, 1, 1)?;
    let brain = target.f_ones_like()?;
    let noise = network.noise(batch, settings.seed, 1, 0)?;
    let (output, pass) = network.train(&x, noise.as_ref(), settings.precision)?;
    let parts = loss.parts(&output, &target, Some(&brain), None)?;
    let gradient = network.gradient(&parts.total, &output, pass)?;
    adam.step(network.parameters.flat(), &gradient, settings.learning_rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_takes_a_step_on_noise_and_the_cpu_is_not_asked() {
        let model = ModelSettings { width: 1.0 / 48.0, ..Default::default() };
        let settings = TrainSettings { batch: 3, ..Default::default() };
        for kind in ModelKind::ALL {
            step(kind, &model, &settings, [32, 32], settings.batch, Device::Cpu).unwrap();
        }
        let huge = TrainSettings { batch: 1 << 20, ..settings };
        rehearse(ModelKind::Ae, &model, &huge, [240, 240], DeviceChoice::Cpu).unwrap();
        let absent = rehearse(ModelKind::Ae, &model, &huge, [240, 240], DeviceChoice::Cuda(99));
        assert!(absent.unwrap_err().to_string().starts_with("cuda:99"));
    }
}
