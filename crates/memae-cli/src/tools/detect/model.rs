//! Which model looked at a scan.

use memae_model::ModelKind;
use serde::{Deserialize, Serialize};

use crate::stages::package::{Package, Provenance, Source};

/// Which model it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Model {
    /// Name of its folder, where there are several.
    pub(super) name: String,
    kind: ModelKind,
    pub(super) package_sha256: String,
    /// What its card says of its limits, where it has one.
    pub(super) limits: Option<String>,
    epoch: usize,
    seed: u64,
    #[serde(flatten)]
    pub(super) provenance: Provenance,
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
        }
    }

    /// Above the picture.
    pub(super) fn title(&self) -> String {
        let trained = if self.provenance.synthetic { ", trained on synthetic heads" } else { "" };
        format!("{}{trained}: for research, no diagnosis", self.kind)
    }

    /// What it is, for people.
    pub(super) fn line(&self) -> String {
        format!(
            "{}, trained {} on {} healthy {}",
            self.kind,
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
