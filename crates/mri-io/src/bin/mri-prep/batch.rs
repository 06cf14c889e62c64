//! All steps, for one scan or a list of them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use mri_io::{
    PreprocessSettings, Reference, StripSettings, preprocess, read, read_mask, skull_strip, write, write_itk,
    write_matrix,
};
use serde::Deserialize;

use crate::cli::Run;
use crate::steps::{about, warn};

/// The list of scans.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    scan: Vec<Job>,
}

/// One scan, its brain if that is known, and the folder for its results.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    scan: PathBuf,
    output: PathBuf,
    mask: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Run) -> Result<()> {
    let settings: PreprocessSettings =
        arguments.settings.as_deref().map_or(Ok(PreprocessSettings::default()), from_toml)?;
    settings.check()?;
    let jobs = jobs(arguments)?;
    let reference = reference(arguments)?;
    let failed = AtomicUsize::new(0);
    let next = AtomicUsize::new(0);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = arguments.jobs.map_or(processors, usize::from).min(jobs.len());
    // Plain threads: a worker of the pool inside could take up a second scan while it waits for the first.
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match process(job, &reference, &settings) {
                        Ok(()) => eprintln!("done: {}", about(&job.scan)),
                        Err(error) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                            eprintln!("error: {error:#}");
                        }
                    }
                }
            });
        }
    });
    match failed.into_inner() {
        0 => Ok(()),
        failed => bail!("{failed} of {} scans failed", jobs.len()),
    }
}

fn process(job: &Job, reference: &Reference, settings: &PreprocessSettings) -> Result<()> {
    let scan = read(&job.scan)?;
    let mask = job.mask.as_ref().map(read_mask).transpose()?;
    let result = preprocess(&scan, mask.as_ref(), reference, settings).with_context(|| about(&job.scan))?;
    warn(&job.scan, &result.warnings);
    std::fs::create_dir_all(&job.output).with_context(|| about(&job.output))?;
    write(job.output.join("mask.nii.gz"), &result.mask)?;
    write(job.output.join("native_mask.nii.gz"), &result.native_mask)?;
    write_matrix(job.output.join("transform.txt"), &result.transform)?;
    write_itk(job.output.join("transform.tfm"), &result.transform)?;
    // Last, so that its presence tells that all is there.
    write(job.output.join("brain.nii.gz"), &result.volume)?;
    Ok(())
}

/// The scans to process, all of which exist.
fn jobs(arguments: &Run) -> Result<Vec<Job>> {
    let jobs = if let Some(path) = &arguments.manifest {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut jobs = from_toml::<Manifest>(path)?.scan;
        for job in &mut jobs {
            job.scan = folder.join(&job.scan);
            job.output = folder.join(&job.output);
            job.mask = job.mask.as_ref().map(|mask| folder.join(mask));
        }
        jobs
    } else {
        let (Some(scan), Some(output)) = (arguments.scan.clone(), arguments.output.clone()) else {
            bail!("give a scan and a folder for the results, or a manifest");
        };
        vec![Job { scan, output, mask: arguments.mask.clone() }]
    };
    if jobs.is_empty() {
        bail!("the manifest lists no scan");
    }
    for job in &jobs {
        if let Some(missing) = std::iter::once(&job.scan).chain(&job.mask).find(|path| !path.exists()) {
            bail!("{}: no such file", about(missing));
        }
        if jobs.iter().any(|other| !std::ptr::eq(job, other) && job.output == other.output) {
            bail!("{}: two scans would write their results here", about(&job.output));
        }
    }
    Ok(jobs)
}

fn reference(arguments: &Run) -> Result<Reference> {
    let volume = read(&arguments.reference)?;
    let mask = if let Some(path) = &arguments.reference_mask {
        read_mask(path)?
    } else {
        let found =
            skull_strip(&volume, &StripSettings::default()).with_context(|| about(&arguments.reference))?;
        warn(&arguments.reference, &found.warnings);
        found.mask
    };
    Reference::new(volume, mask).with_context(|| about(&arguments.reference))
}

fn from_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| about(path))?;
    toml::from_str(&text).with_context(|| about(path))
}
