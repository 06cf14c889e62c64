//! Arguments of `mri-prep run`, and of all commands on cohorts.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use cli_support::subjects::Participants;

use crate::stripping::Stripping;

/// Which scans of a BIDS data set are taken. All conditions apply together.
#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// Only these subjects: names (sub-07 or 07), or one text file with a name a line.
    #[arg(long, value_name = "SUBJECT|FILE", num_args = 1.., requires = "bids")]
    pub(crate) include: Vec<String>,
    /// Not these subjects, named likewise.
    #[arg(long, value_name = "SUBJECT|FILE", num_args = 1.., requires = "bids")]
    pub(crate) exclude: Vec<String>,
    /// Only the subjects with one of these values in a column of `participants.tsv`.
    #[arg(long, value_name = "COLUMN=VALUE[,VALUE]", requires = "bids")]
    pub(crate) participants: Option<Participants>,
    /// Only scans whose names have all of these entities: ses-1, acq-highres, run-1.
    #[arg(long, value_name = "ENTITY", num_args = 1.., requires = "bids")]
    pub(crate) entities: Vec<String>,
}

/// A cohort.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Many scans: a TOML file with a table `[[scan]]` for each, of the keys `scan`, `output` (a folder) and, where wanted, `mask`
    /// (the brain), `skull` (what `--skull` says of all, for this scan) and `also` (a list of other contrasts of the session); or a
    /// CSV file with these columns, where `;` separates several contrasts. Paths are relative to the file.
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// All scans `sub-*/[ses-*/]anat/*_SUFFIX.nii[.gz]` of a BIDS data set.
    #[arg(long, value_name = "ROOT")]
    pub(crate) bids: Option<PathBuf>,
    /// Where the results of a BIDS data set go. [default: ROOT/derivatives/mri-prep, for other contrasts than T2w
    /// ROOT/derivatives/mri-prep-SUFFIX]
    #[arg(long, value_name = "FOLDER", requires = "bids")]
    pub(crate) derivatives: Option<PathBuf>,
    /// Contrast of the scans in a BIDS data set, by its suffix: T2w, T1w, FLAIR.
    #[arg(long, value_name = "SUFFIX", default_value = "T2w", requires = "bids")]
    pub(crate) suffix: String,
    #[command(flatten)]
    pub(crate) choice: Choice,
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
    #[command(flatten)]
    pub(crate) stripping: Stripping,
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
  mri-prep run --bids my-study --suffix FLAIR --participants group=control --exclude sub-07 sub-12

The same command again goes on where it was stopped. Exit code: 0 if all went well, 1 if a scan failed (the others
are done nevertheless), 130 if it was stopped by Ctrl-C.";
