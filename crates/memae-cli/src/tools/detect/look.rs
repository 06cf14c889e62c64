//! A look at a scan before any work: whether it is one, and whether it is what the models know.

use std::path::Path;

use anyhow::{Result, bail};
use mri_io::Volume;
use mri_io::qc::{Contrast, Severity};
use mri_io::strip::SkullStrip;

/// A scan that can be used, and reasons to look at what is found in it.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) volume: Volume<f32>,
    pub(super) warnings: Vec<String>,
    /// The brain by the default settings, where the look had to search for it.
    pub(super) brain: Option<SkullStrip>,
}

/// Reads a scan.
///
/// # Errors
/// If it cannot be read (a series of volumes among others), or is no scan but a label map, a mask or broken; the message says
/// what to do about it.
pub(super) fn read(path: &Path) -> Result<Looked> {
    let (header, mut volume) = mri_io::nifti::read_with_header(path)?;
    let (report, brain) = mri_io::qc::check_volume(path, &header, &volume);
    let mut warnings = Vec::new();
    for finding in report.findings {
        let advice = finding.advice.map_or_else(String::new, |advice| format!("; {advice}"));
        match finding.severity {
            Severity::Error => bail!("{} {}{advice}", path.display(), finding.what),
            Severity::Warning => warnings.push(format!("the scan {}{advice}", finding.what)),
            Severity::Note => {}
        }
    }
    match report.facts.map(|facts| facts.contrast) {
        Some(Contrast::BrightFluid) => {}
        Some(Contrast::DarkFluid) => {
            warnings.push("fluid is dark in this scan, as in T1 or FLAIR, but the model knows T2".to_owned());
        }
        Some(Contrast::Unclear) | None => warnings.push(
            "whether fluid is bright in this scan, as in T2, is unclear, but the model knows T2".to_owned(),
        ),
    }
    // Told as a finding.
    volume.zero_not_finite();
    Ok(Looked { volume, warnings, brain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::Grid;
    use nalgebra::Point3;

    /// A ball of tissue with a grain, in which there is fluid of the given brightness.
    fn head(fluid: f32) -> Volume<f32> {
        let grid = Grid::centred([64, 64, 64], [3.0; 3]).unwrap();
        let mut scan = Volume::filled(&grid, 0.0_f32).unwrap();
        for ((i, j, k), value) in scan.data_mut().indexed_iter_mut() {
            let radius = grid.affine.voxel_to_world(Point3::new(i as f64, j as f64, k as f64)).coords.norm();
            let grain = (i * 7919 + j * 104_729 + k * 1299) % 41;
            *value =
                if radius < 25.0 { fluid } else { 100.0 } * f32::from(u8::from(radius < 80.0)) + grain as f32;
        }
        scan
    }

    fn looked(scan: &Volume<f32>) -> Result<Looked> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan.nii.gz");
        mri_io::write(&path, scan).unwrap();
        read(&path)
    }

    #[test]
    fn contrast_is_told_unless_it_is_that_of_t2() {
        let warnings = |fluid| looked(&head(fluid)).unwrap().warnings;
        assert_eq!(warnings(400.0), Vec::<String>::new());
        assert!(warnings(20.0).iter().any(|warning| warning.contains("dark")));
        assert!(warnings(100.0).iter().any(|warning| warning.contains("unclear")));
    }

    #[test]
    fn what_is_not_finite_counts_as_0_and_is_told() {
        let mut scan = head(400.0);
        scan.as_mut_slice()[..5].fill(f32::NAN);
        let looked = looked(&scan).unwrap();
        assert_eq!(looked.volume.not_finite(), 0);
        assert!(looked.warnings.iter().any(|warning| warning.contains("5 voxels")), "{:?}", looked.warnings);
    }

    #[test]
    fn label_maps_are_refused_with_what_to_do() {
        let mut labels = head(400.0);
        for ((i, j, k), value) in labels.data_mut().indexed_iter_mut() {
            *value = ((i / 4) * 4 + (j / 4) + 10 * (k / 8)) as f32;
        }
        let error = looked(&labels).unwrap_err().to_string();
        assert!(error.contains("scan.nii.gz has patches") && error.contains("give the scan"), "{error}");
    }
}
