//! A trained model and what it makes of a volume.

use std::path::Path;

use tch::Device;

use crate::checkpoint::{Checkpoint, Metadata};
use crate::cohort::Cohort;
use crate::device::DeviceChoice;
use crate::folder::ModelFile;
use crate::kind::ModelKind;
use crate::network::Network;
use crate::patches::{self, ItemPatch};
use crate::settings::{ModelSettings, TrainSettings};
use crate::{Error, Result, tensors};

/// Slices that go through the network together.
const BATCH: usize = 16;

/// A network with the weights of a checkpoint, ready to reconstruct.
pub struct TrainedModel {
    pub(crate) network: Network,
    pub(crate) metadata: Metadata,
}

impl TrainedModel {
    /// Loads a checkpoint file, or `best.safetensors` of a model's folder.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::File`] when there is no usable checkpoint, [`Error::Device`] when the device is absent.
    pub fn load(path: impl AsRef<Path>, device: DeviceChoice) -> Result<Self> {
        let path = path.as_ref();
        let file = if path.is_dir() { ModelFile::Best.path(path) } else { path.to_owned() };
        Self::of(Checkpoint::read(&file)?, device)
    }

    /// As [`TrainedModel::load`], from the bytes of a checkpoint file; errors call it `name`.
    ///
    /// # Errors
    /// [`Error::File`] when the bytes are no usable checkpoint, [`Error::Device`] when the device is absent.
    pub fn from_bytes(name: &Path, bytes: Vec<u8>, device: DeviceChoice) -> Result<Self> {
        Self::of(Checkpoint::parse(name, bytes)?, device)
    }

    fn of(checkpoint: Checkpoint<'_>, device: DeviceChoice) -> Result<Self> {
        let Metadata { kind, sides, ref model, ref train, .. } = checkpoint.metadata;
        let device = device.open()?;
        let room = checkpoint.most_values();
        let network = Network::with_room(kind, model, sides, train.seed, device, room);
        let mut network = network.map_err(|error| checkpoint.named(error))?;
        checkpoint.load(&mut network.parameters, "")?;
        network.parameters.freeze()?;
        Ok(Self { network, metadata: checkpoint.metadata })
    }

    /// Which model this is.
    pub fn kind(&self) -> ModelKind {
        self.metadata.kind
    }

    /// Pixels of a slice along [i, j].
    pub fn sides(&self) -> [usize; 2] {
        self.metadata.sides
    }

    /// Settings it was built with.
    pub fn settings(&self) -> &ModelSettings {
        &self.metadata.model
    }

    /// The epoch of these weights, counted from 1.
    pub fn epoch(&self) -> usize {
        self.metadata.epoch
    }

    /// Settings it was trained with.
    pub fn training(&self) -> &TrainSettings {
        &self.metadata.train
    }

    /// Reconstruction loss of these weights on the validation cohort, if they are those of the best epoch.
    pub fn validation_loss(&self) -> Option<f64> {
        (self.metadata.epoch == self.metadata.best_epoch).then_some(self.metadata.best_value)
    }

    /// Number of trainable values.
    pub fn parameter_count(&self) -> usize {
        self.network.parameters.count()
    }

    /// Reconstructs all slices of a preprocessed volume of `shape` = [i, j, k], k fastest, background 0. The first and the
    /// last slice are predicted with the edge slice repeated. A slice without brain (all 0) is not shown to the network, which was
    /// not trained on such slices: its reconstruction is 0.
    ///
    /// The result is clipped to the volume's own range. The last layer is linear, and SSIM hardly minds how far off a pixel
    /// of the flat background is: one such pixel would otherwise be the largest residual, by which a whole map is normalized.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the volume's length or sides do not fit.
    pub fn reconstruct(&self, volume: &[f32], shape: [usize; 3]) -> Result<Vec<f32>> {
        self.reconstruct_interruptible(volume, shape, || Ok(()))
    }

    /// As [`TrainedModel::reconstruct`], with a look before each batch of slices at whether to go on.
    ///
    /// # Errors
    /// As [`TrainedModel::reconstruct`]; that of `check`, which ends it.
    pub fn reconstruct_interruptible<E: From<Error>>(
        &self,
        volume: &[f32],
        shape: [usize; 3],
        check: impl FnMut() -> Result<(), E>,
    ) -> Result<Vec<f32>, E> {
        let mut reconstruction = self.reconstruct_unclipped(volume, shape, check)?;
        let low = volume.iter().copied().fold(f32::INFINITY, f32::min);
        let high = volume.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        // A volume without a number has no range.
        if low <= high {
            for value in &mut reconstruction {
                *value = value.clamp(low, high);
            }
        }
        Ok(reconstruction)
    }

    /// What the network's last layer gives.
    pub(crate) fn reconstruct_unclipped<E: From<Error>>(
        &self,
        volume: &[f32],
        shape: [usize; 3],
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<Vec<f32>, E> {
        self.check_fit(volume, shape)?;
        let mut reconstruction = vec![0.0; volume.len()];
        for slices in slices_with_brain(volume, shape).chunks(BATCH) {
            check()?;
            self.reconstruct_slices(volume, shape, slices, &mut reconstruction)?;
        }
        Ok(reconstruction)
    }

    fn check_fit(&self, volume: &[f32], shape: [usize; 3]) -> Result<()> {
        let [ni, nj, nk] = shape;
        if [ni, nj] != self.sides() || volume.len() != ni * nj * nk || nk == 0 {
            return Err(Error::invalid(format!(
                "a volume of {ni} x {nj} x {nk} ({} voxels) does not fit a model of {} x {} slices",
                volume.len(),
                self.sides()[0],
                self.sides()[1]
            )));
        }
        Ok(())
    }

    /// Replaces the given slices of a reconstruction.
    pub(crate) fn reconstruct_slices(
        &self,
        volume: &[f32],
        [ni, nj, nk]: [usize; 3],
        slices: &[usize],
        reconstruction: &mut [f32],
    ) -> Result<()> {
        // (batch, H, W, 3), as the loader makes them.
        let mut input = Vec::with_capacity(3 * ni * nj * slices.len());
        for &k in slices {
            let neighbours = [k.saturating_sub(1), k, (k + 1).min(nk - 1)];
            for voxels in volume.chunks_exact(nk) {
                input.extend(neighbours.map(|k| voxels[k]));
            }
        }
        let batch = [slices.len() as i64, ni as i64, nj as i64, 3];
        let x = tensors::from_slice(&input, &batch, self.network.device)?.f_permute([0, 3, 1, 2])?;
        let output = tensors::to_vec(&self.network.evaluate(&x)?.reconstruction)?;
        for (&k, slice) in slices.iter().zip(output.chunks_exact(ni * nj)) {
            for (voxels, value) in reconstruction.chunks_exact_mut(nk).zip(slice) {
                voxels[k] = *value;
            }
        }
        Ok(())
    }

    /// For each item of the memory the patches that address it most, at most one of each of `count` subjects, most first. Empty
    /// for a model without memory.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the cohort's slices have another size than the model's.
    pub fn nearest_patches(&self, cohort: &Cohort, count: usize) -> Result<Vec<Vec<ItemPatch>>> {
        if self.settings().addressing(self.kind()).is_none() {
            return Ok(Vec::new());
        }
        if cohort.sides() != self.sides() {
            return Err(Error::invalid(format!(
                "{}: slices of {:?} pixels do not fit a model of {:?}",
                cohort.path().display(),
                cohort.sides(),
                self.sides()
            )));
        }
        patches::nearest(&self.network, self.settings().memory.query, cohort, count)
    }

    /// A short description of where the model runs, e.g. `cpu` or `cuda:0`.
    pub fn device(&self) -> String {
        match self.network.device {
            Device::Cuda(number) => format!("cuda:{number}"),
            _ => "cpu".to_owned(),
        }
    }
}

/// The slices of a volume in which anything is not 0.
fn slices_with_brain(volume: &[f32], [_, _, nk]: [usize; 3]) -> Vec<usize> {
    let mut found = vec![false; nk];
    for voxels in volume.chunks_exact(nk) {
        for (found, value) in found.iter_mut().zip(voxels) {
            *found |= *value != 0.0;
        }
    }
    (0..nk).filter(|k| found[*k]).collect()
}
