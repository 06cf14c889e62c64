//! Exact counts of a method's scores, one histogram for each subject, kept on disk with the test subjects' lesions: one
//! pass over the scans, which goes on where it was interrupted, serves every threshold.

use std::path::PathBuf;
use std::sync::Arc;

use anomaly_eval::{Binning, Copying, Lesions, Scope, ScoreHistogram};
use anyhow::{Context, Result};
use cli_support::files;
use ndarray::Array3;

use crate::run::cohort::Prepared;
use crate::run::context::Run;
use crate::run::stage::{Kind, Stage};
use crate::stages::preprocess;
use crate::stages::scoring::{Method, Scored};
use crate::stages::train;

/// A method's histograms.
pub(super) struct Counts<'a> {
    run: &'a Run,
    stage: Stage,
    binning: Arc<Binning>,
}

/// The counting of a method as a stage: the thresholds of most protocols do not matter to it.
pub(super) fn stage(run: &Run, method: Method) -> Result<Stage> {
    let trained = match method {
        Method::Model(model) => Some(train::stage(run, model)?.key().to_owned()),
        Method::Intensity | Method::Mean => None,
    };
    let evaluate = &run.config.evaluate;
    let settings =
        (evaluate.scoring(), evaluate.scope, evaluate.protocols.paper_thresholds, evaluate.lesions.overlap);
    let cohort = preprocess::finished(run)?;
    let folder = run.layout.method(method.id()).join("counts");
    Stage::new(Kind::Count, folder, &(method, trained, &cohort.key, preprocess::truth(cohort), settings))
}

impl<'a> Counts<'a> {
    /// The method's counts, which may lack subjects or all of them.
    pub(super) fn new(run: &'a Run, method: Method) -> Result<Self> {
        let binning = Binning::new(&run.config.evaluate.protocols.paper_thresholds)?;
        Ok(Self { run, stage: stage(run, method)?, binning })
    }

    /// Whether all subjects are counted.
    pub(super) fn is_done(&self) -> bool {
        self.stage.is_done()
    }

    /// Makes the folder ready; what was counted with the same settings stays.
    pub(super) fn begin(&self) -> Result<()> {
        self.stage.begin()
    }

    /// Whether a subject is counted.
    pub(super) fn has(&self, subject: &Prepared) -> bool {
        self.files(subject).iter().all(|file| file.exists())
    }

    /// Counts a subject's scores. `fluid` is where healthy brains have fluid.
    pub(super) fn add(&self, subject: &Prepared, scored: &Scored, fluid: &Array3<bool>) -> Result<()> {
        let [file, lesions, copying] = self.files(subject);
        files::write_json(&lesions, &self.measure_lesions(scored)?)?;
        files::write_json(&copying, &measure_copying(scored, fluid)?)?;
        files::write(&file, &self.histogram(scored)?.to_bytes())
    }

    /// Notes that all `subjects` are counted, on maps that were brought to [0, 1] by this scope.
    pub(super) fn finish(&self, subjects: &[Prepared], scope: Scope) -> Result<()> {
        files::write_json(&self.scope_file(), &scope)?;
        let files = subjects.iter().flat_map(|subject| self.files(subject));
        self.stage.finish(&std::iter::once(self.scope_file()).chain(files).collect::<Vec<_>>())
    }

    /// How the method's maps were brought to [0, 1].
    pub(super) fn scope(&self) -> Result<Scope> {
        files::read_json(&self.scope_file())
    }

    /// One subject's scores.
    pub(super) fn of(&self, subject: &Prepared) -> Result<ScoreHistogram> {
        let [file, ..] = self.files(subject);
        ScoreHistogram::from_bytes(self.binning.clone(), &fs_err::read(&file)?)
            .with_context(|| file.display().to_string())
    }

    /// One subject's lesions and false components.
    pub(super) fn lesions(&self, subject: &Prepared) -> Result<Vec<Lesions>> {
        let [_, lesions, _] = self.files(subject);
        files::read_json(&lesions)
    }

    /// How much of one subject's lesions, and of its fluid, the method repeats; `None` without reconstructions.
    pub(super) fn copying(&self, subject: &Prepared) -> Result<Option<Copying>> {
        let [.., copying] = self.files(subject);
        files::read_json(&copying)
    }

    /// The scores of all given subjects together.
    pub(super) fn pooled(&self, subjects: &[Prepared]) -> Result<ScoreHistogram> {
        let mut pooled = ScoreHistogram::new(self.binning.clone());
        for subject in subjects {
            pooled.merge(&self.of(subject)?)?;
        }
        Ok(pooled)
    }

    fn scope_file(&self) -> PathBuf {
        self.stage.folder().join("scope.json")
    }

    /// Where a subject's histogram, lesions and copying lie.
    fn files(&self, subject: &Prepared) -> [PathBuf; 3] {
        ["counts", "lesions.json", "copying.json"]
            .map(|kind| self.stage.folder().join(format!("{}.{kind}", subject.id())))
    }

    fn histogram(&self, scored: &Scored) -> Result<ScoreHistogram> {
        let scores = scored.scores.as_standard_layout();
        let scores = scores.as_slice().context("an array in standard layout is a slice")?;
        let lesions = scored.lesions.as_ref().map(mri_io::Volume::as_slice);
        let mut histogram = ScoreHistogram::new(self.binning.clone());
        histogram.add(scores, lesions, scored.read.mask.as_slice())?;
        Ok(histogram)
    }

    fn measure_lesions(&self, scored: &Scored) -> Result<Vec<Lesions>> {
        let voxel_ml = scored.read.scan.affine().spacing().iter().product::<f64>() / 1000.0;
        let truth = scored.lesions.as_ref().map(mri_io::Volume::data);
        let (scores, brain) = (scored.scores.view(), scored.read.mask.data());
        Ok(Lesions::measure(scores, truth, brain, voxel_ml, &self.run.config.evaluate.lesions)?)
    }
}

/// `None` for a method without reconstructions.
fn measure_copying(scored: &Scored, fluid: &Array3<bool>) -> Result<Option<Copying>> {
    let pair = scored.read.pair();
    if pair.expected.is_none() {
        return Ok(None);
    }
    let lesions = scored.lesions.as_ref().map(mri_io::Volume::data);
    Ok(Some(Copying::measure(&pair, lesions, fluid.view())?))
}
