//! What a method reaches by other ways to scores. Some ways need to know healthy maps before they give scores; all need healthy
//! scores before they give thresholds.

use std::path::PathBuf;

use anomaly_eval::{
    Binning, PlaceCalibration, PlaceStatistics, ProtocolSettings, Range, Scope, ScopeKind, ScoreHistogram,
    Sensitivity, Variant, VariantMetrics, VoxelSet, normalize,
};
use anyhow::{Context, Result};
use cli_support::files;
use mri_io::Mask;
use ndarray::Array3;
use rayon::prelude::*;

use super::counts;
use crate::config::Config;
use crate::run::cohort::Prepared;
use crate::run::context::Run;
use crate::run::stage::{Kind, Stage};
use crate::stages::reconstruct::ReadScan;
use crate::stages::scoring::Method;

/// A method by all ways that the configuration asks for.
pub(super) struct Trials<'a> {
    config: &'a Config,
    method: Method,
    stage: Stage,
    ways: Vec<Way>,
}

impl<'a> Trials<'a> {
    /// Ways that know nothing yet.
    pub(super) fn new(run: &'a Run, method: Method) -> Result<Self> {
        let config = &run.config;
        let variants: &[Variant] =
            if config.evaluate.sensitivity { &Variant::ALL } else { &Variant::HEADLINE };
        let counted = counts::stage(run, method)?;
        let folder = counted.folder().with_file_name("sensitivity");
        let ProtocolSettings { matched_fpr, .. } = config.evaluate.protocols;
        let ways: Vec<_> =
            variants.iter().map(|variant| (variant, variant.scoring(), variant.scope())).collect();
        let inputs = (counted.key(), ways, matched_fpr, config.evaluate.bootstrap);
        Ok(Self {
            config,
            method,
            stage: Stage::new(Kind::Sensitivity, folder, &inputs)?,
            ways: variants.iter().map(|&variant| Way::new(variant, config)).collect::<Result<_>>()?,
        })
    }

    /// Whether all is measured.
    pub(super) fn is_done(&self) -> bool {
        self.stage.is_done()
    }

    /// Makes the folder ready; what was measured with the same settings stays.
    pub(super) fn begin(&self) -> Result<()> {
        self.stage.begin()
    }

    /// First look at a healthy scan: ways that need no more than it count its scores, the others learn from it.
    pub(super) fn learn(&mut self, scan: &ReadScan) -> Result<()> {
        self.ways
            .par_iter_mut()
            .try_for_each(|way| if way.learns() { way.learn(scan) } else { way.count(scan) })
    }

    /// Ends what was learned. Whether healthy scans need a second look.
    pub(super) fn learned(&mut self) -> Result<bool> {
        for way in &mut self.ways {
            way.learned(self.config)?;
        }
        Ok(self.ways.iter().any(Way::learns))
    }

    /// Second look at a healthy scan, by the ways that have learned.
    pub(super) fn count(&mut self, scan: &ReadScan) -> Result<()> {
        self.ways.par_iter_mut().filter(|way| way.learns()).try_for_each(|way| way.count(scan))
    }

    /// Chooses threshold 1 of the `matched` protocol for each way.
    pub(super) fn choose_thresholds(&mut self) -> Result<()> {
        let [rate, _] = self.config.evaluate.protocols.matched_fpr;
        for way in &mut self.ways {
            for (threshold, voxels) in way.thresholds.iter_mut().zip(VoxelSet::ALL) {
                *threshold = way.healthy.threshold_at_fpr(rate, voxels)?;
            }
        }
        Ok(())
    }

    /// Whether a test subject is measured.
    pub(super) fn has(&self, subject: &Prepared) -> bool {
        self.file(subject).exists()
    }

    /// Measures a test subject by each way.
    pub(super) fn measure(&self, subject: &Prepared, scan: &ReadScan, lesions: Option<&Mask>) -> Result<()> {
        let none = scan.mask.map(|_| false);
        let truth = lesions.unwrap_or(&none).data();
        let measure = |way: &Way| {
            let scores = way.scores(scan)?;
            let histogram = ScoreHistogram::new(Binning::new(&way.thresholds)?);
            let (brain, Way { variant, thresholds, .. }) = (scan.mask.data(), way);
            Ok(VariantMetrics::measure(variant, scores.view(), truth, brain, histogram, *thresholds)?)
        };
        let measured: Vec<[VariantMetrics; 2]> = self.ways.par_iter().map(measure).collect::<Result<_>>()?;
        files::write_json(&self.file(subject), &measured)
    }

    /// Sums up the test subjects.
    pub(super) fn finish(&self, test: &[Prepared]) -> Result<()> {
        let subjects: Vec<Vec<[VariantMetrics; 2]>> =
            test.iter().map(|subject| files::read_json(&self.file(subject))).collect::<Result<_>>()?;
        let of_way = |(at, way): (usize, &Way)| {
            let metrics: Vec<_> = subjects.iter().map(|subject| subject[at]).collect();
            let bootstrap = &self.config.evaluate.bootstrap;
            Sensitivity::of(self.method.id(), way.variant, way.thresholds, &metrics, bootstrap)
        };
        let summaries: Vec<Sensitivity> = self.ways.iter().enumerate().flat_map(of_way).collect();
        files::write_json(&self.summary(), &summaries)?;
        let files = test.iter().map(|subject| self.file(subject));
        self.stage.finish(&files.chain([self.summary()]).collect::<Vec<_>>())
    }

    /// What was found.
    pub(super) fn read(&self) -> Result<Vec<Sensitivity>> {
        files::read_json(&self.summary())
    }

    fn file(&self, subject: &Prepared) -> PathBuf {
        self.stage.folder().join(format!("{}.json", subject.id()))
    }

    fn summary(&self) -> PathBuf {
        self.stage.folder().join("sensitivity.json")
    }
}

/// A way to scores, with what it knows of healthy scans.
struct Way {
    variant: Variant,
    statistics: Option<PlaceStatistics>,
    place: Option<PlaceCalibration>,
    /// Of healthy maps.
    range: Option<Range>,
    healthy: ScoreHistogram,
    /// Threshold 1 of the `matched` protocol, over all voxels and over brain voxels.
    thresholds: [f32; 2],
}

impl Way {
    fn new(variant: Variant, config: &Config) -> Result<Self> {
        let place = variant.scoring().post_processing.place;
        Ok(Self {
            variant,
            statistics: place.map(|_| PlaceStatistics::new(config.reference.shape)),
            place: None,
            range: None,
            healthy: ScoreHistogram::new(Binning::new(&[])?),
            thresholds: [f32::NAN; 2],
        })
    }

    /// Whether scores need to know other healthy scans than their own.
    fn learns(&self) -> bool {
        self.variant.scope() == ScopeKind::Cohort || self.variant.scoring().post_processing.place.is_some()
    }

    fn learn(&mut self, scan: &ReadScan) -> Result<()> {
        let scoring = self.variant.scoring();
        if let Some(statistics) = &mut self.statistics {
            statistics.add(scoring.residual(&scan.pair())?.view(), scan.mask.data())?;
        }
        if self.variant.scope() == ScopeKind::Cohort {
            let range = Range::of(&scoring.map(&scan.pair(), None)?)?;
            self.range = Some(self.range.map_or(range, |others| others.union(range)));
        }
        Ok(())
    }

    fn learned(&mut self, config: &Config) -> Result<()> {
        if let (Some(statistics), Some(settings)) =
            (self.statistics.take(), self.variant.scoring().post_processing.place)
        {
            self.place = Some(statistics.calibration(&settings, config.reference.spacing)?);
        }
        Ok(())
    }

    fn count(&mut self, scan: &ReadScan) -> Result<()> {
        let scores: Vec<f32> = self.scores(scan)?.iter().copied().collect();
        Ok(self.healthy.add(&scores, None, scan.mask.as_slice())?)
    }

    fn scores(&self, scan: &ReadScan) -> Result<Array3<f32>> {
        let scope = match (self.variant.scope(), self.range) {
            (ScopeKind::Volume, _) => Scope::Volume,
            (ScopeKind::Slice, _) => Scope::Slice,
            (ScopeKind::Cohort, range) => Scope::Cohort(range.context("there are no validation scans")?),
        };
        Ok(normalize(self.variant.scoring().map(&scan.pair(), self.place.as_ref())?, scope)?)
    }
}
