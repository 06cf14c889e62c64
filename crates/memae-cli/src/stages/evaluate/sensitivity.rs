//! What a method reaches by other ways to scores, in one pass over the test scans after two over the validation scans, which
//! give what some ways need to know of healthy brains, and then thresholds. Goes on where it was interrupted.

use anomaly_eval::{
    Binning, PlaceCalibration, PlaceStatistics, ProtocolSettings, Range, Scope, ScopeKind, ScoreHistogram,
    Sensitivity, Variant, VariantMetrics, VoxelSet, normalize,
};
use anyhow::{Context, Result};
use cli_support::files;
use cli_support::progress::Task;
use ndarray::Array3;

use super::counts;
use crate::config::Config;
use crate::data::roles::Use;
use crate::run::stage::{Kind, Stage};
use crate::stages::preprocess::{Cohort, Prepared};
use crate::stages::scoring::{Method, ReadScan, Scorer};

/// Measures the ways that the configuration asks for, or finds that it is done.
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
    let mut ways = healthy(config, &scorer, &validation, &task)?;
    choose_thresholds(config, &scorer, &validation, &mut ways, &task)?;
    let mut subjects: Vec<Vec<[VariantMetrics; 2]>> = Vec::new();
    let mut outputs = vec![file.clone()];
    for subject in &test {
        let file = stage.folder().join(format!("{}.json", subject.id()));
        if !file.exists() {
            files::write_json(&file, &of_subject(&scorer, subject, &ways)?)?;
        }
        subjects.push(files::read_json(&file)?);
        outputs.push(file);
        task.step(&subject.name);
    }
    drop(task);
    let summaries: Vec<Sensitivity> = ways
        .iter()
        .enumerate()
        .flat_map(|(at, way)| {
            let metrics: Vec<_> = subjects.iter().map(|subject| subject[at]).collect();
            let bootstrap = &config.evaluate.bootstrap;
            Sensitivity::of(method.id(), way.variant, way.thresholds, &metrics, bootstrap)
        })
        .collect();
    files::write_json(&file, &summaries)?;
    stage.finish(&outputs)?;
    Ok(summaries)
}

/// A way to scores, with what it knows of healthy scans.
struct Way {
    variant: Variant,
    place: Option<PlaceCalibration>,
    /// Of healthy maps.
    range: Option<Range>,
    /// Threshold 1 of the `matched` protocol, over all voxels and over brain voxels.
    thresholds: [f32; 2],
}

impl Way {
    fn scores(&self, scan: &ReadScan) -> Result<Array3<f32>> {
        let scope = match (self.variant.scope(), self.range) {
            (ScopeKind::Volume, _) => Scope::Volume,
            (ScopeKind::Slice, _) => Scope::Slice,
            (ScopeKind::Cohort, range) => Scope::Cohort(range.context("there are no validation scans")?),
        };
        Ok(normalize(self.variant.scoring().map(&scan.pair(), self.place.as_ref())?, scope)?)
    }
}

fn variants(config: &Config) -> &'static [Variant] {
    if config.evaluate.sensitivity { &Variant::ALL } else { &Variant::HEADLINE }
}

/// The sensitivity of a method as a stage.
fn stage(config: &Config, cohort: &Cohort, method: Method) -> Result<Stage> {
    let counted = counts::stage(config, cohort, method)?;
    let folder = counted.folder().with_file_name("sensitivity");
    let ProtocolSettings { matched_fpr, .. } = config.evaluate.protocols;
    let ways: Vec<_> =
        variants(config).iter().map(|variant| (variant, variant.scoring(), variant.scope())).collect();
    Stage::new(Kind::Sensitivity, folder, &(counted.key(), ways, matched_fpr, config.evaluate.bootstrap))
}

/// All ways, with the calibration by place and the range of healthy scans where a way needs it.
fn healthy(config: &Config, scorer: &Scorer, validation: &[Prepared], task: &Task) -> Result<Vec<Way>> {
    let variants = variants(config);
    let needed = |variant: &Variant| variant.scoring().post_processing.place.is_some();
    let mut statistics: Vec<Option<PlaceStatistics>> = variants
        .iter()
        .map(|variant| needed(variant).then(|| PlaceStatistics::new(config.reference.shape)))
        .collect();
    let mut ranges: Vec<Option<Range>> = vec![None; variants.len()];
    for subject in validation {
        let scan = scorer.read(subject)?;
        for ((variant, statistics), range) in variants.iter().zip(&mut statistics).zip(&mut ranges) {
            if let Some(statistics) = statistics {
                statistics.add(variant.scoring().residual(&scan.pair())?.view(), scan.mask.data())?;
            }
            if variant.scope() == ScopeKind::Cohort {
                let of_subject = Range::of(&variant.scoring().map(&scan.pair(), None)?)?;
                *range = Some(range.map_or(of_subject, |range| range.union(of_subject)));
            }
        }
        task.step(&subject.name);
    }
    let ways = variants.iter().zip(statistics).zip(ranges);
    ways.map(|((&variant, statistics), range)| {
        let settings = variant.scoring().post_processing.place.unwrap_or_default();
        let calibration =
            |statistics: PlaceStatistics| statistics.calibration(&settings, config.reference.spacing);
        let place = statistics.map(calibration).transpose()?;
        Ok(Way { variant, place, range, thresholds: [f32::NAN; 2] })
    })
    .collect()
}

/// Threshold 1 of the `matched` protocol for each way.
fn choose_thresholds(
    config: &Config,
    scorer: &Scorer,
    validation: &[Prepared],
    ways: &mut [Way],
    task: &Task,
) -> Result<()> {
    let mut histograms = vec![ScoreHistogram::new(Binning::new(&[])?); ways.len()];
    for subject in validation {
        let scan = scorer.read(subject)?;
        for (histogram, way) in histograms.iter_mut().zip(&*ways) {
            let scores: Vec<f32> = way.scores(&scan)?.iter().copied().collect();
            histogram.add(&scores, None, scan.mask.as_slice())?;
        }
        task.step(&subject.name);
    }
    let [rate, _] = config.evaluate.protocols.matched_fpr;
    for (way, histogram) in ways.iter_mut().zip(&histograms) {
        for (threshold, voxels) in way.thresholds.iter_mut().zip(VoxelSet::ALL) {
            *threshold = histogram.threshold_at_fpr(rate, voxels)?;
        }
    }
    Ok(())
}

/// Measures of one test subject by each way.
fn of_subject(scorer: &Scorer, subject: &Prepared, ways: &[Way]) -> Result<Vec<[VariantMetrics; 2]>> {
    let scan = scorer.read(subject)?;
    let lesions = subject.read_lesions()?;
    let none = scan.mask.map(|_| false);
    let truth = lesions.as_ref().unwrap_or(&none).data();
    let measure = |way: &Way| {
        let scores = way.scores(&scan)?;
        let histogram = ScoreHistogram::new(Binning::new(&way.thresholds)?);
        let brain = scan.mask.data();
        let Way { variant, thresholds, .. } = way;
        Ok(VariantMetrics::measure(variant, scores.view(), truth, brain, histogram, *thresholds)?)
    };
    ways.iter().map(measure).collect::<Result<_>>().with_context(|| format!("subject {}", subject.name))
}
