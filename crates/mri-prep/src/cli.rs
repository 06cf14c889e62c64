//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::cohort::{Bids as BidsApp, Run};
use crate::commands::check::Check;
use crate::commands::intensity::{Bias, Normalize, Scale};
use crate::commands::register::Register;
use crate::commands::resample::Resample;
use crate::commands::split::Split;
use crate::commands::strip::Strip;
use crate::commands::template::Template;
use crate::commands::transform::Transform;

/// Prepares brain MR volumes: skull stripping, rigid registration, resampling, intensity normalization.
///
/// Reads NIfTI (.nii, .nii.gz, .hdr/.img), Analyze 7.5 and FreeSurfer's .mgh and .mgz; writes .nii and .nii.gz. World coordinates are RAS+ millimetres.
/// Exit code: 0 if all went well, 1 for a failure, 2 for wrong usage.
#[derive(Debug, Parser)]
#[command(name = "mri-prep", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find the brain in a scan of a head.
    #[command(after_help = "Example:\n  mri-prep strip scan.nii.gz --mask brain.nii.gz --picture brain.png")]
    Strip(Strip),
    /// Find the motion that brings one volume onto another, in one or across two contrasts.
    ///
    /// `warning:` on standard error tells of a result to be doubted: too little in common, no distinct optimum, a
    /// rotation beyond the search, or too little overlap.
    #[command(
        after_help = "Example:\n  mri-prep register atlas.nii.gz scan.nii.gz --matrix m.txt --picture registered.png"
    )]
    Register(Register),
    /// Bring a volume to another grid, pose, spacing or axis order.
    #[command(after_help = "Examples:
  mri-prep resample scan.nii.gz out.nii.gz --like atlas.nii.gz --matrix m.txt
  mri-prep resample scan.nii.gz out.nii.gz --spacing 2 2 2
  mri-prep resample labels.nii.gz out.nii.gz --canonical --labels")]
    Resample(Resample),
    /// Write each volume of a series (fMRI, diffusion, echoes) to a file of its own.
    Split(Split),
    /// Convert, invert or join transforms of ITK, ANTs, FSL and FreeSurfer.
    Transform(Transform),
    /// Bring the intensities of the brain to a common scale; the background becomes 0.
    Normalize(Normalize),
    /// Learn the standard scale of intensities of a cohort, for `normalize --method nyul`.
    Scale(Scale),
    /// Find and remove the smooth field that a scanner's coils multiply a scan with (N4).
    Bias(Bias),
    /// Average the brains of a cohort: a reference where no atlas is at hand.
    Template(Template),
    /// All of it, for one scan or many: strip, register to a reference, resample to its grid, normalize.
    Run(Box<Run>),
    /// The same for a BIDS data set, called as a BIDS App.
    Bids(BidsApp),
    /// Tell what is wrong with scans, before hours of work, and what to do about it.
    Check(Check),
    /// Tell what is in files of volumes: NIfTI, Analyze 7.5, .mgh, .mgz.
    Info {
        /// Files to look at.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}
