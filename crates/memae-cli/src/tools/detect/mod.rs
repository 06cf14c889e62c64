//! `memae detect`: scans through model packages, results in their own space.

mod all;
mod arguments;
mod component;
mod detector;
mod findings;
mod inputs;
mod look;
mod method;
mod model;
mod outputs;
mod picture;
mod place;
mod summary;
mod threshold;
mod view;
mod window;

use std::num::NonZero;

use anyhow::{Context, Result, bail};
use cli_support::progress::say;
use cli_support::workers;
use cli_support::{Interrupted, worded};
use cli_support::{interrupt, progress};

use crate::stages::package::Source;
pub(crate) use arguments::Detect;
use detector::Detector;
use inputs::Inputs;

/// Looks at all scans; those that cannot be used do not stop the others.
pub(crate) fn run(arguments: &Detect) -> Result<()> {
    let methods: Vec<Vec<Source>> = if arguments.models.is_empty() {
        vec![Source::standard()?]
    } else {
        arguments.models.iter().map(|model| vec![model.clone()]).collect()
    };
    let Inputs { mut scans, left_out } =
        inputs::find(&arguments.inputs, arguments.mask.as_deref(), &arguments.suffix)?;
    for left_out in &left_out {
        say(format!("detect: {left_out}"));
    }
    for scan in &mut scans {
        scan.skull = scan.skull.or(arguments.skull);
    }
    // Known now rather than after the work.
    fs_err::create_dir_all(&arguments.out).with_context(|| {
        format!("results cannot be written to {}: name another folder", arguments.out.display())
    })?;
    mri_io::atomic_file::can_write(arguments.out.join(outputs::SUMMARY))?;
    let detector = Detector::open(&methods, arguments)?;
    let jobs = arguments
        .jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), usize::from);
    interrupt::wait_only_for_whole();
    let mut outcomes = workers::map(&scans, jobs, |scan| match detector.detect(scan) {
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(error) if scans.len() > 1 => {
            say(format!("detect: error: {}", worded(&error)));
            Ok(Err(worded(&error)))
        }
        outcome => outcome.map(Ok),
    })?;
    let _whole = interrupt::whole();
    if scans.len() > 1 {
        all::write(&arguments.out, &scans, &outcomes)?;
    }
    progress::result(&all::for_people(&scans, &outcomes, &detector.cautions(), &arguments.out))?;
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
