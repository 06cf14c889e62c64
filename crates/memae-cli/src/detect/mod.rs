//! `memae detect`: scans through model packages, results in their own space.

mod component;
mod detector;
mod findings;
mod inputs;
mod look;
mod picture;
mod place;
mod summary;

use std::num::NonZero;
use std::str::FromStr;

use anyhow::{Result, bail};

use crate::cli;
use crate::failure::Interrupted;
use crate::package::{Calibration, Source};
use crate::progress::say;
use crate::{interrupt, progress, workers};
use detector::Detector;
use inputs::Inputs;

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
    let sources =
        if arguments.models.is_empty() { vec![Source::standard()?] } else { arguments.models.clone() };
    let Inputs { scans, left_out } =
        inputs::find(&arguments.inputs, arguments.mask.as_deref(), &arguments.suffix)?;
    for left_out in &left_out {
        say(format!("detect: {left_out}"));
    }
    let detector = Detector::open(&sources, arguments)?;
    // Known now rather than after the work.
    fs_err::create_dir_all(&arguments.out)?;
    mri_io::can_write(arguments.out.join("summary.json"))?;
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
    progress::result(&summary::for_people(&outcomes, &detector.cautions(), &arguments.out))?;
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
