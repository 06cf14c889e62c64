//! Calibration by place as a package carries it: two volumes of 8 bits on the reference grid, and their ranges.

use std::collections::BTreeMap;

use anomaly_eval::{PlaceCalibration, Quantized};
use anyhow::{Context, Result};
use mri_io::{Affine, Volume};
use serde::{Deserialize, Serialize};

use super::Source;

const MEAN: &str = "place_mean.nii.gz";
const SPREAD: &str = "place_spread.nii.gz";

/// What the voxels 0 and 255 of the two volumes stand for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlaceRanges {
    mean: [f32; 2],
    spread: [f32; 2],
}

impl PlaceRanges {
    pub(super) fn of(place: &PlaceCalibration) -> Self {
        let range = |volume: &Quantized| [volume.low, volume.high];
        Self { mean: range(place.mean()), spread: range(place.spread()) }
    }

    /// Takes the calibration out of a package's files.
    ///
    /// # Errors
    /// If a file is missing or damaged; both name the package.
    pub(super) fn take(
        self,
        source: &Source,
        files: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<PlaceCalibration> {
        let mut volume = |name: &str, [low, high]: [f32; 2]| {
            let bytes = files.remove(name).with_context(|| format!("{source}: lacks {name}"))?;
            let steps = mri_io::nifti::read_bytes(source.name(), bytes)?;
            Ok::<_, anyhow::Error>(Quantized { values: steps.data().mapv(|step| step as u8), low, high })
        };
        let (mean, spread) = (volume(MEAN, self.mean)?, volume(SPREAD, self.spread)?);
        PlaceCalibration::new(mean, spread).with_context(|| source.to_string())
    }
}

/// The two volumes as files, for a package whose reference has this affine.
pub(super) fn files(place: &PlaceCalibration, affine: &Affine) -> Result<[(String, Vec<u8>); 2]> {
    let file = |name: &str, volume: &Quantized| {
        let volume = Volume::new(volume.values.clone(), *affine)?;
        Ok::<_, anyhow::Error>((name.to_owned(), mri_io::nifti::write_bytes(&volume)?))
    };
    Ok([file(MEAN, place.mean())?, file(SPREAD, place.spread())?])
}

#[cfg(test)]
mod tests {
    use anomaly_eval::{PlaceSettings, PlaceStatistics};
    use ndarray::Array3;

    use super::*;

    #[test]
    fn a_calibration_comes_back_from_its_files_to_the_bit() {
        let shape = [7, 6, 5];
        let brain = Array3::from_elem(shape, true);
        let mut statistics = PlaceStatistics::new(shape);
        for subject in 0..4 {
            let residual =
                Array3::from_shape_fn(shape, |(i, j, k)| ((i * 5 + j * 3 + k + subject) % 7) as f32);
            statistics.add(residual.view(), brain.view()).unwrap();
        }
        let place = statistics.calibration(&PlaceSettings::default(), [2.0; 3]).unwrap();
        let mut packed =
            BTreeMap::from(files(&place, &Affine::from_spacing([2.0; 3], [0.0; 3]).unwrap()).unwrap());
        let source = Source::parse("some.safetensors").unwrap();
        assert_eq!(PlaceRanges::of(&place).take(&source, &mut packed).unwrap(), place);
        let error = PlaceRanges::of(&place).take(&source, &mut packed).unwrap_err().to_string();
        assert!(error.contains("some.safetensors: lacks place_mean.nii.gz"), "{error}");
    }
}
