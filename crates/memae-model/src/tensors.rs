//! The one border between slices of numbers and tensors.

use tch::{Device, Kind, Tensor};

use crate::Result;

/// A tensor of `shape` on `device` with a copy of `values`.
pub(crate) fn from_slice(values: &[f32], shape: &[i64], device: Device) -> Result<Tensor> {
    Ok(Tensor::f_from_data_size(bytemuck::cast_slice(values), shape, Kind::Float)?.f_to_device(device)?)
}

/// The values of a tensor, last axis fastest.
pub(crate) fn to_vec(tensor: &Tensor) -> Result<Vec<f32>> {
    let tensor = tensor.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut values = vec![0.0; tensor.numel()];
    tensor.f_copy_data(&mut values, tensor.numel())?;
    Ok(values)
}

/// One-element tensors to numbers, in a single transfer from the device.
pub(crate) fn to_numbers(tensors: &[&Tensor]) -> Result<Vec<f64>> {
    Ok(to_vec(&Tensor::f_stack(tensors, 0)?)?.into_iter().map(f64::from).collect())
}
