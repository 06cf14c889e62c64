//! Where everything of a run lies.

use std::path::{Path, PathBuf};

use memae_model::ModelKind;

use crate::data::roles::Use;

/// Names of the reference volume and of its brain mask, in a run and in a package.
pub(crate) const REFERENCE: &str = "reference.nii.gz";
pub(crate) const REFERENCE_MASK: &str = "reference_brainmask.nii.gz";

/// The folders and files of a run.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// `runs/<name>`.
    pub(crate) run: PathBuf,
    preprocess: PathBuf,
}

impl Layout {
    pub(crate) const PROVENANCE: &str = "provenance.json";

    /// The layout of a run in this folder.
    pub(crate) fn new(run: &Path) -> Self {
        Self { run: run.to_owned(), preprocess: run.join("preprocess") }
    }

    /// This run on the preprocessed cohort of another.
    pub(crate) fn on_cohort_of(self, other: &Self) -> Self {
        Self { preprocess: other.preprocess.clone(), ..self }
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

    /// What each command did.
    pub(crate) fn tasks(&self) -> PathBuf {
        self.run.join("tasks")
    }

    /// Held by commands while they work.
    pub(crate) fn locks(&self) -> PathBuf {
        self.tasks().join("locks")
    }

    /// What was submitted to a scheduler, and its logs.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.run.join("cluster")
    }

    /// Packed cohorts, the split, the reference, and how preprocessing went.
    pub(crate) fn preprocess(&self) -> &Path {
        &self.preprocess
    }

    /// Packed training or validation volumes.
    pub(crate) fn packed(&self, used_for: Use) -> PathBuf {
        self.preprocess.join(format!("{}.cohort", used_for.id()))
    }

    /// Which subject is used for what, with the SHA-256 of every input file.
    pub(crate) fn split(&self) -> PathBuf {
        self.preprocess.join("split.json")
    }

    /// The reference volume that every scan was registered to.
    pub(crate) fn reference(&self) -> PathBuf {
        self.preprocess.join(REFERENCE)
    }

    /// The reference's brain mask.
    pub(crate) fn reference_mask(&self) -> PathBuf {
        self.preprocess.join(REFERENCE_MASK)
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

    /// What was found of one method.
    pub(crate) fn method(&self, id: &str) -> PathBuf {
        self.eval().join(id)
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

    /// The report's page.
    pub(crate) fn page(&self) -> PathBuf {
        self.report().join("index.html")
    }
}
