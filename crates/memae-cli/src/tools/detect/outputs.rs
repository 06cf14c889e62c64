//! What a scan's folder of results holds.

use std::path::Path;

use anyhow::Result;
use cli_support::files;
use rayon::prelude::*;

use super::component::Component;
use super::findings::{Findings, within};
use super::picture;

const STRIPPED: &str = "stripped.nii.gz";
const RECONSTRUCTION: &str = "reconstruction.nii.gz";
const RESIDUAL: &str = "residual.nii.gz";
const ANOMALY: &str = "anomaly.nii.gz";
const DETECTION: &str = "detection.nii.gz";
const BRAIN: &str = "brain.nii.gz";
const TRANSFORM: &str = "transform.txt";
const OVERVIEW: &str = "overview.png";
/// What [`write()`] writes.
const RESULTS: [&str; 8] =
    [STRIPPED, RECONSTRUCTION, RESIDUAL, ANOMALY, DETECTION, BRAIN, TRANSFORM, OVERVIEW];
/// What stands for all of them, and is therefore written last; and what is said of several scans.
pub(super) const SUMMARY: &str = "summary.json";
/// The same of several scans, as a table.
pub(super) const SUMMARY_TABLE: &str = "summary.csv";

/// Whether a folder has all results but the summary.
pub(super) fn are_whole(folder: &Path) -> bool {
    RESULTS.iter().all(|result| folder.join(result).is_file())
}

/// Writes the volumes, the transform and the picture of these components into a folder.
pub(super) fn write(
    findings: &Findings<'_>,
    folder: &Path,
    title: &str,
    components: &[Component],
) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    let picture = || files::write(&folder.join(OVERVIEW), &picture::draw(findings, components, title)?);
    let brain = &findings.prepared.native_mask;
    let volumes = || {
        let stripped = within(findings.scan.clone(), brain);
        let maps = [
            (STRIPPED, &stripped),
            (RECONSTRUCTION, &findings.reconstruction),
            (RESIDUAL, &findings.residual),
            (ANOMALY, &findings.anomaly),
        ];
        maps.par_iter().try_for_each(|(name, map)| mri_io::write(folder.join(name), map))?;
        mri_io::write(folder.join(DETECTION), &findings.detection)?;
        mri_io::write(folder.join(BRAIN), brain)?;
        mri_io::transform_file::write_matrix(folder.join(TRANSFORM), findings.prepared.transform)
    };
    let (picture, volumes) = rayon::join(picture, volumes);
    volumes?;
    picture
}
