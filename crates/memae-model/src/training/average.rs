//! Averages of a network's weights over the steps of training, which move far less from step to step than the weights.

use tch::Tensor;

use crate::Result;
use crate::network::parameters::Parameters;

/// An exponential moving average of all parameters and running statistics (Polyak and Juditsky 1992; with factors that fall
/// exponentially as in Tarvainen and Valpola 2017). As in Adam the factors are scaled to the sum 1, so that the random weights
/// of the beginning do not count.
pub(crate) struct Average {
    decay: f64,
    values: Vec<Tensor>,
}

impl Average {
    /// The average before the first step, which leaves nothing of it.
    pub(crate) fn new(parameters: &Parameters, decay: f64) -> Result<Self> {
        let _guard = tch::no_grad_guard();
        let values = parameters.values().map(|tensor| Ok(tensor.f_detach_copy()?));
        Ok(Self { decay, values: values.collect::<Result<_>>()? })
    }

    /// Takes in what step number `step`, counted from 1, has made of the parameters.
    pub(crate) fn update(&mut self, parameters: &Parameters, step: u64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let share = (1.0 - self.decay) / (1.0 - self.decay.powf(step as f64));
        for (average, value) in self.values.iter_mut().zip(parameters.values()) {
            let _ = average.f_lerp_(value, share)?;
        }
        Ok(())
    }

    /// The network gets the average, and this what the network had; a second time it is all back in its place.
    pub(crate) fn exchange(&mut self, parameters: &Parameters) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for (mine, value) in self.values.iter_mut().zip(parameters.values()) {
            let old = value.f_detach_copy()?;
            value.shallow_clone().f_copy_(mine)?;
            *mine = old;
        }
        Ok(())
    }

    /// What this holds, like [`Parameters::values`].
    pub(crate) fn values(&self) -> &[Tensor] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::network::parameters::Builder;
    use crate::tensors::to_vec;

    #[test]
    fn later_weights_count_more_and_the_beginning_nothing() {
        let mut builder = Builder::new(0, Device::Cpu);
        let weight = builder.constant("weight".to_owned(), 1, 7.0).unwrap();
        let running = builder.buffer("running".to_owned(), 1, 7.0).unwrap();
        let parameters = builder.finish().unwrap();
        let mut average = Average::new(&parameters, 0.5).unwrap();
        tch::no_grad(|| {
            for (step, value) in [1.0, 2.0, 3.0].into_iter().enumerate() {
                let _ = parameters.flat().shallow_clone().fill_(value);
                let _ = running.shallow_clone().fill_(-value);
                average.update(&parameters, step as u64 + 1).unwrap();
            }
        });
        let values = || [to_vec(&weight).unwrap()[0], to_vec(&running).unwrap()[0]];
        average.exchange(&parameters).unwrap();
        let expected = (0.25 * 1.0 + 0.5 * 2.0 + 1.0 * 3.0) / 1.75;
        assert!(
            (values()[0] - expected).abs() < 1e-6 && (values()[1] + expected).abs() < 1e-6,
            "{:?}",
            values()
        );
        average.exchange(&parameters).unwrap();
        assert_eq!(values(), [3.0, -3.0]);
    }
}
