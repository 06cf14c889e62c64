//! What a method reaches with other residuals, scopes of normalization and post-processing, in one pass over the
//! validation scans and the test scans. Goes on where it was interrupted.

use anomaly_eval::{
    Binning, ProtocolSettings, ResidualRanges, ScoreHistogram, Sensitivity, Variant, VariantMaps,
    VariantMetrics, VoxelSet,
};
use anyhow::{Context, Result};
use mri_io::Mask;

use super::counts;
use crate::cohorts::Use;
use crate::config::Config;
use crate::preprocess::{Cohort, Prepared};
use crate::progress::Task;
use crate::scoring::{Method, Scorer};
use crate::stage::Stage;
use crate::{files, interrupt};

/// Thresholds of one variant, over all voxels and over brain voxels.
type Thresholds = [f32; 2];

/// Measures all variants of a method, or finds that it is done.
pub(super) fn measure(config: &Config, cohort: &Cohort, method: Method) -> Result<Vec<Sensitivity>> {
    let stage = stage(config, cohort, method)?;
    let file = stage.folder().join("sensitivity.json");
    if stage.is_done() {
        return files::read_json(&file);
    }
    stage.begin()?;
    let scorer = Scorer::new(config, cohort, method)?;
    let validation = cohort.prepared(Use::Validation);
    let test = cohort.prepared(Use::Test);
    let task = Task::new(format!("sensitivity {}", method.id()), 2 * validation.len() + test.len());
    let ranges = ranges(&scorer, &validation, &task)?;
    let thresholds = thresholds(config, &scorer, &validation, &ranges, &task)?;
    let mut subjects: Vec<Vec<[VariantMetrics; 2]>> = Vec::new();
    for subject in &test {
        let file = stage.folder().join(format!("{}.json", subject.id()));
        if !file.exists() {
            files::write_json(&file, &of_subject(&scorer, subject, &ranges, &thresholds)?)?;
        }
        subjects.push(files::read_json(&file)?);
        task.step(&subject.name);
    }
    drop(task);
    let summaries: Vec<Sensitivity> = Variant::all()
        .into_iter()
        .enumerate()
        .flat_map(|(at, variant)| {
            let metrics: Vec<_> = subjects.iter().map(|subject| subject[at]).collect();
            Sensitivity::of(method.id(), variant, thresholds[at], &metrics, &config.evaluate.bootstrap)
        })
        .collect();
    files::write_json(&file, &summaries)?;
    stage.finish(&[file])?;
    Ok(summaries)
}

/// The sensitivity of a method as a stage.
fn stage(config: &Config, cohort: &Cohort, method: Method) -> Result<Stage> {
    let counted = counts::stage(config, cohort, method)?;
    let folder = counted.folder().with_file_name("sensitivity");
    let ProtocolSettings { matched_fpr, .. } = config.evaluate.protocols;
    Stage::new("sensitivity", folder, &(counted.key(), matched_fpr, config.evaluate.bootstrap))
}

/// A scan's brain mask, and its anomaly maps.
fn maps(scorer: &Scorer, subject: &Prepared) -> Result<(Mask, VariantMaps)> {
    interrupt::check()?;
    let (scan, brain) = subject.read()?;
    let expected = scorer.expected(subject, &scan)?;
    let maps = VariantMaps::new(scan.data(), expected.view(), brain.data());
    Ok((brain, maps.with_context(|| format!("subject {}", subject.name))?))
}

/// Range of each residual over the validation scans.
fn ranges(scorer: &Scorer, validation: &[Prepared], task: &Task) -> Result<ResidualRanges> {
    let mut ranges: Option<ResidualRanges> = None;
    for subject in validation {
        let of_subject = maps(scorer, subject)?.1.ranges();
        ranges = Some(match ranges {
            Some(ranges) => std::array::from_fn(|at| ranges[at].union(of_subject[at])),
            None => of_subject,
        });
        task.step(&subject.name);
    }
    ranges.context("there are no validation scans")
}

/// Threshold 1 of the `matched` protocol for each variant.
fn thresholds(
    config: &Config,
    scorer: &Scorer,
    validation: &[Prepared],
    ranges: &ResidualRanges,
    task: &Task,
) -> Result<Vec<Thresholds>> {
    let variants = Variant::all();
    let mut histograms = vec![ScoreHistogram::new(Binning::new(&[])?); variants.len()];
    for subject in validation {
        let (brain, maps) = maps(scorer, subject)?;
        for (histogram, variant) in histograms.iter_mut().zip(&variants) {
            let scores: Vec<f32> = maps.scores(*variant, ranges)?.iter().copied().collect();
            histogram.add(&scores, None, brain.as_slice())?;
        }
        task.step(&subject.name);
    }
    let [rate, _] = config.evaluate.protocols.matched_fpr;
    let of_variant = |histogram: &ScoreHistogram| {
        let [all, brain] = VoxelSet::ALL.map(|voxels| histogram.threshold_at_fpr(rate, voxels));
        Ok([all?, brain?])
    };
    histograms.iter().map(of_variant).collect()
}

/// Measures of one test subject under each variant.
fn of_subject(
    scorer: &Scorer,
    subject: &Prepared,
    ranges: &ResidualRanges,
    thresholds: &[Thresholds],
) -> Result<Vec<[VariantMetrics; 2]>> {
    let (brain, maps) = maps(scorer, subject)?;
    let lesions = subject.read_lesions()?;
    let none = brain.map(|_| false);
    let truth = lesions.as_ref().unwrap_or(&none).data();
    Variant::all()
        .iter()
        .zip(thresholds)
        .map(|(variant, thresholds)| {
            let scores = maps.scores(*variant, ranges)?;
            let histogram = ScoreHistogram::new(Binning::new(thresholds)?);
            let brain = brain.data();
            Ok(VariantMetrics::measure(variant, scores.view(), truth, brain, histogram, *thresholds)?)
        })
        .collect()
}
