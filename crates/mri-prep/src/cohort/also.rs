//! Other contrasts of a session, which go along with the scan that is stripped.

use anyhow::{Context, Result};
use mri_io::preprocess::{PreprocessSettings, Preprocessed, preprocess_contrast};
use mri_io::transform_file::{write_itk, write_matrix};
use mri_io::{AffineTransform, Volume, write};

use super::job::Contrast;
use super::summary::Along;
use crate::files::{about, name, read_one};

/// A contrast with its result, to be drawn.
pub(super) struct Drawn {
    pub(super) volume: Volume,
    /// World of the reference to world of the contrast.
    pub(super) transform: AffineTransform,
}

/// Brings the contrast along and writes its results. Warnings name it.
pub(super) fn bring_along(
    contrast: &Contrast,
    scan: &Volume,
    done: &Preprocessed,
    settings: &PreprocessSettings,
    warnings: &mut Vec<String>,
) -> Result<(Along, Drawn)> {
    let (header, volume) = read_one(&contrast.scan, None)?;
    let result = preprocess_contrast(&volume, scan, done, settings).with_context(|| about(&contrast.scan))?;
    let odd = header.findings.iter().map(ToString::to_string);
    let called = name(&contrast.scan);
    warnings.extend(odd.chain(result.warnings).map(|warning| format!("{called}: {warning}")));
    write(&contrast.brain, &result.volume)?;
    write(&contrast.native_mask, &result.native_mask)?;
    write_matrix(&contrast.matrix, result.transform)?;
    write_itk(&contrast.itk, result.transform)?;
    if let Some(sidecars) = &contrast.sidecars {
        sidecars.write(&contrast.source)?;
    }
    let matrix = result.transform.matrix();
    let along = Along {
        scan: contrast.source.clone(),
        metric: result.metric,
        transform: std::array::from_fn(|row| std::array::from_fn(|column| matrix[(row, column)])),
    };
    Ok((along, Drawn { volume, transform: result.transform.into() }))
}
