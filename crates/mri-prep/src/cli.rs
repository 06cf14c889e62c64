//! The command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use mri_io::Degrees;

use crate::intensity::{Bias, Normalize, Scale};
use crate::resample::Resample;
use crate::split::Split;
use crate::template::Template;
use crate::transform::Transform;

/// Prepares brain MR volumes: skull stripping, rigid registration, resampling, intensity normalization.
///
/// Reads and writes NIfTI (.nii, .nii.gz; reads .hdr/.img too). World coordinates are RAS+ millimetres.
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
    Run(Run),
    /// Tell what is wrong with scans, before hours of work, and what to do about it.
    Check(Check),
    /// Tell what is in NIfTI files.
    Info {
        /// Files to look at.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("strip-output").required(true).multiple(true).args(["mask", "brain", "picture"])))]
pub(crate) struct Strip {
    /// Scan of a head.
    pub(crate) scan: PathBuf,
    /// Of a series take this volume, counted from 0.
    #[arg(long, value_name = "N")]
    pub(crate) volume: Option<usize>,
    /// Whether the scan has a skull: keep it as it is if it is stripped already, remove the skull, or guess.
    #[arg(long, value_enum, default_value = "guess")]
    pub(crate) skull: SkullChoice,
    /// Move the brain's surface outwards from the inner side of the dura by this (mm, -5 to 5).
    #[arg(long, value_name = "MM", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) rim: f64,
    /// Write the brain's mask here.
    #[arg(long, value_name = "OUT")]
    pub(crate) mask: Option<PathBuf>,
    /// Write the scan with everything but the brain set to 0 here, in its own data type (in float32 where that cannot say 0).
    #[arg(long, value_name = "OUT")]
    pub(crate) brain: Option<PathBuf>,
    /// Write a picture of the scan with the brain's outline here, to judge the result by.
    #[arg(long, value_name = "OUT.png")]
    pub(crate) picture: Option<PathBuf>,
}

/// [`mri_io::Skull`] on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SkullChoice {
    Keep,
    Remove,
    Guess,
}

impl From<SkullChoice> for mri_io::Skull {
    fn from(choice: SkullChoice) -> Self {
        match choice {
            SkullChoice::Keep => Self::Keep,
            SkullChoice::Remove => Self::Remove,
            SkullChoice::Guess => Self::Guess,
        }
    }
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("register-output").required(true).multiple(true).args(["matrix", "itk", "inverse", "resampled", "picture"])))]
pub(crate) struct Register {
    /// Volume that stays where it is.
    pub(crate) fixed: PathBuf,
    /// Volume that is brought onto it.
    pub(crate) moving: PathBuf,
    /// Write the transform here: 4x4, fixed world to moving world, four numbers a line; for ITK if the name ends in .tfm,
    /// for FSL in .mat, for FreeSurfer in .lta.
    #[arg(long, value_name = "OUT.txt")]
    pub(crate) matrix: Option<PathBuf>,
    /// Write the transform here for ITK, `SimpleITK`, ANTs and 3D Slicer.
    #[arg(long, value_name = "OUT.tfm")]
    pub(crate) itk: Option<PathBuf>,
    /// Write the way back (moving world to fixed world) here, as `--matrix` does.
    #[arg(long, value_name = "OUT")]
    pub(crate) inverse: Option<PathBuf>,
    /// Degrees of freedom. 6: rotation and translation, for one person; for two persons, or a person and an atlas, also
    /// 7: one scale; 9: a scale along each axis; 12: scales and shear.
    #[arg(long, value_name = "6|7|9|12", default_value = "6", value_parser = degrees)]
    pub(crate) dof: Degrees,
    /// Write the moving volume on the fixed grid here.
    #[arg(long, value_name = "OUT")]
    pub(crate) resampled: Option<PathBuf>,
    /// Write a picture of both volumes with the edges of the fixed one here, to judge the result by.
    #[arg(long, value_name = "OUT.png")]
    pub(crate) picture: Option<PathBuf>,
    /// Of a series as the fixed one take this volume, counted from 0.
    #[arg(long, value_name = "N")]
    pub(crate) fixed_volume: Option<usize>,
    /// Of a series as the moving one take this volume, counted from 0.
    #[arg(long, value_name = "N")]
    pub(crate) volume: Option<usize>,
    /// Compare only inside this mask of the fixed volume.
    #[arg(long, value_name = "MASK")]
    pub(crate) fixed_mask: Option<PathBuf>,
    /// Compare only inside this mask of the moving volume.
    #[arg(long, value_name = "MASK")]
    pub(crate) moving_mask: Option<PathBuf>,
}

fn degrees(text: &str) -> Result<Degrees, String> {
    let found = text.parse().ok().and_then(Degrees::with_count);
    found.ok_or_else(|| "a registration has 6, 7, 9 or 12 degrees of freedom".to_owned())
}

/// A cohort.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Many scans: a TOML file with a table `[[scan]]` for each, of the keys `scan`, `output` (a folder) and, if the
    /// brain is known, `mask`; or a CSV file with these columns. Paths are relative to the file.
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// All scans `sub-*/[ses-*/]anat/*_T2w.nii[.gz]` of a BIDS data set.
    #[arg(long, value_name = "ROOT")]
    pub(crate) bids: Option<PathBuf>,
    /// Where the results of a BIDS data set go. [default: ROOT/derivatives/mri-prep]
    #[arg(long, value_name = "FOLDER", requires = "bids")]
    pub(crate) derivatives: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("input").required(true).args(["scan", "manifest", "bids"])), after_help = RUN_EXAMPLES)]
pub(crate) struct Run {
    /// Scan of a head.
    #[arg(requires = "output")]
    pub(crate) scan: Option<PathBuf>,
    /// Folder for the results: `brain.nii.gz` and `mask.nii.gz` on the reference's grid, `native_mask.nii.gz` on
    /// the scan's, the transform from reference to scan as `transform.txt` and `transform.tfm`, pictures to judge
    /// them by, `quality.png` and `thumbnail.png`, and the figures, `summary.json`.
    #[arg(conflicts_with_all = ["manifest", "bids"])]
    pub(crate) output: Option<PathBuf>,
    /// Of a series take this volume, counted from 0.
    #[arg(long, value_name = "N", requires = "scan")]
    pub(crate) volume: Option<usize>,
    /// Other contrasts of the same session: files, or with `--bids` suffixes (T1w FLAIR). They are registered to the scan and
    /// share its brain; each gets a brain on the reference's grid, a mask on its own, and the transform between them.
    #[arg(long, num_args = 1.., value_name = "FILE|SUFFIX", conflicts_with = "manifest")]
    pub(crate) also: Vec<String>,
    /// The scan's brain, if it is known; without it the skull is stripped.
    #[arg(long, requires = "scan")]
    pub(crate) mask: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: Source,
    /// Volume that all scans are registered and resampled to. [default: the built-in T2 brain on 240 x 240 x 155
    /// voxels of 1 mm]
    #[arg(long)]
    pub(crate) reference: Option<PathBuf>,
    /// The reference's brain; without it the reference is stripped.
    #[arg(long, value_name = "MASK", requires = "reference")]
    pub(crate) reference_mask: Option<PathBuf>,
    /// TOML file with settings other than the defaults: `interpolation`, `[normalization]`, `[strip]`, `[bias]`,
    /// `[registration]`.
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) settings: Option<PathBuf>,
    /// Scans at a time; memory grows with it. [default: number of processors]
    #[arg(long, short, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Redo scans that an earlier run finished with the same inputs and settings.
    #[arg(long)]
    pub(crate) force: bool,
    /// The page of all scans of a cohort, outliers first. [default: beside the manifest, with its name; of a BIDS
    /// data set figures/quality.html among the results]
    #[arg(long, value_name = "OUT.html", conflicts_with = "scan")]
    pub(crate) page: Option<PathBuf>,
}

const RUN_EXAMPLES: &str = "\
Examples:
  mri-prep run sub-01_T2w.nii.gz prepared/sub-01 --reference atlas.nii.gz --reference-mask atlas_brain.nii.gz
  mri-prep run --manifest scans.csv --reference atlas.nii.gz --jobs 4
  mri-prep run t2.nii.gz prepared --also t1.nii.gz flair.nii.gz
  mri-prep run --bids my-study --also T1w FLAIR

The same command again goes on where it was stopped. Exit code: 0 if all went well, 1 if a scan failed (the others
are done nevertheless), 130 if it was stopped by Ctrl-C.";

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("check-input").required(true).args(["files", "manifest", "bids"])), after_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// Scans to look at.
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: Source,
    /// Write all that was found as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  mri-prep check *.nii.gz
  mri-prep check --manifest scans.csv
  mri-prep check --bids my-study --json > report.json

Exit code: 0 if all scans are ready, 1 if one must be mended or left out.";
