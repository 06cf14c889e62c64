//! What a scan's folder of results holds.

use std::path::Path;

use anyhow::Result;
use cli_support::files;
use rayon::prelude::*;

use super::component::Component;
use super::findings::{Findings, within};
use super::picture;

/// Writes the volumes, the transform and the picture of these components into a folder.
pub(super) fn write(
    findings: &Findings<'_>,
    folder: &Path,
    title: &str,
    components: &[Component],
) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    let picture = || files::write(&folder.join("overview.png"), &picture::draw(findings, components, title)?);
    let brain = &findings.prepared.native_mask;
    let volumes = || {
        let stripped = within(findings.scan.clone(), brain);
        let maps = [
            ("stripped.nii.gz", &stripped),
            ("reconstruction.nii.gz", &findings.reconstruction),
            ("residual.nii.gz", &findings.residual),
            ("anomaly.nii.gz", &findings.anomaly),
        ];
        maps.par_iter().try_for_each(|(name, map)| mri_io::write(folder.join(name), map))?;
        mri_io::write(folder.join("detection.nii.gz"), &findings.detection)?;
        mri_io::write(folder.join("brain.nii.gz"), brain)?;
        mri_io::transform_file::write_matrix(folder.join("transform.txt"), findings.prepared.transform)
    };
    let (picture, volumes) = rayon::join(picture, volumes);
    volumes?;
    picture
}
