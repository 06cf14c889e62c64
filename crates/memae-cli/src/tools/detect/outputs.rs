//! What a scan's folder of results holds.

use std::path::Path;

use anyhow::Result;
use cli_support::files;
use mri_io::nifti::{Intent, Meaning, write_with};
use rayon::prelude::*;

use super::findings::{Findings, within};
use super::summary::Summary;
use super::window::{window, window_of_scores};
use super::{picture, view};

const STRIPPED: &str = "stripped.nii.gz";
const RECONSTRUCTION: &str = "reconstruction.nii.gz";
const RESIDUAL: &str = "residual.nii.gz";
const ANOMALY: &str = "anomaly.nii.gz";
const DETECTION: &str = "detection.nii.gz";
const BRAIN: &str = "brain.nii.gz";
const TRANSFORM: &str = "transform.txt";
const OVERVIEW: &str = "overview.png";
const VIEW: &str = "view.html";
/// The colour map of `FSLeyes` in which maps open.
const COLOURS: &str = "hot";
/// What [`write()`] writes.
const RESULTS: [&str; 9] =
    [STRIPPED, RECONSTRUCTION, RESIDUAL, ANOMALY, DETECTION, BRAIN, TRANSFORM, OVERVIEW, VIEW];
/// What stands for all of them, and is therefore written last; and what is said of several scans.
pub(super) const SUMMARY: &str = "summary.json";
/// The same of several scans, as a table.
pub(super) const SUMMARY_TABLE: &str = "summary.csv";

/// Whether a folder has all results but the summary.
pub(super) fn are_whole(folder: &Path) -> bool {
    RESULTS.iter().all(|result| folder.join(result).is_file())
}

/// Writes the volumes, the transform, the picture and the page into a folder.
pub(super) fn write(findings: &Findings<'_>, folder: &Path, summary: &Summary) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    let pictures = || {
        let overview = picture::draw(findings, &summary.components, &summary.model.title())?;
        files::write(&folder.join(OVERVIEW), &overview)?;
        files::write(&folder.join(VIEW), view::render(findings, summary)?.as_bytes())
    };
    let (pictures, volumes) = rayon::join(pictures, || volumes(findings, folder, summary.threshold));
    volumes?;
    pictures
}

/// Writes the volumes and the transform. Each volume says what it is and in which window it is best looked at.
fn volumes(findings: &Findings<'_>, folder: &Path, threshold: f32) -> Result<()> {
    let brain = &findings.prepared.native_mask;
    let stripped = within(findings.scan.clone(), brain);
    // The scan and its reconstruction look alike where they are alike.
    let expected = window(&findings.prepared.volume, &findings.prepared.mask);
    let maps = [
        (
            STRIPPED,
            &stripped,
            Meaning {
                description: "the scan within the brain".to_owned(),
                display: window(&stripped, brain),
                ..Meaning::default()
            },
        ),
        (
            RECONSTRUCTION,
            &findings.reconstruction,
            Meaning {
                intent: Intent::estimate("reconstruction"),
                description: "what the model expects, normalized".to_owned(),
                display: expected,
                ..Meaning::default()
            },
        ),
        (
            RESIDUAL,
            &findings.residual,
            Meaning {
                intent: Intent::estimate("residual"),
                description: "scan against reconstruction".to_owned(),
                auxiliary: COLOURS.to_owned(),
                display: window(&findings.residual, brain),
            },
        ),
        (
            ANOMALY,
            &findings.anomaly,
            Meaning {
                intent: Intent::estimate("anomaly score"),
                description: format!("0 to 1, marked above {threshold:.3}; for research, no diagnosis"),
                auxiliary: COLOURS.to_owned(),
                display: window_of_scores(threshold),
            },
        ),
    ];
    maps.par_iter().try_for_each(|(name, map, meaning)| write_with(folder.join(name), map, meaning))?;
    let labels = [
        (DETECTION, &findings.detection, format!("1: anomaly score above {threshold:.3}")),
        (BRAIN, brain, "1: brain".to_owned()),
    ];
    for (name, mask, description) in labels {
        let intent = Intent::label(name.trim_end_matches(".nii.gz"));
        let meaning = Meaning { intent, description, display: [0.0, 1.0], ..Meaning::default() };
        write_with(folder.join(name), mask, &meaning)?;
    }
    mri_io::transform_file::write_matrix(folder.join(TRANSFORM), findings.prepared.transform)?;
    Ok(())
}
