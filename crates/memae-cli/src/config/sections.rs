//! The sections of a configuration file. Defaults are the paper's values, or the specification's where the paper is
//! silent; `configs/paper.toml` documents each key.

use std::path::PathBuf;

use anomaly_eval::{
    BootstrapSettings, LesionSettings, Outside, PostProcessing, ProtocolSettings, Residual, ScopeKind,
    Scoring,
};
use memae_model::{DeviceChoice, ModelKind, ModelSettings, TrainSettings};
use mri_io::preprocess::PreprocessSettings;
use mri_phantom::{LesionKind, PhantomSettings};
use serde::{Deserialize, Serialize};

/// A whole configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) run: Run,
    pub(crate) data: Data,
    #[serde(default)]
    pub(crate) reference: Reference,
    #[serde(default)]
    pub(crate) preprocess: PreprocessSettings,
    #[serde(default)]
    pub(crate) model: ModelSettings,
    #[serde(default)]
    pub(crate) train: TrainSettings,
    #[serde(default)]
    pub(crate) reconstruct: Reconstruct,
    #[serde(default)]
    pub(crate) evaluate: Evaluate,
    #[serde(default)]
    pub(crate) package: PackageSettings,
    #[serde(default)]
    pub(crate) report: Report,
    #[serde(default)]
    pub(crate) cluster: Cluster,
}

impl Config {
    /// The built-in brain that scans are registered to; `None` where a file is named.
    pub(crate) fn builtin_reference(&self) -> Option<Builtin> {
        let suited = || if self.data.is_drawn() { Builtin::Synthetic } else { Builtin::T2 };
        self.reference.file.is_none().then(|| self.reference.builtin.unwrap_or_else(suited))
    }
}

/// `[run]`: what the run is called, where it writes, what it uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// Name of the run's folder in `output`.
    pub(crate) name: String,
    /// Folder of all runs.
    #[serde(default = "runs")]
    pub(crate) output: PathBuf,
    /// Folder of what several runs can share: synthetic scans and preprocessed cohorts.
    #[serde(default = "cache")]
    pub(crate) cache: PathBuf,
    /// Processor threads; 0: all.
    #[serde(default)]
    pub(crate) threads: usize,
    /// Processor threads with which one model is trained; 0: all.
    #[serde(default)]
    pub(crate) threads_per_model: usize,
    /// `auto`, `cpu` or `cuda:N`.
    #[serde(default)]
    pub(crate) device: DeviceChoice,
    /// Models to train and compare.
    #[serde(default = "paper_models")]
    pub(crate) models: Vec<ModelKind>,
}

fn runs() -> PathBuf {
    "runs".into()
}

fn cache() -> PathBuf {
    "cache".into()
}

fn paper_models() -> Vec<ModelKind> {
    ModelKind::PAPER.to_vec()
}

/// `[data]`: where the cohorts come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Data {
    /// Heads made by `mri-phantom`.
    Synthetic(Box<SyntheticData>),
    /// The user's files, described by manifests.
    Manifest(ManifestData),
}

impl Data {
    /// Seed of the cohort and of the split.
    pub(crate) fn seed(&self) -> u64 {
        match self {
            Self::Synthetic(data) => data.seed,
            Self::Manifest(data) => data.seed,
        }
    }

    /// Numbers of healthy subjects for training and for validation.
    pub(crate) fn healthy(&self) -> (usize, usize) {
        match self {
            Self::Synthetic(data) => (data.train, data.validation),
            Self::Manifest(data) => (data.train, data.validation),
        }
    }

    /// Number of test subjects; `None`: all there are.
    pub(crate) fn test(&self) -> Option<usize> {
        match self {
            Self::Synthetic(data) => Some(data.test),
            Self::Manifest(data) => data.test,
        }
    }

    /// Whether the scans are made here, by `memae synth`.
    pub(crate) fn is_made(&self) -> bool {
        matches!(self, Self::Synthetic(_))
    }

    /// Whether all heads are drawings of `mri-phantom`, and no anatomy is real.
    pub(crate) fn is_drawn(&self) -> bool {
        match self {
            Self::Synthetic(data) => data.label_maps.is_none(),
            Self::Manifest(data) => data.healthy == "synthetic" && data.lesions == "synthetic",
        }
    }

    /// Whether every figure of the run has to be called synthetic.
    pub(crate) fn is_synthetic(&self) -> bool {
        match self {
            Self::Synthetic(_) => true,
            Self::Manifest(data) => data.healthy == "synthetic" || data.lesions == "synthetic",
        }
    }
}

/// `[data]` with `kind = "synthetic"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SyntheticData {
    /// Seed of anatomy, pose, noise and tumours, and of the split.
    pub(crate) seed: u64,
    pub(crate) train: usize,
    pub(crate) validation: usize,
    pub(crate) test: usize,
    /// Folder of FreeSurfer-style label maps to take the anatomy from, instead of the generator's own. No map is on two
    /// sides of the split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label_maps: Option<PathBuf>,
    /// Kinds of lesion of the test heads, in turn.
    #[serde(default = "gliomas")]
    pub(crate) lesions: Vec<LesionKind>,
    /// The scanner.
    #[serde(default)]
    pub(crate) scan: PhantomSettings,
}

fn gliomas() -> Vec<LesionKind> {
    vec![LesionKind::Glioma]
}

/// `[data]` with `kind = "manifest"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManifestData {
    /// Manifest of the healthy cohort: the name of a built-in one, or a `.toml` file.
    pub(crate) healthy: String,
    /// Manifest of the cohort with lesions.
    pub(crate) lesions: String,
    /// Folder that holds the data sets' folders.
    pub(crate) root: PathBuf,
    /// Whether manifests may name files outside the root, by `..`, from the root of the file system on, or through links.
    #[serde(default)]
    pub(crate) outside_root: bool,
    /// Seed of the split.
    pub(crate) seed: u64,
    pub(crate) train: usize,
    pub(crate) validation: usize,
    /// Test subjects; all if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) test: Option<usize>,
}

/// `[reference]`: the grid and the brain that every scan is registered to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Reference {
    /// Voxels of the reference grid along right, front and top.
    pub(crate) shape: [usize; 3],
    /// Voxel spacing of the reference grid (mm).
    pub(crate) spacing: [f64; 3],
    /// Which of the built-in brains to register to; if not given, the one that suits the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) builtin: Option<Builtin>,
    /// T2 volume to register to instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<PathBuf>,
    /// Its brain mask; its non-zero voxels if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mask: Option<PathBuf>,
}

impl Default for Reference {
    fn default() -> Self {
        Self { shape: [240, 240, 155], spacing: [1.0; 3], builtin: None, file: None, mask: None }
    }
}

/// A brain that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Builtin {
    /// The mean T2 brain of real anatomy.
    T2,
    /// The mean of the generator's own heads, which their true poses are relative to.
    Synthetic,
}

/// `[reconstruct]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Reconstruct {
    /// Whether reconstructions and residuals of the validation and test subjects are kept as NIfTI.
    pub(crate) keep_maps: bool,
}

impl Default for Reconstruct {
    fn default() -> Self {
        Self { keep_maps: true }
    }
}

/// `[evaluate]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Evaluate {
    /// How scan and reconstruction are compared.
    pub(crate) residual: Residual,
    /// What the map shows outside the brain.
    pub(crate) outside: Outside,
    /// Over which voxels the map is normalized.
    pub(crate) scope: ScopeKind,
    /// Whether all ways to scores are measured, beside that in force and those of the headline table.
    pub(crate) sensitivity: bool,
    /// What is done to scores and detections; nothing by default.
    pub(crate) post_processing: PostProcessing,
    /// Numbers that the three threshold protocols start from.
    pub(crate) protocols: ProtocolSettings,
    /// When a lesion counts as detected, and what is a small one.
    pub(crate) lesions: LesionSettings,
    /// Confidence intervals.
    pub(crate) bootstrap: BootstrapSettings,
}

impl Default for Evaluate {
    fn default() -> Self {
        Self {
            residual: Residual::Absolute,
            outside: Outside::Masked,
            scope: ScopeKind::Volume,
            sensitivity: true,
            post_processing: PostProcessing::default(),
            protocols: ProtocolSettings::default(),
            lesions: LesionSettings::default(),
            bootstrap: BootstrapSettings::default(),
        }
    }
}

impl Evaluate {
    /// How scans and reconstructions become anomaly maps.
    pub(crate) fn scoring(&self) -> Scoring {
        let mut scoring = Scoring::default();
        scoring.residual = self.residual;
        scoring.outside = self.outside;
        scoring.post_processing = self.post_processing;
        scoring
    }
}

/// `[report]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Report {
    /// Test subjects in Figure 1.
    pub(crate) figure_subjects: usize,
    /// Test subjects in the page's viewer; 0: no viewer.
    pub(crate) viewer_subjects: usize,
}

impl Default for Report {
    fn default() -> Self {
        Self { figure_subjects: 2, viewer_subjects: 4 }
    }
}

/// How trained models are packed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PackageSettings {
    /// Whether weights are rounded to 16 bits, for half the size.
    pub(crate) half_precision: bool,
    /// Volume (ml) below which `memae detect` leaves out what it finds; 0: it leaves out nothing.
    pub(crate) smallest_ml: f64,
}

/// `[cluster]`: what the tasks of `memae run --on slurm` ask for. An empty text leaves it to the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Cluster {
    pub(crate) partition: String,
    pub(crate) account: String,
    /// Longest time of a task.
    pub(crate) time: String,
    /// Memory of a task.
    pub(crate) memory: String,
    /// Processor threads of a task.
    pub(crate) threads: usize,
    /// Generic resources of the tasks that run networks, e.g. `gpu:1`.
    pub(crate) gres: String,
    /// Further options of sbatch.
    pub(crate) options: Vec<String>,
    /// Tasks among which scans are shared out.
    pub(crate) shards: usize,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            partition: String::new(),
            account: String::new(),
            time: String::new(),
            memory: "8G".to_owned(),
            threads: 4,
            gres: String::new(),
            options: Vec::new(),
            shards: 16,
        }
    }
}
