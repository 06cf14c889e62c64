//! The anomaly map of `memae detect` by the libraries alone, in a few lines of one's own:
//!
//! ```sh
//! cargo run --release -p memae-cli --example anomaly_map -- crates/memae-cli/models/dae.safetensors SCAN OUT.nii.gz
//! ```

use std::path::Path;

use anomaly_eval::{HealthyCalibration, PlaceCalibration, Quantized, ScanPair, Scoring, normalize};
use anyhow::{Context, Result, bail};
use memae_model::{Attached, DeviceChoice, TrainedModel};
use mri_io::preprocess::{PreprocessSettings, Reference, preprocess};
use mri_io::resample::{Interpolation, resample};
use mri_io::{Volume, nifti};
use ndarray::Array3;

/// The scores, 0 to 1, of a model package for a raw T2 scan, on the scan's own grid.
pub(crate) fn anomaly_map(package: &Path, scan: &Volume<f32>) -> Result<Volume<f32>> {
    let Attached { note, files } =
        Attached::read(package)?.context("the file has weights and nothing else")?;
    let volume = |name: &str| -> Result<Volume<f32>> {
        Ok(nifti::read_bytes(name, files.get(name).with_context(|| format!("{name} is missing"))?.clone())?)
    };
    let mask = volume("reference_brainmask.nii.gz")?.map(|&value| value != 0.0);
    let reference = Reference::new(volume("reference.nii.gz")?, mask)?;
    let settings: PreprocessSettings = serde_json::from_value(note["preprocess"].clone())?;
    let scoring: Scoring = serde_json::from_value(note["scoring"].clone())?;
    let calibration: HealthyCalibration = serde_json::from_value(note["calibration"].clone())?;
    let place = |what: &str| -> Result<Quantized> {
        let [low, high]: [f32; 2] = serde_json::from_value(note["place"][what].clone())?;
        let values = volume(&format!("place_{what}.nii.gz"))?.data().mapv(|value| value as u8);
        Ok(Quantized { values, low, high })
    };
    let by_place = scoring.post_processing.place.is_some();
    let place = by_place.then(|| Ok::<_, anyhow::Error>((place("mean")?, place("spread")?))).transpose()?;
    let place = place.map(|(mean, spread)| PlaceCalibration::new(mean, spread)).transpose()?;

    let prepared = preprocess(scan, None, &reference, &settings)?;
    let shape = prepared.volume.shape();
    let model = TrainedModel::load(package, DeviceChoice::Cpu)?;
    let expected = Array3::from_shape_vec(shape, model.reconstruct(prepared.volume.as_slice(), shape)?)?;
    let pair = ScanPair {
        scan: prepared.volume.data(),
        expected: Some(expected.view()),
        brain: prepared.mask.data(),
        spacing: prepared.volume.affine().spacing(),
    };
    let scores = normalize(scoring.map(&pair, place.as_ref())?, calibration.scope())?;
    let scores = Volume::new(scores, *prepared.volume.affine())?;
    let smooth = scoring.post_processing.smooth_mm > 0.0;
    let between = if smooth { Interpolation::Linear } else { Interpolation::Nearest };
    Ok(resample(&scores, &scan.grid(), prepared.transform.inverse(), between, 0.0)?)
}

#[allow(dead_code, reason = "the test of this example calls the function above")]
fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [package, scan, out] = &arguments[..] else { bail!("name a package, a scan, and a file to write") };
    let map = anomaly_map(Path::new(package), &mri_io::read(scan)?)?;
    Ok(mri_io::write(out, &map)?)
}
