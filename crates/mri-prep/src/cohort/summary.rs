//! How the work on one scan went: a file beside the results, by which a later run knows that they are there.

use std::path::Path;

use anyhow::Result;
use cli_support::files::sha256;
use mri_io::nifti::files_of;
use mri_io::preprocess::PreprocessSettings;
use serde::{Deserialize, Serialize};

/// What a file holds, as its SHA-256 in hexadecimal: a copy is the same, whatever its name and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Content(String);

impl Content {
    /// Of the volume in a file, or in a pair of them.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        // Of a pair, that of both, one after the other.
        let contents = files_of(path)?.iter().map(|file| sha256(file)).collect::<Result<Vec<_>>>()?;
        Ok(Self(contents.concat()))
    }

    /// Of what comes with the program, whose version is noted beside it.
    pub(crate) fn built_in() -> Self {
        Self("built-in".to_owned())
    }
}

/// What one further contrast gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Along {
    pub(crate) scan: String,
    /// Mutual information with the scan that was stripped.
    pub(crate) metric: Option<f64>,
    /// World of the reference to world of the contrast (RAS+, mm).
    pub(crate) transform: [[f64; 4]; 4],
}

/// All that the results depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// Of the program.
    pub(crate) version: String,
    pub(crate) scan: Content,
    /// Which volume of a series.
    #[serde(default)]
    pub(crate) volume: Option<usize>,
    #[serde(default)]
    pub(crate) also: Vec<Content>,
    pub(crate) mask: Option<Content>,
    pub(crate) reference: Content,
    pub(crate) reference_mask: Option<Content>,
    pub(crate) settings: PreprocessSettings,
}

/// What one scan gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) scan: String,
    pub(crate) reference: String,
    pub(crate) shape: [usize; 3],
    pub(crate) spacing_mm: [f64; 3],
    pub(crate) orientation: String,
    pub(crate) brain_ml: f64,
    /// Plausibility of the skull stripping, 0 to 1; none where the brain was given.
    pub(crate) strip_quality: Option<f64>,
    /// Mutual information with the reference.
    pub(crate) metric: Option<f64>,
    pub(crate) rotation_degrees: f64,
    /// How far the middle of the reference's grid moves to the scan.
    pub(crate) shift_mm: f64,
    /// World of the reference to world of the scan (RAS+, mm).
    pub(crate) transform: [[f64; 4]; 4],
    /// Further contrasts of the session.
    #[serde(default)]
    pub(crate) also: Vec<Along>,
    pub(crate) warnings: Vec<String>,
    pub(crate) seconds: f64,
    pub(crate) inputs: Inputs,
}

impl Summary {
    /// The summary of an earlier run on the same inputs.
    pub(crate) fn earlier(path: &Path, inputs: &Inputs) -> Option<Self> {
        let summary: Self = serde_json::from_slice(&fs_err::read(path).ok()?).ok()?;
        (summary.inputs == *inputs).then_some(summary)
    }

    /// Figures for people.
    pub(crate) fn figures(&self) -> String {
        let mut figures = vec![format!("brain {:.0} ml", self.brain_ml)];
        figures.extend(self.strip_quality.map(|quality| format!("quality {quality:.2}")));
        figures.push(format!("rotation {:.1}°", self.rotation_degrees));
        figures.push(format!("shift {:.1} mm", self.shift_mm));
        figures.extend(self.metric.map(|metric| format!("mutual information {metric:.3}")));
        figures.join(", ")
    }
}

/// How each scan went, in the order of the jobs; none for those that an interrupt left out.
pub(super) type Results = Vec<Option<Result<Summary>>>;
