//! The parameters of a network: named tensors that are views of one flat tensor.
//!
//! The optimizer then works on a single tensor, and its state is two. Weights of convolutions lie in the flat tensor in
//! `channels_last` order (output, row, column, input): on CPUs training is 1.2 to 1.6 times as fast that way.

use std::ops::Range;

use tch::{Device, Kind, Tensor};

use crate::random::{self, Purpose};
use crate::{Error, Result, tensors};

/// Makes the tensors of a network, initialized by (seed, name) alone: layers of the same name start alike in all models.
pub(crate) struct Builder {
    seed: u64,
    device: Device,
    /// Values that may still be made.
    left: usize,
    trainable: Vec<(String, Tensor)>,
    buffers: Vec<(String, Tensor)>,
}

impl Builder {
    pub(crate) fn new(seed: u64, device: Device) -> Self {
        Self { seed, device, left: usize::MAX, trainable: Vec::new(), buffers: Vec::new() }
    }

    /// With room for so many values: a checkpoint cannot ask for a network larger than its file.
    pub(crate) fn with_room(self, values: usize) -> Self {
        Self { left: values, ..self }
    }

    /// Takes from the room, before anything is allocated.
    fn take(&mut self, shape: &[i64]) -> Result<()> {
        let values =
            shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(usize::try_from(n).ok()?));
        let left = values.and_then(|values| self.left.checked_sub(values));
        self.left = left.ok_or_else(|| Error::invalid("its settings ask for more weights than it holds"))?;
        Ok(())
    }

    /// Where the tensors lie.
    pub(crate) fn device(&self) -> Device {
        self.device
    }

    /// Number of parameters so far.
    pub(crate) fn len(&self) -> usize {
        self.trainable.len()
    }

    /// A parameter uniform in [-bound, bound).
    pub(crate) fn uniform(&mut self, name: String, shape: &[i64], bound: f64) -> Result<Tensor> {
        self.take(shape)?;
        let mut rng = random::stream(self.seed, Purpose::Initialization, random::hash(&name), 0);
        let values = random::uniform(&mut rng, shape.iter().product::<i64>() as usize, bound);
        self.parameter(name, &tensors::from_slice(&values, shape, self.device)?)
    }

    /// A parameter with the same value everywhere.
    pub(crate) fn constant(&mut self, name: String, length: i64, value: f64) -> Result<Tensor> {
        self.take(&[length])?;
        let tensor = Tensor::f_full([length], value, (Kind::Float, self.device))?;
        self.parameter(name, &tensor)
    }

    /// State that is saved but not trained.
    pub(crate) fn buffer(&mut self, name: String, length: i64, value: f64) -> Result<Tensor> {
        self.take(&[length])?;
        let tensor = Tensor::f_full([length], value, (Kind::Float, self.device))?;
        self.buffers.push((name, tensor.shallow_clone()));
        Ok(tensor)
    }

    fn parameter(&mut self, name: String, tensor: &Tensor) -> Result<Tensor> {
        let tensor = tensor.f_set_requires_grad(true)?;
        self.trainable.push((name, tensor.shallow_clone()));
        Ok(tensor)
    }

    /// Moves all parameters into one flat tensor; the layers' handles stay valid.
    pub(crate) fn finish(mut self) -> Result<Parameters> {
        let _guard = tch::no_grad_guard();
        let parts = self.trainable.iter().map(|(_, tensor)| to_stored(tensor)).collect::<Result<Vec<_>>>()?;
        let flat = Tensor::f_cat(&parts, 0)?;
        let mut offset = 0;
        for (_, tensor) in &mut self.trainable {
            let view = from_stored(&flat.f_narrow(0, offset, tensor.numel() as i64)?, &tensor.size())?;
            offset += tensor.numel() as i64;
            tensor.f_set_data(&view)?;
        }
        Ok(Parameters { flat, trainable: self.trainable, buffers: self.buffers })
    }
}

/// All tensors of a network.
pub(crate) struct Parameters {
    flat: Tensor,
    trainable: Vec<(String, Tensor)>,
    buffers: Vec<(String, Tensor)>,
}

impl Parameters {
    /// The flat tensor: writing to it changes all parameters.
    pub(crate) fn flat(&self) -> &Tensor {
        &self.flat
    }

    /// Number of trainable values.
    pub(crate) fn count(&self) -> usize {
        self.flat.numel()
    }

    /// From now on no gradient can be taken.
    pub(crate) fn freeze(&self) -> Result<()> {
        for (_, tensor) in &self.trainable {
            // Handles of one tensor: the layers' too.
            let _ = tensor.f_set_requires_grad(false)?;
        }
        Ok(())
    }

    /// Room for the gradients of all parameters.
    pub(crate) fn gradients(&self) -> Gradients<'_> {
        let parts = self.trainable.iter().map(|_| None).collect();
        Gradients { parameters: self, parts }
    }

    /// Cuts a tensor in the order of the flat one (weights, gradient, moments) into named tensors of the parameters'
    /// shapes.
    pub(crate) fn split(&self, flat: &Tensor) -> Result<Vec<(String, Tensor)>> {
        let mut offset = 0;
        self.trainable
            .iter()
            .map(|(name, tensor)| {
                let part = flat.f_narrow(0, offset, tensor.numel() as i64)?;
                offset += tensor.numel() as i64;
                Ok((name.clone(), from_stored(&part, &tensor.size())?))
            })
            .collect()
    }

    /// The reverse of [`Self::split`]: asks `find` for the values of each name and shape.
    pub(crate) fn join(&self, mut find: impl FnMut(&str, &[i64]) -> Result<Vec<f32>>) -> Result<Tensor> {
        let parts = self
            .trainable
            .iter()
            .map(|(name, tensor)| {
                let values = find(name, &tensor.size())?;
                to_stored(&tensors::from_slice(&values, &tensor.size(), self.flat.device())?)
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Tensor::f_cat(&parts, 0)?)
    }

    /// Everything that a checkpoint of the weights holds, in as few tensors as hold it: the flat one, then the buffers.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Tensor> {
        std::iter::once(&self.flat).chain(self.buffers.iter().map(|(_, tensor)| tensor))
    }

    /// Names for tensors like [`Self::values`], the flat one cut into those of the parameters.
    pub(crate) fn named<'a>(
        &self,
        values: impl IntoIterator<Item = &'a Tensor>,
    ) -> Result<Vec<(String, Tensor)>> {
        let mut values = values.into_iter();
        let mut named = values.next().map_or_else(|| Ok(Vec::new()), |flat| self.split(flat))?;
        let buffers = self.buffers.iter().zip(values);
        named.extend(buffers.map(|((name, _), tensor)| (name.clone(), tensor.shallow_clone())));
        Ok(named)
    }

    /// Names and values of everything that a checkpoint of the weights holds.
    pub(crate) fn state(&self) -> Result<Vec<(String, Tensor)>> {
        self.named(self.values())
    }

    /// Sets everything that [`Self::state`] returns.
    pub(crate) fn load(&mut self, mut find: impl FnMut(&str, &[i64]) -> Result<Vec<f32>>) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let joined = self.join(&mut find)?;
        self.flat.f_copy_(&joined)?;
        for (name, tensor) in &mut self.buffers {
            let values = find(name, &tensor.size())?;
            tensor.f_copy_(&tensors::from_slice(&values, &tensor.size(), tensor.device())?)?;
        }
        Ok(())
    }
}

/// Gradients of a loss by the parameters, by their places, as they are found.
pub(crate) struct Gradients<'a> {
    parameters: &'a Parameters,
    parts: Vec<Option<Tensor>>,
}

impl Gradients<'_> {
    /// Sets one, whose values lie in storage order.
    pub(crate) fn set(&mut self, place: usize, stored: Tensor) {
        self.parts[place] = Some(stored);
    }

    /// Has autograd find those of the parameters in `places`; returns those by `variables`.
    pub(crate) fn differentiate<const N: usize>(
        &mut self,
        scalar: &Tensor,
        places: Range<usize>,
        variables: [&Tensor; N],
    ) -> Result<[Tensor; N]> {
        let parameters = self.parameters.trainable[places.clone()].iter().map(|(_, tensor)| tensor);
        let all: Vec<&Tensor> = variables.into_iter().chain(parameters).collect();
        let mut found = Tensor::f_run_backward(&[scalar], &all, false, false)?.into_iter();
        let by_variables = std::array::from_fn(|_| found.next().unwrap_or_default());
        let _guard = tch::no_grad_guard();
        for (place, gradient) in places.zip(found) {
            if gradient.defined() {
                self.parts[place] = Some(to_stored(&gradient)?);
            }
        }
        Ok(by_variables)
    }

    /// All in the order of the flat tensor; zero where none was found.
    pub(crate) fn finish(self) -> Result<Tensor> {
        let _guard = tch::no_grad_guard();
        let parts = (self.parameters.trainable.iter().zip(self.parts))
            .map(|((_, tensor), part)| match part {
                Some(part) => Ok(part),
                None => Ok(tensor.f_zeros_like()?.f_reshape([-1])?),
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Tensor::f_cat(&parts, 0)?)
    }
}

/// Values in storage order: four-axis weights as (output, row, column, input).
fn to_stored(tensor: &Tensor) -> Result<Tensor> {
    Ok(match tensor.dim() {
        4 => tensor.f_permute([0, 2, 3, 1])?.f_reshape([-1])?,
        _ => tensor.f_reshape([-1])?,
    })
}

/// The reverse of [`to_stored`], without a copy.
fn from_stored(flat: &Tensor, shape: &[i64]) -> Result<Tensor> {
    Ok(match *shape {
        [output, input, rows, columns] => {
            flat.f_view([output, rows, columns, input])?.f_permute([0, 3, 1, 2])?
        }
        _ => flat.f_view(shape)?,
    })
}

/// An error for a value that a checkpoint lacks or holds in another shape.
pub(crate) fn mismatch(name: &str, expected: &[i64], found: Option<&[usize]>) -> Error {
    Error::invalid(match found {
        Some(found) => format!("`{name}` has shape {found:?}, the network needs {expected:?}"),
        None => format!("`{name}` is missing"),
    })
}
