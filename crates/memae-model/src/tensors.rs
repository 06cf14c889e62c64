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

/// A (batch, channels, H, W) tensor as (batch, H, W, channels), last axis fastest: without a copy where it lies so.
pub(crate) fn channels_last(tensor: &Tensor) -> Result<Tensor> {
    Ok(tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?)
}

/// The values of a tensor where they lie. It must be one of f32 on the CPU without gaps, last axis fastest.
#[allow(unsafe_code)]
pub(crate) fn values(tensor: &Tensor) -> &[f32] {
    // SAFETY: there are so many values behind the address, and they live as long as the tensor.
    unsafe { std::slice::from_raw_parts(address(tensor), tensor.numel()) }
}

/// As [`values`], to be written to.
///
/// # Safety
/// A tensor's handles share its values: as long as the slice lives, nothing may read or write them through another handle.
#[allow(unsafe_code)]
pub(crate) unsafe fn values_mut(tensor: &mut Tensor) -> &mut [f32] {
    // SAFETY: as above; that nobody else uses the values is the caller's word.
    unsafe { std::slice::from_raw_parts_mut(address(tensor), tensor.numel()) }
}

fn address(tensor: &Tensor) -> *mut f32 {
    let right = tensor.device() == Device::Cpu && tensor.kind() == Kind::Float && tensor.is_contiguous();
    assert!(right, "{tensor:?} is not one block of f32 on the CPU");
    tensor.data_ptr().cast()
}
