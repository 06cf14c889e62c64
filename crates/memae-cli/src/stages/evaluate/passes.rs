//! A method's passes over the scans: each is read and reconstructed once for all that is to be measured, healthy ones a second
//! time by what had to learn from all of them first. Goes on where it was interrupted.

use std::collections::BTreeSet;

use anomaly_eval::{Scope, Sensitivity};
use anyhow::{Context, Result};
use cli_support::progress::Task;
use ndarray::Array3;

use super::counts::Counts;
use super::sensitivity::Trials;
use crate::data::roles::Use;
use crate::run::cohort::Prepared;
use crate::run::part::Shard;
use crate::stages::preprocess;
use crate::stages::reconstruct::ReadScan;
use crate::stages::scoring::{Method, Scorer, Scorers};
use crate::stages::train;

/// Measures a method, or finds that it is done. `fluid` gives where healthy brains have fluid; it is asked only if something is
/// to be counted.
pub(super) fn measure<'a>(
    scorers: &Scorers<'a>,
    method: Method,
    fluid: impl FnOnce() -> Result<Array3<bool>>,
) -> Result<(Counts<'a>, Vec<Sensitivity>)> {
    let (counts, mut trials) = (Counts::new(scorers.run, method)?, Trials::new(scorers.run, method)?);
    let (counting, trying) = (!counts.is_done(), !trials.is_done());
    if counting || trying {
        let cohort = preprocess::finished(scorers.run)?;
        let scope = pass(scorers, method, &counts, &mut trials, cohort.held_out(), fluid)?;
        if counting {
            counts.finish(cohort.held_out(), scope)?;
        }
        if trying {
            trials.finish(cohort.prepared(Use::Test))?;
        }
    }
    let sensitivity = trials.read()?;
    Ok((counts, sensitivity))
}

/// As [`measure`] for a shard of the subjects, which is left to [`measure`] to finish.
pub(super) fn measure_shard(
    scorers: &Scorers<'_>,
    method: Method,
    shard: Shard,
    fluid: impl FnOnce() -> Result<Array3<bool>>,
) -> Result<()> {
    let (counts, mut trials) = (Counts::new(scorers.run, method)?, Trials::new(scorers.run, method)?);
    let subjects = shard.of(preprocess::finished(scorers.run)?.held_out());
    let has = |subject: &Prepared| counts.has(subject) && (trials.has(subject) || !subject.is_test());
    if !(counts.is_done() && trials.is_done() || subjects.iter().all(has)) {
        pass(scorers, method, &counts, &mut trials, &subjects, fluid)?;
    }
    Ok(())
}

/// Measures those of the `subjects` that are not measured yet, and says how maps were brought to [0, 1].
fn pass(
    scorers: &Scorers<'_>,
    method: Method,
    counts: &Counts<'_>,
    trials: &mut Trials<'_>,
    subjects: &[Prepared],
    fluid: impl FnOnce() -> Result<Array3<bool>>,
) -> Result<Scope> {
    let run = scorers.run;
    if let Method::Model(model) = method {
        train::finished(run, model)?;
    }
    let (counting, trying) = (!counts.is_done(), !trials.is_done());
    if counting {
        counts.begin()?;
    }
    if trying {
        trials.begin()?;
    }
    let pass = Pass {
        scorer: scorers.of(method)?,
        counts: counting.then(|| Ok::<_, anyhow::Error>((counts, fluid()?))).transpose()?,
        subjects: subjects.iter().map(Prepared::id).collect(),
        task: Task::new(format!("evaluate {}", method.id()), subjects.len()),
    };
    let cohort = preprocess::finished(run)?;
    pass.over_healthy(cohort.prepared(Use::Validation), trying.then_some(&mut *trials))?;
    pass.over_test(cohort.prepared(Use::Test), trying.then_some(&*trials))?;
    Ok(pass.scorer.scope())
}

struct Pass<'a> {
    scorer: &'a Scorer,
    /// Unless all is counted; with where healthy brains have fluid.
    counts: Option<(&'a Counts<'a>, Array3<bool>)>,
    /// Those that are asked for; ways to scores learn from the other healthy ones too.
    subjects: BTreeSet<String>,
    task: Task,
}

impl Pass<'_> {
    fn over_healthy(&self, validation: &[Prepared], mut trials: Option<&mut Trials<'_>>) -> Result<()> {
        for subject in validation {
            if let Some(trials) = &mut trials {
                let scan = self.scorer.read(subject)?;
                trials.learn(&scan).with_context(|| about(subject))?;
                self.count(subject, Some(scan))?;
            } else {
                self.count(subject, None)?;
            }
            self.task.step(&subject.name);
        }
        let Some(trials) = trials else { return Ok(()) };
        if trials.learned()? {
            for subject in validation {
                trials.count(&self.scorer.read(subject)?).with_context(|| about(subject))?;
            }
        }
        trials.choose_thresholds()
    }

    fn over_test(&self, test: &[Prepared], trials: Option<&Trials<'_>>) -> Result<()> {
        for subject in test.iter().filter(|subject| self.subjects.contains(&subject.id())) {
            if let Some(trials) = trials.filter(|trials| !trials.has(subject)) {
                let (scan, lesions) = (self.scorer.read(subject)?, subject.read_lesions()?);
                trials.measure(subject, &scan, lesions.as_ref()).with_context(|| about(subject))?;
                self.count(subject, Some(scan))?;
            } else {
                self.count(subject, None)?;
            }
            self.task.step(&subject.name);
        }
        Ok(())
    }

    /// Counts a subject that is not counted yet; its scan is read unless it was before.
    fn count(&self, subject: &Prepared, read: Option<ReadScan>) -> Result<()> {
        let Some((counts, fluid)) = self.counts.as_ref().filter(|(counts, _)| !counts.has(subject)) else {
            return Ok(());
        };
        if !self.subjects.contains(&subject.id()) {
            return Ok(());
        }
        let read = read.map_or_else(|| self.scorer.read(subject), Ok)?;
        let scored = self.scorer.score_read(subject, read)?;
        counts.add(subject, &scored, fluid).with_context(|| about(subject))
    }
}

fn about(subject: &Prepared) -> String {
    format!("subject {}", subject.name)
}
