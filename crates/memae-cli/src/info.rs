//! `memae info`: what a file or folder is.

use std::path::Path;

use anyhow::{Result, bail};
use memae_model::{DeviceChoice, TrainedModel};

use crate::environment::Environment;
use crate::files;
use crate::layout::Layout;

/// Prints what `path` is.
pub(crate) fn run(path: &Path) -> Result<()> {
    let name = path.to_string_lossy();
    let text = if !path.exists() {
        bail!("{name} does not exist");
    } else if name.ends_with(".nii") || name.ends_with(".nii.gz") {
        volume(path)?
    } else if name.ends_with(".safetensors") || path.join("best.safetensors").is_file() {
        model(path)?
    } else if path.join("environment.json").is_file() {
        run_folder(path)?
    } else {
        bail!(
            "{name} is none of what memae knows: a NIfTI volume, a checkpoint, or the folder of a model or a run"
        );
    };
    print!("{text}");
    Ok(())
}

fn volume(path: &Path) -> Result<String> {
    let header = mri_io::read_header(path)?;
    let volume = mri_io::read(path)?;
    let (mut low, mut high, mut finite) = (f32::INFINITY, f32::NEG_INFINITY, 0_usize);
    for &value in volume.as_slice().iter().filter(|value| value.is_finite()) {
        (low, high, finite) = (low.min(value), high.max(value), finite + 1);
    }
    let [i, j, k] = volume.shape();
    let [di, dj, dk] = volume.affine().spacing();
    Ok(format!(
        "NIfTI volume\n  voxels       {i} x {j} x {k}, {:?}\n  spacing      {di:.3} x {dj:.3} x {dk:.3} mm\n  \
         orientation  {}\n  values       {low} to {high}{}\n  description  {}\n",
        header.datatype,
        volume.affine().orientation(),
        match volume.as_slice().len() - finite {
            0 => String::new(),
            bad => format!(", {bad} voxels are not finite"),
        },
        if header.description.is_empty() { "-" } else { &header.description },
    ))
}

fn model(path: &Path) -> Result<String> {
    let model = TrainedModel::load(path, DeviceChoice::Cpu)?;
    let [i, j] = model.sides();
    let settings = toml::to_string(model.settings())?;
    let indented: String = settings.lines().map(|line| format!("  {line}\n")).collect();
    Ok(format!(
        "Trained model {}\n  slices       {i} x {j} voxels\n  weights      epoch {}, {} parameters\nSettings\n{indented}",
        model.kind(),
        model.epoch(),
        model.parameter_count(),
    ))
}

fn run_folder(path: &Path) -> Result<String> {
    let layout = Layout::at(path);
    let environment: Environment = files::read_json(&layout.environment())?;
    let mut text = format!("Run, by {}: {}\n", environment.program, environment.command);
    for (what, file) in [
        ("configuration", layout.config()),
        ("metrics", layout.metrics()),
        ("report", layout.report().join("index.html")),
    ] {
        let state = if file.exists() { file.display().to_string() } else { "not there yet".to_owned() };
        text += &format!("  {what:<14} {state}\n");
    }
    Ok(text)
}
