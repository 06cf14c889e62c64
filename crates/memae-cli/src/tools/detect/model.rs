//! Which model looked at a scan.

use memae_model::ModelKind;
use serde::{Deserialize, Serialize};

use crate::stages::package::{Package, Provenance, Source};

/// Which model it was, or which models together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Model {
    /// Name of its folder, where there are several.
    pub(super) name: String,
    kind: ModelKind,
    package_sha256: String,
    /// What its card says of its limits, where it has one.
    pub(super) limits: Option<String>,
    epoch: usize,
    seed: u64,
    #[serde(flatten)]
    pub(super) provenance: Provenance,
    /// The others of its method, of which it counts what they agree on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    with: Vec<Self>,
}

impl Model {
    pub(super) fn new(name: String, source: &Source, package: &Package) -> Self {
        Self {
            name,
            kind: package.model.kind(),
            package_sha256: package.sha256.clone(),
            limits: source.limits(),
            epoch: package.model.epoch(),
            seed: package.model.training().seed,
            provenance: package.about.provenance.clone(),
            with: Vec::new(),
        }
    }

    /// The first of a method's models, with the others; `None` without any.
    pub(super) fn together(mut models: Vec<Self>) -> Option<Self> {
        let with = models.split_off(models.len().min(1));
        models.pop().map(|first| Self { with, ..first })
    }

    /// SHA-256 of all packages.
    pub(super) fn packages(&self) -> Vec<&str> {
        std::iter::once(self).chain(&self.with).map(|model| model.package_sha256.as_str()).collect()
    }

    /// Kinds of all networks.
    fn kinds(&self) -> String {
        let kinds = std::iter::once(self).chain(&self.with).map(|model| model.kind.to_string());
        kinds.collect::<Vec<_>>().join(" with ")
    }

    /// Above the picture.
    pub(super) fn title(&self) -> String {
        let trained = if self.provenance.synthetic { ", trained on synthetic heads" } else { "" };
        format!("{}{trained}: for research, no diagnosis", self.kinds())
    }

    /// What it is, for people.
    pub(super) fn line(&self) -> String {
        format!(
            "{}, trained {} on {} healthy {}",
            self.kinds(),
            self.provenance.trained,
            self.provenance.training_subjects,
            if self.provenance.synthetic { "synthetic heads" } else { "subjects" }
        )
    }

    /// What is to be kept in mind of every result.
    pub(super) fn caution(&self) -> Option<String> {
        let synthetic = || {
            self.provenance.synthetic.then(|| {
                "The model has only ever seen synthetic heads: on a real scan its map means little."
                    .to_owned()
            })
        };
        self.limits.clone().or_else(synthetic)
    }
}
