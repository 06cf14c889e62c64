//! All steps, for one scan or a list of them.

mod also;
mod app;
mod arguments;
mod bids;
mod choose;
mod job;
mod link;
pub(crate) mod manifest;
mod outliers;
mod page;
mod progress;
mod sidecars;
mod summary;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use cli_support::files::write_json;
use cli_support::interrupt;
use cli_support::lock::Lock;
use cli_support::progress::say;
use cli_support::spelling::explain;
use cli_support::{worded, workers};
use mri_io::preprocess::{PreprocessSettings, Reference, preprocess};
use mri_io::qc::{Caption, Section, quality_picture, thumbnail};
use mri_io::strip::{StripSettings, skull_strip};
use mri_io::transform_file::{write_itk, write_matrix};
use mri_io::write;
use rayon::prelude::*;

use crate::exit;
use crate::files::{about, name, read_mask_of, read_masked, read_one, warn, write_png};
use crate::outputs;
pub(crate) use app::{Bids, run as run_app};
pub(crate) use arguments::{Run, Source};
use bids::Derivatives;
pub(crate) use job::Job;
use job::{Contrast, Outputs};
use manifest::Plan;
use progress::Progress;
use sidecars::Sidecars;
use summary::{Content, Inputs, Results, Summary};

/// The grid (mm) around the built-in reference: the paper's.
const DEFAULT_SHAPE: [usize; 3] = [240, 240, 155];
const DEFAULT_SPACING: [f64; 3] = [1.0; 3];

/// What all scans have in common.
struct Common {
    settings: PreprocessSettings,
    reference: Reference,
    reference_file: String,
    reference_content: Content,
    reference_mask_content: Option<Content>,
}

pub(crate) fn run(arguments: &Run) -> Result<u8> {
    let settings = settings(arguments)?;
    let plan = manifest::plan(&arguments.source, &arguments.also)?;
    let jobs = plan.as_ref().map_or_else(|| single(arguments), |plan| Ok(plan.jobs.clone()))?;
    manifest::check(&jobs)?;
    jobs.iter().try_for_each(|job| outputs::folder(&job.outputs.folder))?;
    let of_cohort = plan.as_ref().and_then(|plan| plan.derivatives.as_ref());
    of_cohort.map_or(Ok(()), Derivatives::check)?;
    let page = plan.as_ref().map(|plan| arguments.page.as_ref().unwrap_or(&plan.page));
    page.and_then(|page| page.parent()).map_or(Ok(()), outputs::folder)?;
    let _alone = plan.as_ref().map(|Plan { lock: (file, what), .. }| alone(file, what)).transpose()?;
    let common = common(arguments, settings)?;
    let results = begin(&jobs, plan.as_ref(), &common, arguments)?;
    if let Some(path) = page {
        page::write(path, &jobs, &results)?;
        say(format!("all scans, outliers first: {}", about(path)));
    }
    Ok(conclude(&jobs, &results))
}

fn settings(arguments: &Run) -> Result<PreprocessSettings> {
    let mut settings: PreprocessSettings =
        arguments.settings.as_deref().map_or(Ok(PreprocessSettings::default()), from_toml)?;
    settings.strip = arguments.stripping.over(settings.strip);
    settings.check()?;
    Ok(settings)
}

/// Listens for Ctrl-C, describes the derivatives of a BIDS data set, and does the work.
fn begin(jobs: &[Job], plan: Option<&Plan>, common: &Common, arguments: &Run) -> Result<Results> {
    interrupt::listen()?;
    if let Some(derivatives) = plan.and_then(|plan| plan.derivatives.as_ref()) {
        derivatives.describe(&common.reference)?;
    }
    Ok(process_all(jobs, common, arguments))
}

fn process_all(jobs: &[Job], common: &Common, arguments: &Run) -> Results {
    let earlier = |job: &Job| if arguments.force { None } else { earlier(job, common) };
    let mut results: Results = jobs.par_iter().map(earlier).collect();
    let todo: Vec<usize> = (0..jobs.len()).filter(|&index| results[index].is_none()).collect();
    if todo.len() < jobs.len() {
        say(format!(
            "{} of {} scans are done already (--force redoes them)",
            jobs.len() - todo.len(),
            jobs.len()
        ));
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let progress = Progress::new(todo.len());
    let found = workers::each(&todo, arguments.jobs.map_or(processors, usize::from), |&index| {
        let result = process(&jobs[index], common);
        let (line, warnings) = note(&jobs[index], &result);
        progress.step(&line, &warnings);
        result
    });
    for (index, result) in todo.into_iter().zip(found) {
        results[index] = result;
    }
    results
}

/// How it went with a scan that an earlier run has finished, with the same inputs and settings.
fn earlier(job: &Job, common: &Common) -> Option<Result<Summary>> {
    let whole =
        job.outputs.all_exist() && job.also.iter().flat_map(Contrast::files).all(|file| file.is_file());
    // What cannot be read now fails when its turn comes.
    let inputs = if whole { common.inputs(job).ok()? } else { return None };
    Summary::earlier(&job.outputs.summary, &inputs).map(Ok)
}

/// What to say about one scan: a line, and its warnings.
fn note(job: &Job, result: &Result<Summary>) -> (String, Vec<String>) {
    match result {
        Ok(summary) => {
            let warnings = summary.warnings.iter().map(|warning| format!("warning: {warning}"));
            (format!("done: {}: {}", job.name, summary.figures()), warnings.collect())
        }
        Err(error) => (format!("error: {}", worded(error)), Vec::new()),
    }
}

/// Says how it went in all; the exit code.
fn conclude(jobs: &[Job], results: &Results) -> u8 {
    let count =
        |of: &dyn Fn(&Option<Result<Summary>>) -> bool| results.iter().filter(|result| of(result)).count();
    let failed = count(&|result| matches!(result, Some(Err(_))));
    let left = count(&|result| result.is_none());
    let warned = count(&|result| matches!(result, Some(Ok(summary)) if !summary.warnings.is_empty()));
    if warned > 0 && jobs.len() > 1 {
        say(format!("{warned} of {} scans have warnings: look at their pictures", jobs.len()));
    }
    if failed > 0 && jobs.len() > 1 {
        say(format!("error: {failed} of {} scans failed:", jobs.len()));
        for (job, result) in jobs.iter().zip(results) {
            if let Some(Err(error)) = result {
                say(format!("  {}: {}", job.name, worded(error)));
            }
        }
    }
    if left > 0 {
        say(format!("stopped with {left} of {} scans left: the same command goes on with them", jobs.len()));
        return exit::INTERRUPTED;
    }
    if failed > 0 { exit::FAILURE } else { exit::SUCCESS }
}

fn process(job: &Job, common: &Common) -> Result<Summary> {
    let begun = Instant::now();
    let inputs = common.inputs(job)?;
    let (header, scan) = read_one(&job.scan, job.volume)?;
    let mask = job.mask.as_deref().map(|mask| read_mask_of(mask, &job.scan, &scan)).transpose()?;
    let _alone = job.outputs.lock.as_ref().map(|file| alone(file, &job.outputs.folder)).transpose()?;
    let odd = header.findings.iter().map(|finding| format!("the scan {finding}"));
    let settings = common.settings_of(job);
    let result = preprocess(&scan, mask.as_ref(), &common.reference, &settings)
        .inspect_err(|_| job.outputs.remove_unless_more_than_a_lock())
        .with_context(|| about(&job.scan))?;
    let Outputs { folder, brain, mask, native_mask, matrix, itk, .. } = &job.outputs;
    fs_err::create_dir_all(folder)?;
    let mut of_contrasts = Vec::new();
    let contrasts = job
        .also
        .iter()
        .map(|contrast| also::bring_along(contrast, &scan, &result, &settings, &mut of_contrasts));
    let (also, drawn): (Vec<_>, Vec<_>) = contrasts.collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let centre = common.reference.volume().grid().centre();
    let rows = result.transform.matrix();
    let summary = Summary {
        scan: job.source.clone(),
        reference: common.reference_file.clone(),
        shape: scan.shape(),
        spacing_mm: scan.affine().spacing(),
        orientation: scan.affine().orientation(),
        brain_ml: result.native_mask.millilitres(),
        strip_quality: result.strip_quality,
        metric: result.metric,
        rotation_degrees: result.transform.angle_degrees(),
        shift_mm: (result.transform.apply(centre) - centre).norm(),
        transform: std::array::from_fn(|row| std::array::from_fn(|column| rows[(row, column)])),
        also,
        warnings: odd.chain(result.warnings).chain(of_contrasts).collect(),
        seconds: begun.elapsed().as_secs_f64(),
        inputs,
    };
    write(brain, &result.volume)?;
    write(mask, &result.mask)?;
    write(native_mask, &result.native_mask)?;
    write_matrix(matrix, result.transform)?;
    write_itk(itk, result.transform)?;
    let transform = result.transform.into();
    let mut sections = vec![
        Section::BrainMask { scan: &scan, mask: &result.native_mask },
        Section::Registration {
            fixed: common.reference.volume(),
            fixed_mask: Some(common.reference.mask()),
            moving: &scan,
            transform: &transform,
        },
    ];
    let small = thumbnail(&sections)?;
    sections.extend(drawn.iter().map(|contrast| Section::Registration {
        fixed: common.reference.volume(),
        fixed_mask: Some(common.reference.mask()),
        moving: &contrast.volume,
        transform: &contrast.transform,
    }));
    let caption = Caption { title: &job.name, figures: &[summary.figures()], warnings: &summary.warnings };
    write_png(&job.outputs.picture, &quality_picture(&caption, &sections)?)?;
    write_png(&job.outputs.thumbnail, &small)?;
    // The summary is last, so that its presence tells that all is there.
    match &job.outputs.sidecars {
        Some(sidecars) => {
            sidecars.write(&job.source)?;
            Sidecars::write_summary(&job.outputs.summary, &summary)?;
        }
        None => write_json(&job.outputs.summary, &summary)?,
    }
    Ok(summary)
}

/// Keeps other runs away; `what` is what the message to them names.
fn alone(file: &Path, what: &Path) -> Result<Lock> {
    Lock::take(file, what, "name another folder for the results")
}

impl Common {
    fn inputs(&self, job: &Job) -> Result<Inputs> {
        Ok(Inputs {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scan: Content::of(&job.scan)?,
            volume: job.volume,
            also: job.also.iter().map(|contrast| Content::of(&contrast.scan)).collect::<Result<_>>()?,
            mask: job.mask.as_deref().map(Content::of).transpose()?,
            reference: self.reference_content.clone(),
            reference_mask: self.reference_mask_content.clone(),
            settings: self.settings_of(job),
        })
    }

    fn settings_of(&self, job: &Job) -> PreprocessSettings {
        let mut settings = self.settings.clone();
        settings.strip.skull = job.skull.unwrap_or(settings.strip.skull);
        settings
    }
}

/// The one scan that the command line names.
fn single(arguments: &Run) -> Result<Vec<Job>> {
    let (Some(scan), Some(output)) = (arguments.scan.clone(), arguments.output.clone()) else {
        bail!("give a scan and a folder for the results, a manifest, or a BIDS data set");
    };
    let outputs = Outputs::in_folder(&output);
    let (volume, mask) = (arguments.volume, arguments.mask.clone());
    let also = Contrast::all_in_folder(
        &scan,
        &arguments.also.iter().map(PathBuf::from).collect::<Vec<_>>(),
        &output,
    )?;
    let (name, source) = (name(&scan), about(&scan));
    Ok(vec![Job { name, source, scan, volume, mask, skull: None, also, outputs }])
}

fn common(arguments: &Run, settings: PreprocessSettings) -> Result<Common> {
    let Some(file) = &arguments.reference else {
        let reference = Reference::t2()?;
        let grid = reference.grid_around(DEFAULT_SHAPE, DEFAULT_SPACING)?;
        return Ok(Common {
            settings,
            reference: reference.on_grid(&grid)?,
            reference_file: "the built-in T2 brain".to_owned(),
            reference_content: Content::built_in(),
            reference_mask_content: None,
        });
    };
    let (volume, mask) = read_masked(file, arguments.reference_mask.as_deref())?;
    let mask = if let Some(mask) = mask {
        mask
    } else {
        let found = skull_strip(&volume, &StripSettings::default()).with_context(|| about(file))?;
        warn(file, &found.warnings);
        found.mask
    };
    Ok(Common {
        settings,
        reference: Reference::new(volume, mask).with_context(|| about(file))?,
        // The sidecars of BIDS, which travel, name no place of this machine.
        reference_file: if arguments.source.bids.is_some() { name(file) } else { about(file) },
        reference_content: Content::of(file)?,
        reference_mask_content: arguments.reference_mask.as_deref().map(Content::of).transpose()?,
    })
}

pub(crate) fn from_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs_err::read_to_string(path)?;
    toml::from_str(&text).map_err(|error| anyhow!("{}: {}", about(path), explain(&error)))
}
