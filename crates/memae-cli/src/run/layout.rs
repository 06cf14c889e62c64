//! Where everything of a run lies.

use std::path::{Path, PathBuf};

use memae_model::ModelKind;

use crate::config::Config;

/// The folders and files of a run.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// `runs/<name>`.
    pub(crate) run: PathBuf,
    preprocess: PathBuf,
}

impl Layout {
    pub(crate) const PROVENANCE: &str = "provenance.json";

    pub(crate) fn new(config: &Config) -> Self {
        let own = Self::at(&config.run_folder());
        Self { preprocess: config.run.preprocessed.clone().unwrap_or(own.preprocess), ..own }
    }

    /// The layout of a run whose folder is known.
    pub(crate) fn at(run: &Path) -> Self {
        Self { run: run.to_owned(), preprocess: run.join("preprocess") }
    }

    /// The resolved configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.run.join("config.toml")
    }

    /// What ran on what, and the hashes of all files.
    pub(crate) fn provenance(&self) -> PathBuf {
        self.run.join(Self::PROVENANCE)
    }

    /// What happened.
    pub(crate) fn log(&self) -> PathBuf {
        self.run.join("log.txt")
    }

    /// Packed cohorts, the split, the reference, and how preprocessing went.
    pub(crate) fn preprocess(&self) -> PathBuf {
        self.preprocess.clone()
    }

    /// Packed training or validation volumes.
    pub(crate) fn packed(&self, cohort: &str) -> PathBuf {
        self.preprocess().join(format!("{cohort}.cohort"))
    }

    /// Which subject is used for what, with the SHA-256 of every input file.
    pub(crate) fn split(&self) -> PathBuf {
        self.preprocess().join("split.json")
    }

    /// The reference volume that every scan was registered to.
    pub(crate) fn reference(&self) -> PathBuf {
        self.preprocess().join("reference.nii.gz")
    }

    /// The reference's brain mask.
    pub(crate) fn reference_mask(&self) -> PathBuf {
        self.preprocess().join("reference_brainmask.nii.gz")
    }

    pub(crate) fn model(&self, model: ModelKind) -> PathBuf {
        self.run.join("models").join(model.id())
    }

    /// What the items of a model's memory stand for.
    pub(crate) fn memory_picture(&self, model: ModelKind) -> PathBuf {
        self.model(model).join("memory.png")
    }

    pub(crate) fn maps(&self, model: ModelKind) -> PathBuf {
        self.run.join("maps").join(model.id())
    }

    pub(crate) fn eval(&self) -> PathBuf {
        self.run.join("eval")
    }

    pub(crate) fn metrics(&self) -> PathBuf {
        self.eval().join("metrics.json")
    }

    /// Model packages.
    pub(crate) fn packages(&self) -> PathBuf {
        self.run.join("packages")
    }

    pub(crate) fn package(&self, model: ModelKind) -> PathBuf {
        self.packages().join(format!("{}.safetensors", model.id()))
    }

    pub(crate) fn report(&self) -> PathBuf {
        self.run.join("report")
    }
}
