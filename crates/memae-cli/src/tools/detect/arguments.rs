//! Arguments of `memae detect`.

use std::path::PathBuf;

use clap::Args;
use memae_model::DeviceChoice;
use mri_io::strip::Skull;

use super::threshold::Threshold;
use crate::stages::package::{self, Source};

/// Arguments of `memae detect`.
#[derive(Debug, Args)]
pub(crate) struct Detect {
    /// T2-weighted scans with or without their skull, .nii, .nii.gz, .mgz or .img; folders of them, or BIDS data sets; lists (.csv,
    /// .toml) with a column `scan` and, where wanted, `mask` and `skull`.
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    #[arg(long = "model", value_name = "MODEL", value_parser = Source::parse, help = package::help())]
    pub(crate) models: Vec<Source>,
    /// Folder for the results.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Brain mask of the scan, if there is one scan and you have it; otherwise the skull is stripped here.
    #[arg(long, value_name = "FILE")]
    pub(crate) mask: Option<PathBuf>,
    /// Whether scans have skulls: guess, remove (there is one), or keep (stripped already). Lists may say it of each scan in a column
    /// `skull`. [default: as the model was trained, which is to guess for those in the program]
    #[arg(long, value_name = "guess|remove|keep")]
    pub(crate) skull: Option<Skull>,
    /// Contrast of the scans in BIDS data sets, by its suffix: T2w, T1w, FLAIR. The built-in model knows T2.
    #[arg(long, default_value = "T2w", value_name = "SUFFIX")]
    pub(crate) suffix: String,
    /// Score above which a voxel is marked: t1 (by default 5 % of healthy brain voxels are above it), t2 (2 %), or a
    /// number from 0 to 1.
    #[arg(long, default_value = "t1", value_name = "THRESHOLD")]
    pub(crate) threshold: Threshold,
    /// Scans at a time; memory grows with it. [default: number of processors]
    #[arg(long, short, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Where the model runs: auto, cpu or cuda:N.
    #[arg(long, default_value = "auto")]
    pub(crate) device: DeviceChoice,
}
