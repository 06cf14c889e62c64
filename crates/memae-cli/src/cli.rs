//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use memae_model::{DeviceChoice, MemoryPreset, ModelKind, Query};

use crate::detect::Threshold;
use crate::log::Shown;
use crate::package::{self, Source};
use crate::study::{parse_addressing, parse_query};

/// Anomaly detection in brain MR with memory-augmented autoencoders: the whole experiment, and single scans.
///
/// `memae run` does everything, from data to report, with a small synthetic experiment if no configuration is given. Each
/// stage can also be run alone; what is up to date is skipped, and what was interrupted goes on.
///
/// Research software: not a medical device, and no diagnosis.
#[derive(Debug, Parser)]
#[command(name = "memae", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// Options of all commands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options for all commands")]
pub(crate) struct Common {
    /// Configuration file; without it the built-in quick one (synthetic data, minutes on a laptop) is used.
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Folder that holds the data sets' folders, or label maps, instead of the configured one (`root` or `label_maps` in
    /// `[data]`).
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_root: Option<PathBuf>,

    /// Show errors and results only.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Show on standard error what else goes to the run's log file.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,

    /// Log to standard error as JSON, one object a line, progress too: for other programs.
    #[arg(long, global = true, conflicts_with_all = ["quiet", "verbose"])]
    pub(crate) json: bool,
}

impl Common {
    /// What standard error shows.
    pub(crate) fn shown(&self) -> Shown {
        match self {
            Self { json: true, .. } => Shown::Json,
            Self { verbose: true, .. } => Shown::Everything,
            Self { quiet: true, .. } => Shown::Errors,
            _ => Shown::Warnings,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Do all stages: synth (for synthetic data), preprocess, train, reconstruct, evaluate, package, report.
    Run,
    /// Make the synthetic cohort: whole heads in T2 contrast with their ground truth, as NIfTI files.
    Synth,
    /// Strip skulls, register to the reference, normalize; packs the cohort for training.
    Preprocess,
    /// Train the models, each until its last epoch; goes on from the last checkpoint.
    Train(Only),
    /// Reconstruct the validation and test scans and write reconstructions and residuals as NIfTI.
    Reconstruct(Only),
    /// Measure detection: anomaly maps, thresholds by three protocols, counts, curves, statistics.
    Evaluate,
    /// Write tables, figures and the HTML page, and print Table 1.
    Report,
    /// Pack each trained model into one file, with reference, settings and calibration: all that detect needs.
    Package(Only),
    /// Find what is unusual in T2 scans, as they came from the scanner, with a model package.
    ///
    /// Writes a folder for each scan, all in the scan's own space: reconstruction.nii.gz, residual.nii.gz, anomaly.nii.gz
    /// (the residual in a scale of healthy brains, 0 to 1), detection.nii.gz (the map above the threshold), brain.nii.gz,
    /// stripped.nii.gz, transform.txt, overview.png and summary.json; for several scans also summary.csv and summary.json of
    /// all. With several models there is a folder for each in the scan's.
    ///
    /// Scans are looked at first: label maps and masks are refused, and what does not look like T2 is told.
    ///
    /// A scan that cannot be used does not stop the others. The same command again does only what is not done.
    Detect(Detect),
    /// Write the network of a package or checkpoint as TorchScript, for programs that know nothing of memae.
    Export(Export),
    /// Look at data sets: which are known, and what is wrong with those at hand.
    #[command(subcommand)]
    Data(DataCommand),
    /// Compare finished runs that differ in the training seed: mean and spread of each method.
    Seeds(Seeds),
    /// Experiments about the method itself.
    #[command(subcommand)]
    Study(StudyCommand),
    /// Tell what a file or folder is: a NIfTI volume, a model package, a checkpoint, a run.
    Info {
        /// NIfTI file, package or checkpoint (.safetensors), folder of a model or run, or `builtin:NAME`.
        #[arg(value_parser = Source::parse)]
        file: Source,
    },
    /// Print a completion script, e.g. `memae completions bash > /etc/bash_completion.d/memae`.
    Completions {
        /// The shell that reads it.
        shell: Shell,
    },
    /// Write manual pages: memae.1 and one for each command.
    Man {
        /// Folder for them, e.g. /usr/local/share/man/man1.
        folder: PathBuf,
    },
    /// Print this reference as Markdown.
    #[command(hide = true)]
    Reference,
}

/// What to do with data sets.
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Print the built-in manifests: what each cohort is, how to get it, under which licence.
    List,
    /// Read all scans, masks and labels of the configuration's cohorts and tell what is wrong, and what to do about it.
    ///
    /// Finds missing and broken files, implausible geometry, subjects or copies of scans in both cohorts, odd labels, scans
    /// that do not look like T2, and differences between the cohorts that have nothing to do with lesions. Writes nothing.
    Check,
}

/// What to study.
#[derive(Debug, Subcommand)]
pub(crate) enum StudyCommand {
    /// Compare settings of the memory: what one query is, how many items there are, how they are addressed.
    ///
    /// Trains and evaluates a run for each setting and seed, all on one preprocessed cohort, and writes memory.md, memory.csv,
    /// memory.svg and memory.png. Without --full, each value is tried with the others as configured. The same command again does
    /// only what is not done.
    ///
    /// The measure by which settings are compared needs no lesion: what a model saves of the mean slice's validation loss, less
    /// what it copies of bright blobs pasted into healthy scans.
    Memory(StudyMemory),
}

/// Arguments of `memae study memory`.
#[derive(Debug, Args)]
pub(crate) struct StudyMemory {
    /// Folder for the study. [default: that of the configured run, with `-memory` after its name]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What one query is: flat, position, or rows and columns of blocks of the feature map, such as 1x3. [default: flat,
    /// position, and two grids between them]
    #[arg(long, value_delimiter = ',', value_parser = parse_query, value_name = "QUERY")]
    pub(crate) queries: Vec<Query>,
    /// Numbers of items.
    #[arg(long, value_delimiter = ',', default_values_t = [5, 10, 25, 100, 500], value_name = "N")]
    pub(crate) items: Vec<usize>,
    /// How items are addressed: paper, official, sharp.
    #[arg(long, value_delimiter = ',', default_value = "paper,official,sharp", value_parser = parse_addressing, value_name = "PRESET")]
    pub(crate) addressing: Vec<MemoryPreset>,
    /// Models with a memory.
    #[arg(long = "model", value_delimiter = ',', default_values_t = [ModelKind::MemAe, ModelKind::SsimMemAe], value_name = "MODEL")]
    pub(crate) models: Vec<ModelKind>,
    /// Training seeds.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 3], value_name = "SEED")]
    pub(crate) seeds: Vec<u64>,
    /// All combinations instead of one change at a time.
    #[arg(long)]
    pub(crate) full: bool,
}

/// Choice of models.
#[derive(Debug, Args)]
pub(crate) struct Only {
    /// Only these models of the configuration, e.g. `--model ae --model ssim-memae`.
    #[arg(long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<ModelKind>,
}

/// Arguments of `memae seeds`.
#[derive(Debug, Args)]
pub(crate) struct Seeds {
    /// Folders of the runs, at least two.
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder for seeds.md, seeds.csv and seeds.tex.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Arguments of `memae detect`.
#[derive(Debug, Args)]
pub(crate) struct Detect {
    /// T2-weighted scans, .nii or .nii.gz, skull and all; folders of them, or BIDS data sets; lists (.csv, .toml) with a
    /// column `scan` and, where brains are known, `mask`.
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

/// Arguments of `memae export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Model package or checkpoint, or `builtin:NAME`.
    #[arg(value_name = "MODEL", value_parser = Source::parse)]
    pub(crate) model: Source,
    /// File to write, e.g. model.pt.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
