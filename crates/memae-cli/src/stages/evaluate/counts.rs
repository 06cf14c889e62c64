//! Exact counts of a method's scores, one histogram for each subject, kept on disk with the test subjects' lesions: one
//! pass over the scans, which goes on where it was interrupted, serves every threshold.

use std::path::PathBuf;
use std::sync::Arc;

use anomaly_eval::{Binning, Copying, Lesions, Scope, ScoreHistogram};
use anyhow::{Context, Result};
use cli_support::files;
use cli_support::progress::Task;
use ndarray::Array3;

use crate::config::Config;
use crate::data::roles::Use;
use crate::run::layout::Layout;
use crate::run::stage::{Kind, Stage};
use crate::stages::preprocess::{Cohort, Prepared};
use crate::stages::scoring::{Method, Scored, Scorer};
use crate::stages::train;

/// A method's histograms.
pub(super) struct Counts {
    folder: PathBuf,
    binning: Arc<Binning>,
    /// How the method's maps are brought to [0, 1].
    pub(super) scope: Scope,
}

/// Counts the scores of all validation and test subjects, or finds that it is done. `fluid` gives where healthy brains have
/// fluid; it is asked only if something is to be done.
pub(super) fn count(
    config: &Config,
    cohort: &Cohort,
    method: Method,
    fluid: impl Fn() -> Result<Array3<bool>>,
) -> Result<Counts> {
    let stage = stage(config, cohort, method)?;
    let folder = stage.folder().to_owned();
    let binning = Binning::new(&config.evaluate.protocols.paper_thresholds)?;
    let scope_file = folder.join("scope.json");
    if stage.is_done() {
        return Ok(Counts { scope: files::read_json(&scope_file)?, folder, binning });
    }

    if let Method::Model(model) = method {
        train::ensure_done(config, cohort, model)?;
    }
    stage.begin()?;
    let (scorer, fluid) = (Scorer::new(config, cohort, method)?, fluid()?);
    let counts = Counts { folder, binning, scope: scorer.scope() };
    let subjects = [cohort.prepared(Use::Validation), cohort.prepared(Use::Test)].concat();
    let task = Task::new(format!("evaluate {}", method.id()), subjects.len());
    let mut outputs = vec![scope_file.clone()];
    for subject in &subjects {
        let [file, lesions, copying] = counts.files(subject);
        if !(file.exists() && lesions.exists() && copying.exists()) {
            let scored = scorer.score(subject)?;
            files::write_json(&lesions, &measure_lesions(config, subject, &scored)?)?;
            files::write_json(&copying, &measure_copying(subject, &scored, &fluid)?)?;
            files::write(&file, &histogram(subject, &scored, &counts.binning)?.to_bytes())?;
        }
        outputs.extend([file, lesions, copying]);
        task.step(&subject.name);
    }
    files::write_json(&scope_file, &counts.scope)?;
    stage.finish(&outputs)?;
    Ok(counts)
}

/// The counting of a method as a stage: the thresholds of most protocols do not matter to it.
pub(super) fn stage(config: &Config, cohort: &Cohort, method: Method) -> Result<Stage> {
    let trained = match method {
        Method::Model(model) => Some(train::stage(config, cohort, model)?.key().to_owned()),
        Method::Intensity | Method::Mean => None,
    };
    let evaluate = &config.evaluate;
    let settings =
        (evaluate.scoring(), evaluate.scope, evaluate.protocols.paper_thresholds, evaluate.lesions.overlap);
    let folder = Layout::new(config).eval().join(method.id()).join("counts");
    Stage::new(Kind::Count, folder, &(method, trained, &cohort.key, cohort.truth(), settings))
}

impl Counts {
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

    /// Where a subject's histogram, lesions and copying lie.
    fn files(&self, subject: &Prepared) -> [PathBuf; 3] {
        ["counts", "lesions.json", "copying.json"]
            .map(|kind| self.folder.join(format!("{}.{kind}", subject.id())))
    }
}

fn histogram(subject: &Prepared, scored: &Scored, binning: &Arc<Binning>) -> Result<ScoreHistogram> {
    let scores = scored.scores.as_standard_layout();
    let lesions = scored.lesions.as_ref().map(mri_io::Volume::as_slice);
    let mut histogram = ScoreHistogram::new(binning.clone());
    histogram
        .add(
            scores.as_slice().context("an array in standard layout is a slice")?,
            lesions,
            scored.read.mask.as_slice(),
        )
        .with_context(|| format!("subject {}", subject.name))?;
    Ok(histogram)
}

fn measure_lesions(config: &Config, subject: &Prepared, scored: &Scored) -> Result<Vec<Lesions>> {
    let voxel_ml = scored.read.scan.affine().spacing().iter().product::<f64>() / 1000.0;
    let truth = scored.lesions.as_ref().map(mri_io::Volume::data);
    Lesions::measure(scored.scores.view(), truth, scored.read.mask.data(), voxel_ml, &config.evaluate.lesions)
        .with_context(|| format!("subject {}", subject.name))
}

/// `None` for a method without reconstructions.
fn measure_copying(subject: &Prepared, scored: &Scored, fluid: &Array3<bool>) -> Result<Option<Copying>> {
    let pair = scored.read.pair();
    if pair.expected.is_none() {
        return Ok(None);
    }
    let lesions = scored.lesions.as_ref().map(mri_io::Volume::data);
    let copying = Copying::measure(&pair, lesions, fluid.view());
    copying.map(Some).with_context(|| format!("subject {}", subject.name))
}
