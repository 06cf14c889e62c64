//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use cli_support::log::Shown;
use memae_model::ModelKind;

use crate::cluster::Scheduler;
use crate::run::part::Shard;
use crate::stages::package::Source;
use crate::tools::detect::Detect;
use crate::tools::export::Export;
use crate::tools::seeds::Seeds;
use crate::tools::study::StudyMemory;

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
    Run(Run),
    /// Make the synthetic cohort: whole heads in T2 contrast with their ground truth, as NIfTI files.
    Synth,
    /// Strip skulls, register to the reference, normalize; packs the cohort for training.
    Preprocess(Part),
    /// Train the models, each until its last epoch; goes on from the last checkpoint.
    Train(Only),
    /// Reconstruct the validation and test scans and write reconstructions and residuals as NIfTI.
    Reconstruct(Only),
    /// Measure detection: anomaly maps, thresholds by three protocols, counts, curves, statistics.
    Evaluate(EvaluatePart),
    /// Write tables, figures and the HTML page, and print Table 1.
    Report,
    /// Pack each trained model into one file, with reference, settings and calibration: all that detect needs.
    Package(Only),
    /// Find what is unusual in T2 scans, as they came from the scanner, with a model package.
    ///
    /// Writes a folder for each scan, all in the scan's own space: reconstruction.nii.gz, residual.nii.gz, anomaly.nii.gz
    /// (the residual in a scale of healthy brains, 0 to 1), detection.nii.gz (the map above the threshold), brain.nii.gz,
    /// stripped.nii.gz, transform.txt, overview.png, view.html (scan and map in a browser) and summary.json; for several
    /// scans also summary.csv and summary.json of all. With several models there is a folder for each in the scan's.
    ///
    /// Scans are looked at first: label maps and masks are refused, and what does not look like T2 is told.
    ///
    /// A scan that cannot be used does not stop the others. The same command again does only what is not done.
    Detect(Detect),
    /// Write the network of a package or checkpoint as ONNX or TorchScript, for programs that know nothing of memae.
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
    /// Show how each command of a run stands: what it did, where, for how long, in how much memory, and its last error.
    ///
    /// For runs on a cluster also what waits in the queue.
    Status {
        /// Folder of a run, e.g. runs/quick.
        run: PathBuf,
    },
    /// Take the jobs of a run out of a cluster's queue.
    Cancel {
        /// Folder of a run, e.g. runs/quick.
        run: PathBuf,
    },
    /// Hold a run's results, and the files that went into them, against the hashes in its provenance.json.
    ///
    /// Reads all of them. Names each file that has changed, is gone, or is not recorded, and then exits with 1.
    Verify {
        /// Folder of a run, e.g. runs/quick.
        run: PathBuf,
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

/// Where a run is done.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Submit what is missing to a cluster, as `[cluster]` of the configuration says, instead of doing it here.
    #[arg(long, value_name = "SCHEDULER")]
    pub(crate) on: Option<Scheduler>,
}

/// A part of the scans.
#[derive(Debug, Args)]
pub(crate) struct Part {
    /// Only every N-th scan from the I-th on, beside other processes that do the others; the command without this finishes
    /// the stage.
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
}

/// A part of the evaluation.
#[derive(Debug, Args)]
pub(crate) struct EvaluatePart {
    /// Only this method (a model, `intensity` or `mean`), beside other processes that do the others; the command without this
    /// finishes the stage.
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// Only score every N-th scan from the I-th on.
    #[arg(long, value_name = "I/N", requires = "method")]
    pub(crate) shard: Option<Shard>,
}

/// Choice of models.
#[derive(Debug, Args)]
pub(crate) struct Only {
    /// Only these models of the configuration, e.g. `--model ae --model ssim-memae`.
    #[arg(long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<ModelKind>,
}
