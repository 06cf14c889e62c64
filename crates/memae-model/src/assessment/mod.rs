//! What a trained model is worth by healthy scans alone: whether it has learned anything, and how much it copies.

mod copying;

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::Device;

pub use self::copying::Blob;
use crate::cohort::{Cohort, Source, for_each_batch};
use crate::loss::Loss;
use crate::model::TrainedModel;
use crate::network::Output;
use crate::network::bottleneck::Latent;
use crate::{Error, Result, files, tensors};

/// Name of the file in a model's folder.
const FILE: &str = "assessment.json";
/// Share of a blob's contrast above which a model is said to copy.
const COPIES: f64 = 0.5;

/// A trained model, seen through the validation cohort. No label of a lesion goes into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// The model's reconstruction loss on the validation cohort: mean squared or absolute error, or 1 - SSIM.
    pub validation: f64,
    /// The same loss where every reconstruction is black.
    pub black: f64,
    /// The same loss where every reconstruction is the mean of the training cohort's slices at that height.
    pub mean_slice: f64,
    /// Mean of what was copied of the blobs; `None` where there is none, as the brains have no room.
    pub copied: Option<f64>,
    /// Bright balls pasted into the validation scans.
    pub blobs: Vec<Blob>,
}

/// What speaks against using a model. Its text is for those who use the model; [`Doubt::advice`] is for those who train it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// A reconstruction that needs no network is as good; losses on the validation cohort.
    NothingLearned {
        /// The model's.
        validation: f64,
        /// That of black slices.
        black: f64,
        /// That of the mean training slice.
        mean_slice: f64,
    },
    /// This share of the contrast of bright blobs is in the reconstructions.
    Copies {
        /// More than one half.
        share: f64,
    },
}

impl Doubt {
    /// What to change in the training.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NothingLearned { .. } => "train longer",
            Self::Copies { .. } => "make the model's bottleneck narrower",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NothingLearned { validation, black, mean_slice } => {
                let (loss, what) = if black <= mean_slice {
                    (black, "black slices")
                } else {
                    (mean_slice, "the mean of the training slices")
                };
                write!(
                    f,
                    "it has learned nothing of use: its validation loss is {validation:.5}, that of {what} {loss:.5}"
                )
            }
            Self::Copies { share } => write!(
                f,
                "it copies: its reconstructions repeat {:.0} % of the contrast of bright blobs pasted into healthy scans, so it \
                 can miss bright lesions",
                100.0 * share
            ),
        }
    }
}

impl Assessment {
    /// Whether the model draws healthy brains better than either reconstruction that needs no network.
    pub fn has_learned(&self) -> bool {
        self.validation < self.black.min(self.mean_slice)
    }

    /// Whether more than half of a blob's contrast is in the reconstruction, on average.
    pub fn copies(&self) -> bool {
        self.copied.is_some_and(|copied| copied > COPIES)
    }

    /// What speaks against using the model.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if !self.has_learned() {
            let Self { validation, black, mean_slice, .. } = *self;
            doubts.push(Doubt::NothingLearned { validation, black, mean_slice });
        }
        doubts.extend(self.copied.filter(|_| self.copies()).map(|share| Doubt::Copies { share }));
        doubts
    }

    /// Writes `assessment.json` of a model's folder and returns its path.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<std::path::PathBuf> {
        let path = folder.as_ref().join(FILE);
        files::write_whole(&path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })?;
        Ok(path)
    }

    /// Reads that of a model's folder; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::File`] when it is something else.
    pub fn read(folder: impl AsRef<Path>) -> Result<Option<Self>> {
        let path = folder.as_ref().join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let assessment = serde_json::from_slice(&files::read(&path)?);
        assessment.map(Some).map_err(|error| Error::file(&path, error.to_string()))
    }
}

impl TrainedModel {
    /// Assesses the weights of the best epoch by the cohorts that they were trained and chosen with, on voxels of `spacing` mm.
    /// `check` is called between batches; its error ends the work.
    ///
    /// # Errors
    /// [`Error::Invalid`] for weights of another epoch than the best, or cohorts whose slices have another size than the model's;
    /// that of `check`.
    pub fn assess<E: From<Error>>(
        &self,
        train: &Cohort,
        validation: &Cohort,
        spacing: [f64; 3],
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<Assessment, E> {
        let loss = self.validation_loss().ok_or_else(|| {
            Error::invalid(
                "only the weights of the best epoch have a validation loss: assess best.safetensors",
            )
        })?;
        if train.shape() != validation.shape() {
            return Err(Error::invalid(format!(
                "training volumes have {:?} voxels and validation volumes {:?}",
                train.shape(),
                validation.shape()
            ))
            .into());
        }
        let blobs = self.copying(validation, spacing, &mut check)?;
        let copied = blobs.iter().map(|blob| blob.copied).sum::<f64>() / blobs.len() as f64;
        let [black, mean_slice] = self.without_network(&mean_slices(train), validation, check)?;
        Ok(Assessment {
            validation: loss,
            black,
            mean_slice,
            copied: (!blobs.is_empty()).then_some(copied),
            blobs,
        })
    }

    /// The validation loss of black slices and of the mean ones, over the same batches as the model's.
    fn without_network<E: From<Error>>(
        &self,
        means: &[Vec<f32>],
        validation: &Cohort,
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<[f64; 2], E> {
        let loss = Loss::new(self.kind(), self.settings(), self.sides(), Device::Cpu)?;
        let (windows, _) = validation.windows(false);
        let source = Source::mapped(validation, Device::Cpu);
        let mut sums = [0.0; 2];
        for_each_batch(source, &windows, self.training().batch, true, |_, batch| -> Result<(), E> {
            check()?;
            let mean: Vec<f32> =
                batch.windows.iter().flat_map(|window| &means[window.slice]).copied().collect();
            let mean = tensors::from_slice(&mean, &batch.target.size(), Device::Cpu)?;
            let brain = batch.brain.as_ref().expect("validation batches carry the brain");
            let black = mean.f_zeros_like().map_err(Error::from)?;
            for (sum, reconstruction) in sums.iter_mut().zip([black, mean]) {
                let output = Output { reconstruction, latent: Latent::Point };
                let [loss, ..] = loss.validate(&output, &batch.target, brain, None)?;
                *sum += tensors::to_numbers(&[&loss])?[0] * batch.windows.len() as f64;
            }
            Ok(())
        })?;
        Ok(sums.map(|sum| sum / windows.len() as f64))
    }
}

/// The mean of a cohort's slices at each height k, j fastest.
fn mean_slices(cohort: &Cohort) -> Vec<Vec<f32>> {
    let [ni, nj, nk] = cohort.shape();
    let mean = |k: usize| {
        let mut sum = vec![0.0f64; ni * nj];
        for subject in 0..cohort.len() {
            let value = cohort.dequantize(subject);
            for (sum, quantized) in sum.iter_mut().zip(cohort.slice(subject, k)) {
                *sum += f64::from(value(*quantized));
            }
        }
        sum.into_iter().map(|sum| (sum / cohort.len() as f64) as f32).collect()
    };
    (0..nk).map(mean).collect()
}
