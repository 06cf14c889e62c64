//! The JSON files beside images that BIDS asks for.

use std::path::{Path, PathBuf};

use anyhow::Result;
use cli_support::files::write_json;
use serde::Serialize;

use super::summary::Summary;

/// The reference among the derivatives, as a BIDS URI.
const REFERENCE: &str = "bids::reference/volume.nii.gz";

/// The sidecars of masks; the brain's is the summary.
#[derive(Clone, Debug)]
pub(crate) struct Sidecars {
    pub(crate) mask: PathBuf,
    pub(crate) native_mask: PathBuf,
}

/// The sidecars of a further contrast.
#[derive(Clone, Debug)]
pub(crate) struct ContrastSidecars {
    pub(crate) brain: PathBuf,
    pub(crate) native_mask: PathBuf,
}

/// What BIDS wants to know of an image.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Keys<'a> {
    description: &'static str,
    sources: [&'a str; 1],
    spatial_reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    skull_stripped: Option<bool>,
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    of: Option<&'static str>,
}

#[derive(Serialize)]
struct Brain<'a> {
    #[serde(flatten)]
    keys: Keys<'a>,
    #[serde(flatten)]
    summary: &'a Summary,
}

impl<'a> Keys<'a> {
    fn brain(source: &'a str) -> Self {
        Self {
            description: "The brain on the grid of the reference, normalized; 0 outside",
            sources: [source],
            spatial_reference: REFERENCE,
            skull_stripped: Some(true),
            of: None,
        }
    }

    fn mask(description: &'static str, source: &'a str, spatial_reference: &'a str) -> Self {
        Self { description, sources: [source], spatial_reference, skull_stripped: None, of: Some("Brain") }
    }

    fn native_mask(source: &'a str) -> Self {
        Self::mask("The brain on the grid of the scan", source, source)
    }
}

impl ContrastSidecars {
    pub(super) fn files(&self) -> [&PathBuf; 2] {
        [&self.brain, &self.native_mask]
    }

    /// Writes what BIDS wants to know of brain and mask.
    pub(super) fn write(&self, source: &str) -> Result<()> {
        write_json(&self.brain, &Keys::brain(source))?;
        write_json(&self.native_mask, &Keys::native_mask(source))
    }
}

impl Sidecars {
    /// Writes what BIDS wants to know of both masks.
    pub(super) fn write(&self, source: &str) -> Result<()> {
        write_json(&self.mask, &Keys::mask("The brain on the grid of the reference", source, REFERENCE))?;
        write_json(&self.native_mask, &Keys::native_mask(source))
    }

    /// Writes the brain's sidecar: the summary with what BIDS wants to know.
    pub(super) fn write_summary(path: &Path, summary: &Summary) -> Result<()> {
        write_json(path, &Brain { keys: Keys::brain(&summary.scan), summary })
    }
}
