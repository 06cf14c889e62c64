//! Where a cohort's voxels lie while a network trains on them, and how a batch is taken from there: a gather of three slices
//! for each window, without any decoding.

use tch::{Device, Kind, Tensor};

use super::batch::Batch;
use super::reader::Cohort;
use super::window::Window;
use crate::{Result, device, tensors};

/// A cohort for a device.
pub(crate) struct Source<'a> {
    cohort: &'a Cohort,
    device: Device,
    resident: Option<Resident>,
}

impl<'a> Source<'a> {
    /// A cohort that is read through its memory map.
    pub(crate) fn mapped(cohort: &'a Cohort, device: Device) -> Self {
        Self { cohort, device, resident: None }
    }

    /// A cohort that lies in the device's memory.
    fn resident(cohort: &'a Cohort, device: Device) -> Result<Self> {
        Ok(Self { cohort, device, resident: Some(Resident::new(cohort, device)?) })
    }

    /// Puts the cohort into a GPU's memory if half of what is free there holds it; the other half is for the network.
    /// Else, and on the CPU, it is read through its map.
    pub(crate) fn new(cohort: &'a Cohort, device: Device) -> Result<Self> {
        match device::free_memory(device) {
            Some(free) if cohort.bytes() <= free / 2 => Self::resident(cohort, device),
            _ => Ok(Self::mapped(cohort, device)),
        }
    }

    /// Another handle of the same voxels, for another thread.
    pub(crate) fn share(&self) -> Self {
        Self { resident: self.resident.as_ref().map(Resident::share), ..*self }
    }

    pub(crate) fn cohort(&self) -> &'a Cohort {
        self.cohort
    }

    /// The batch of these windows; the same numbers to the bit, wherever the voxels lie.
    pub(crate) fn gather<'w>(&self, windows: &'w [Window], with_brain: bool) -> Result<Batch<'w>> {
        match &self.resident {
            Some(resident) => resident.gather(windows, self.cohort.sides(), with_brain),
            None => gather(self.cohort, windows, with_brain, self.device),
        }
    }
}

/// Reads the windows from the memory map.
fn gather<'w>(cohort: &Cohort, windows: &'w [Window], with_brain: bool, device: Device) -> Result<Batch<'w>> {
    let pixels = cohort.sides().iter().product::<usize>() * windows.len();
    // (batch, H, W, 3): the slices of a window are the channels.
    let mut input = vec![0.0; 3 * pixels];
    let mut target = Vec::with_capacity(pixels);
    let mut brain = Vec::with_capacity(if with_brain { pixels } else { 0 });
    for (window, input) in windows.iter().zip(input.chunks_exact_mut(3 * pixels / windows.len())) {
        let value = cohort.dequantize(window.subject);
        let slice = |offset: usize| cohort.slice(window.subject, window.slice + offset - 1);
        let (below, centre, above) = (slice(0), slice(1), slice(2));
        for (((pixel, below), centre), above) in input.chunks_exact_mut(3).zip(below).zip(centre).zip(above) {
            pixel.copy_from_slice(&[value(*below), value(*centre), value(*above)]);
        }
        target.extend(centre.iter().map(|quantized| value(*quantized)));
        if with_brain {
            brain.extend(centre.iter().map(|quantized| f32::from(u8::from(*quantized != 0))));
        }
    }
    let [rows, columns] = cohort.sides().map(|side| side as i64);
    let n = windows.len() as i64;
    let upload = |values: &[f32], shape: [i64; 4]| tensors::from_slice(values, &shape, device);
    Ok(Batch {
        windows,
        input: upload(&input, [n, rows, columns, 3])?.f_permute([0, 3, 1, 2])?,
        target: upload(&target, [n, 1, rows, columns])?,
        brain: with_brain.then(|| upload(&brain, [n, 1, rows, columns])).transpose()?,
    })
}

/// All voxels of a cohort in a device's memory, as they are in its file.
struct Resident {
    /// (subjects x slices, pixels): the bits of u16, which few kernels know, as i16.
    slices: Tensor,
    /// (subjects): the value of the quantized 1, and the step from one to the next.
    low: Tensor,
    step: Tensor,
    /// Slices of a subject.
    depth: usize,
}

impl Resident {
    fn new(cohort: &Cohort, device: Device) -> Result<Self> {
        let [rows, columns, depth] = cohort.shape();
        let shape = [(cohort.len() * depth) as i64, (rows * columns) as i64];
        let slices = Tensor::f_empty(shape, (Kind::Int16, device))?;
        for at in 0..cohort.len() * depth {
            let slice = cohort.slice(at / depth, at % depth);
            let bits: Vec<i16> = slice.iter().map(|quantized| u16::from_le(*quantized) as i16).collect();
            slices.f_get(at as i64)?.f_copy_(&Tensor::f_from_slice(&bits)?)?;
        }
        let (low, step): (Vec<f32>, Vec<f32>) =
            (0..cohort.len()).map(|subject| cohort.scale(subject)).unzip();
        let column = |values: &[f32]| tensors::from_slice(values, &[values.len() as i64], device);
        Ok(Self { slices, low: column(&low)?, step: column(&step)?, depth })
    }

    fn share(&self) -> Self {
        let [slices, low, step] = [&self.slices, &self.low, &self.step].map(Tensor::shallow_clone);
        Self { slices, low, step, depth: self.depth }
    }

    fn gather<'w>(&self, windows: &'w [Window], sides: [usize; 2], with_brain: bool) -> Result<Batch<'w>> {
        let device = self.slices.device();
        let numbers = |values: Vec<i64>| Tensor::f_from_slice(&values)?.f_to_device(device);
        let subjects = numbers(windows.iter().map(|window| window.subject as i64).collect())?;
        let place = |window: &Window| {
            let centre = (window.subject * self.depth + window.slice) as i64;
            [centre - 1, centre, centre + 1]
        };
        let places = numbers(windows.iter().flat_map(place).collect())?;

        let [rows, columns] = sides.map(|side| side as i64);
        let shape = [windows.len() as i64, 3, rows, columns];
        let bits = self.slices.f_index_select(0, &places)?.f_view(shape)?.f_to_kind(Kind::Int)?;
        let quantized = bits.f_bitwise_and(0xffff)?;
        let of_window = |values: &Tensor| values.f_index_select(0, &subjects)?.f_view([-1, 1, 1, 1]);
        let values = quantized.f_sub_scalar(1)?.f_to_kind(Kind::Float)?;
        let values = values.f_mul(&of_window(&self.step)?)?.f_add(&of_window(&self.low)?)?;
        let values = values.f_masked_fill(&quantized.f_eq(0)?, 0.0)?;
        let centre = |of: &Tensor| of.f_narrow(1, 1, 1)?.f_contiguous();
        let brain = || centre(&quantized)?.f_ne(0)?.f_to_kind(Kind::Float);
        Ok(Batch {
            windows,
            target: centre(&values)?,
            brain: with_brain.then(brain).transpose()?,
            input: values.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::CohortWriter;
    use crate::speed;

    /// Batches from a device's memory are those from the map, to the bit.
    fn check(device: Device) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cohort");
        let shape = [5, 7, 6];
        let mut writer = CohortWriter::create(&path, shape).unwrap();
        for subject in 0..3 {
            // Also beyond [0, 1], and over the whole range of u16.
            let volume: Vec<f32> =
                (0..210).map(|at| ((at * 7919 + subject) % 211) as f32 / 100.0 - 0.3).collect();
            let mask: Vec<bool> = (0..210).map(|at| at % 3 != 1).collect();
            writer.push(&format!("subject-{subject}"), &volume, &mask).unwrap();
        }
        writer.finish().unwrap();
        let cohort = Cohort::open(&path).unwrap();
        let windows = [(2, 4), (0, 1), (1, 3), (0, 2)].map(|(subject, slice)| Window { subject, slice });
        let mapped = Source::mapped(&cohort, device);
        let resident = Source::resident(&cohort, device).unwrap();
        for with_brain in [false, true] {
            let batches = [&mapped, &resident].map(|source| source.gather(&windows, with_brain).unwrap());
            let [a, b] = &batches;
            let same = |a: &Tensor, b: &Tensor| {
                assert_eq!((a.size(), a.stride(), a.device()), (b.size(), b.stride(), b.device()));
                assert_eq!(tensors::to_vec(a).unwrap(), tensors::to_vec(b).unwrap());
            };
            same(&a.input, &b.input);
            same(&a.target, &b.target);
            assert_eq!((a.brain.is_some(), b.brain.is_some()), (with_brain, with_brain));
            if let (Some(a), Some(b)) = (&a.brain, &b.brain) {
                same(a, b);
            }
        }
    }

    #[test]
    fn voxels_in_the_devices_memory_give_the_batches_of_the_map() {
        check(Device::Cpu);
    }

    #[test]
    fn gpu_voxels_in_its_memory_give_the_batches_of_the_map() {
        if !crate::cuda_available() {
            println!("skipped: there is no CUDA device");
            return;
        }
        assert!(device::free_memory(Device::Cuda(0)).is_some_and(|free| free > 1 << 20));
        check(Device::Cuda(0));
    }

    #[test]
    #[ignore = "measures"]
    fn speed_of_loading() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cohort");
        let shape = [240, 240, 66];
        let mut writer = CohortWriter::create(&path, shape).unwrap();
        let voxels = shape.iter().product();
        writer.push("subject", &vec![0.5; voxels], &vec![true; voxels]).unwrap();
        writer.finish().unwrap();
        let cohort = Cohort::open(&path).unwrap();
        let (windows, _) = cohort.windows(false);
        for (place, device) in speed::devices() {
            let (mapped, resident) =
                (Source::mapped(&cohort, device), Source::resident(&cohort, device).unwrap());
            let gather = |source: &Source| {
                let batch = source.gather(&windows[..32], false).unwrap();
                drop(tensors::to_numbers(&[&batch.target.reshape([-1]).get(0)]).unwrap());
            };
            speed::compare(
                &format!("loading 32 windows of 240 x 240, {place}"),
                &[("from the map", &|| gather(&mapped)), ("from the device's memory", &|| gather(&resident))],
            );
        }
    }
}
