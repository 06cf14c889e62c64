//! `memae info`: what a file or folder is.

use std::path::Path;

use anomaly_eval::PostProcessing;
use anyhow::{Result, bail};
use cli_support::files;
use cli_support::progress;
use memae_model::{DeviceChoice, ModelFile, ModelSettings};
use mri_io::preprocess::PreprocessSettings;
use serde::Serialize;

use crate::run::layout::Layout;
use crate::run::provenance::Provenance;
use crate::stages::package::{About, Source};

/// Prints what it is.
pub(crate) fn run(source: &Source) -> Result<()> {
    let text = match source {
        Source::BuiltIn(_) => model(source)?,
        Source::File(path) => file(path)?,
    };
    progress::result(&text)
}

fn file(path: &Path) -> Result<String> {
    let name = path.to_string_lossy();
    if let Some(why) = mri_io::find::why_absent(path) {
        bail!("{name} {why}");
    } else if !path.exists() {
        bail!("{name} does not exist");
    } else if mri_io::find::is_nifti(path)
        || [".hdr", ".img", ".mgz", ".mgh"].iter().any(|ending| name.ends_with(ending))
    {
        volume(path)
    } else if name.ends_with(".safetensors") || ModelFile::Best.path(path).is_file() {
        model(&path.into())
    } else if Layout::new(path).provenance().is_file() {
        run_folder(path)
    } else {
        bail!(
            "{name} is none of what memae knows: a NIfTI or FreeSurfer volume, a model package, a checkpoint, or the folder of a model or a run"
        )
    }
}

fn volume(path: &Path) -> Result<String> {
    let header = mri_io::nifti::read_header(path)?;
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

fn model(source: &Source) -> Result<String> {
    let model = source.model(DeviceChoice::Cpu)?;
    let about = source.is_package()?.then(|| About::read(source)).transpose()?;
    let [i, j] = model.sides();
    let mut text = format!(
        "{} {}\n  slices       {i} x {j} voxels\n  weights      epoch {}, {} parameters{}\n  seed         {}\n",
        if about.is_some() { "Model package" } else { "Trained model" },
        model.kind(),
        model.epoch(),
        model.parameter_count(),
        model.validation_loss().map_or_else(String::new, |loss| format!(", validation loss {loss:.5}")),
        model.training().seed,
    );
    text += &about.as_ref().map_or_else(String::new, package);
    text += &source.limits().map_or_else(String::new, |limits| format!("Limits\n  {limits}\n"));
    let settings = toml::to_string(&Settings {
        model: model.settings(),
        preprocess: about.as_ref().map(|about| &about.preprocess),
        post_processing: about.as_ref().map(|about| &about.scoring.post_processing),
    })?;
    let indented: String = settings.lines().map(|line| format!("  {line}\n")).collect();
    Ok(format!("{text}Settings\n{indented}"))
}

/// What is shown as TOML.
#[derive(Serialize)]
struct Settings<'a> {
    model: &'a ModelSettings,
    preprocess: Option<&'a PreprocessSettings>,
    post_processing: Option<&'a PostProcessing>,
}

fn package(about: &About) -> String {
    let (from, calibration) = (&about.provenance, &about.calibration);
    let healthy = &calibration.healthy_scores;
    let range = |scores: &[f64]| match scores {
        [lowest, .., highest] => format!("{:.2} to {:.2} %", 100.0 * lowest, 100.0 * highest),
        scores => scores.iter().map(|score| format!("{:.2} %", 100.0 * score)).collect(),
    };
    let [t1, t2] = [0, 1].map(|at| {
        let rate = 100.0 * calibration.false_positive_rates[at];
        format!("{:.4} ({rate:.1} % of healthy brain voxels above)", calibration.thresholds[at])
    });
    format!(
        "  made by      {}{}, run {}, trained {}\n  trained on   {} healthy {}\n  data key     {}\nCalibration on {} healthy \
         validation subjects\n  residual     {}; {:.4} is a score of 1\n  T1           {t1}\n  T2           {t2}\n  \
         brain > T2   {}\n{}",
        from.program,
        from.libtorch.as_ref().map_or_else(String::new, |version| format!(", libtorch {version}")),
        from.run,
        from.trained,
        from.training_subjects,
        if from.synthetic { "SYNTHETIC heads: on real scans its maps mean little" } else { "subjects" },
        from.training_key,
        healthy.len(),
        about.scoring.residual.label(),
        calibration.scale,
        range(healthy),
        about.doubts.iter().map(|doubt| format!("  IN DOUBT     {doubt}\n")).collect::<String>(),
    )
}

fn run_folder(path: &Path) -> Result<String> {
    let layout = Layout::new(path);
    let Provenance { environment, .. } = files::read_json(&layout.provenance())?;
    let mut text = format!("Run, by {}: {}\n", environment.program, environment.command);
    for (what, file) in
        [("configuration", layout.config()), ("metrics", layout.metrics()), ("report", layout.page())]
    {
        let state = if file.exists() { file.display().to_string() } else { "not there yet".to_owned() };
        text += &format!("  {what:<14} {state}\n");
    }
    Ok(text)
}
