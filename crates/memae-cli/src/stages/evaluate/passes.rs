//! A method's passes over the scans: each is read and reconstructed once for all that is to be measured, healthy ones a second
//! time by what had to learn from all of them first. Goes on where it was interrupted.

use anomaly_eval::Sensitivity;
use anyhow::{Context, Result};
use cli_support::progress::Task;
use ndarray::Array3;

use super::counts::Counts;
use super::sensitivity::Trials;
use crate::data::roles::Use;
use crate::run::cohort::Prepared;
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
    let run = scorers.run;
    let (counts, mut trials) = (Counts::new(run, method)?, Trials::new(run, method)?);
    let (counting, trying) = (!counts.is_done(), !trials.is_done());
    if counting || trying {
        if let Method::Model(model) = method {
            train::finished(run, model)?;
        }
        let cohort = preprocess::finished(run)?;
        let pass = Pass {
            scorer: scorers.of(method)?,
            counts: counting.then(|| Ok::<_, anyhow::Error>((&counts, fluid()?))).transpose()?,
            task: Task::new(format!("evaluate {}", method.id()), cohort.held_out().len()),
        };
        let (validation, test) = (cohort.prepared(Use::Validation), cohort.prepared(Use::Test));
        if counting {
            counts.begin()?;
        }
        if trying {
            trials.begin()?;
        }
        pass.over_healthy(validation, trying.then_some(&mut trials))?;
        pass.over_test(test, trying.then_some(&trials))?;
        if counting {
            counts.finish(cohort.held_out(), pass.scorer.scope())?;
        }
        if trying {
            trials.finish(test)?;
        }
    }
    let sensitivity = trials.read()?;
    Ok((counts, sensitivity))
}

struct Pass<'a> {
    scorer: &'a Scorer,
    /// Unless all is counted; with where healthy brains have fluid.
    counts: Option<(&'a Counts<'a>, Array3<bool>)>,
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
        for subject in test {
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
        let read = read.map_or_else(|| self.scorer.read(subject), Ok)?;
        let scored = self.scorer.score_read(subject, read)?;
        counts.add(subject, &scored, fluid).with_context(|| about(subject))
    }
}

fn about(subject: &Prepared) -> String {
    format!("subject {}", subject.name)
}
