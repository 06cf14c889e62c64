//! Adam (Kingma and Ba 2015) on one flat tensor, with `PyTorch`'s semantics and defaults.

use tch::Tensor;

use crate::Result;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The optimizer's state.
pub(crate) struct Adam {
    /// Running mean of the gradient.
    pub(crate) first: Tensor,
    /// Running mean of the squared gradient.
    pub(crate) second: Tensor,
    /// Steps taken.
    pub(crate) step: u64,
}

impl Adam {
    /// The state before the first step, for parameters like `flat`.
    pub(crate) fn new(flat: &Tensor) -> Result<Self> {
        Ok(Self { first: flat.f_zeros_like()?, second: flat.f_zeros_like()?, step: 0 })
    }

    /// Takes one step: changes `flat` in place.
    pub(crate) fn step(&mut self, flat: &Tensor, gradient: &Tensor, learning_rate: f64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.step += 1;
        let steps = self.step as f64;
        let _ = self.first.f_lerp_(gradient, 1.0 - BETA1)?;
        let _ = self.second.f_lerp_(&gradient.f_square()?, 1.0 - BETA2)?;
        let correction1 = 1.0 - BETA1.powf(steps);
        let correction2 = 1.0 - BETA2.powf(steps);
        let mut denominator = self.second.f_sqrt()?;
        let _ = denominator.f_div_scalar_(correction2.sqrt())?.f_add_scalar_(EPSILON)?;
        let mut update = self.first.f_div(&denominator)?;
        let _ = flat.shallow_clone().f_sub_(&update.f_mul_scalar_(learning_rate / correction1)?)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::ModelKind;
    use crate::network::Network;
    use crate::settings::ModelSettings;
    use crate::{speed, tensors};

    #[test]
    #[ignore = "measures"]
    fn speed_of_adam() {
        for (place, device) in speed::devices() {
            let network =
                Network::new(ModelKind::Ae, &ModelSettings::default(), [240; 2], 0, device).unwrap();
            let flat = network.parameters.flat();
            let named = network.parameters.split(flat).unwrap();
            let adam = |tensor: &Tensor| std::cell::RefCell::new(Adam::new(tensor).unwrap());
            let (whole, each) =
                (adam(flat), named.iter().map(|(_, tensor)| adam(tensor)).collect::<Vec<_>>());
            let finish = || drop(tensors::to_numbers(&[&flat.get(0)]).unwrap());
            let ours = || {
                whole.borrow_mut().step(flat, flat, 1e-4).unwrap();
                finish();
            };
            let one_by_one = || {
                for ((_, tensor), adam) in named.iter().zip(&each) {
                    adam.borrow_mut().step(tensor, tensor, 1e-4).unwrap();
                }
                finish();
            };
            speed::compare(
                &format!("Adam, {} values, {place}", flat.numel()),
                &[("ours: one flat tensor", &ours), ("tensor by tensor", &one_by_one)],
            );
        }
    }
}
