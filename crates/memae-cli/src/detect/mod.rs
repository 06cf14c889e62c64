//! `memae detect`: scans through a model package, results in their own space.

mod findings;
mod inputs;
mod picture;
mod summary;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use memae_model::TrainedModel;
use mri_io::Reference;

use crate::cli;
use crate::failure::Interrupted;
use crate::package::{About, Calibration, Package};
use crate::progress::say;
use crate::{files, interrupt, progress, workers};
use findings::Findings;
use inputs::Scan;
use summary::{Model, Summary};

/// What `summary.json` stands for.
const RESULTS: [&str; 6] = [
    "reconstruction.nii.gz",
    "residual.nii.gz",
    "anomaly.nii.gz",
    "detection.nii.gz",
    "brain.nii.gz",
    "overview.png",
];

/// Above which score a voxel is marked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Threshold {
    /// The package's T1.
    First,
    /// The package's T2, the stricter.
    Second,
    /// A score from 0 to 1.
    Score(f32),
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "t1" => Ok(Self::First),
            "t2" => Ok(Self::Second),
            number => match number.parse() {
                Ok(score) if (0.0..=1.0).contains(&score) => Ok(Self::Score(score)),
                _ => Err("use t1, t2 or a score from 0 to 1".to_owned()),
            },
        }
    }
}

impl Threshold {
    fn score(self, calibration: &Calibration) -> f32 {
        match self {
            Self::First => calibration.thresholds[0],
            Self::Second => calibration.thresholds[1],
            Self::Score(score) => score,
        }
    }
}

/// Looks at all scans; those that cannot be used do not stop the others.
pub(crate) fn run(arguments: &cli::Detect) -> Result<()> {
    let package = Package::open(&arguments.model, arguments.device)?;
    let scans = inputs::find(&arguments.inputs, arguments.mask.as_deref())?;
    // Known now rather than after the work.
    fs_err::create_dir_all(&arguments.out)?;
    mri_io::can_write(arguments.out.join("summary.json"))?;
    let synthetic = package.about.provenance.synthetic;
    let threshold = arguments.threshold.score(&package.about.calibration);
    let detector = Detector::new(package, threshold, &arguments.out);
    let jobs = arguments
        .jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), usize::from);
    interrupt::wait_only_for_whole();
    let mut outcomes = workers::map(&scans, jobs, |scan| match detector.detect(scan) {
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(error) if scans.len() > 1 => {
            say(format!("detect: error: {error:#}"));
            Ok(Err(format!("{error:#}")))
        }
        outcome => outcome.map(Ok),
    })?;
    let _whole = interrupt::whole();
    if scans.len() > 1 {
        summary::write_all(&arguments.out, &scans, &outcomes)?;
    }
    progress::result(&summary::for_people(&outcomes, synthetic, &arguments.out))?;
    let failed: Vec<String> = scans
        .iter()
        .zip(outcomes.drain(..))
        .filter_map(|(scan, outcome)| outcome.err().map(|error| format!("\n  {}: {error}", scan.name)))
        .collect();
    if !failed.is_empty() {
        bail!("{} of {} scans failed:{}", failed.len(), scans.len(), failed.concat());
    }
    Ok(())
}

/// A package at work.
struct Detector {
    about: About,
    /// Only one scan at a time is with the model, which uses all processors by itself.
    model: Mutex<TrainedModel>,
    note: Model,
    reference: Reference,
    sha256: String,
    threshold: f32,
    out: PathBuf,
}

impl Detector {
    fn new(package: Package, threshold: f32, out: &Path) -> Self {
        let Package { about, model, reference, sha256 } = package;
        let note = Model::new(&model, &about, sha256.clone());
        Self { about, model: Mutex::new(model), note, reference, sha256, threshold, out: out.to_owned() }
    }

    /// One scan, or what an earlier run found in it.
    fn detect(&self, scan: &Scan) -> Result<Summary> {
        let folder = self.out.join(&scan.name);
        let file = folder.join("summary.json");
        let inputs = std::iter::once(&scan.path).chain(&scan.mask);
        let stamps = inputs.map(|path| files::stamp(path)).collect::<Result<Vec<_>>>()?;
        let key = files::fingerprint(&(env!("CARGO_PKG_VERSION"), &self.sha256, self.threshold, stamps))?;
        let whole = RESULTS.iter().all(|result| folder.join(result).is_file());
        if let Some(found) = files::read_json::<Summary>(&file).ok().filter(|found| whole && found.key == key)
        {
            say(format!("detect {}: up to date", scan.name));
            return Ok(found);
        }
        interrupt::check()?;
        say(format!("detect {}: begins", scan.name));
        let named = || scan.path.display().to_string();
        let volume = mri_io::read(&scan.path)?;
        let mask = scan.mask.as_ref().map(mri_io::read_mask).transpose()?;
        let prepared = mri_io::preprocess(&volume, mask.as_ref(), &self.reference, &self.about.preprocess)
            .with_context(named)?;
        let _whole = interrupt::whole();
        let findings =
            Findings::of(volume, prepared, &self.about, &self.model, self.threshold).with_context(named)?;
        if file.exists() {
            // It must not stand beside new maps.
            fs_err::remove_file(&file)?;
        }
        findings.write(&folder, &self.note.title())?;
        let summary = Summary::new(scan, &findings, self.threshold, &self.about, self.note.clone(), key);
        files::write_json(&file, &summary)?;
        Ok(summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_named_or_scores() {
        let parse = |text: &str| text.parse::<Threshold>();
        assert_eq!((parse("t1"), parse("t2")), (Ok(Threshold::First), Ok(Threshold::Second)));
        assert_eq!(parse("0.25"), Ok(Threshold::Score(0.25)));
        for wrong in ["t3", "1.5", "-0.1", "nan", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
