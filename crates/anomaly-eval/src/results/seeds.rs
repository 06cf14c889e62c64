//! Several runs that differ in the training seed only: mean and spread of each method.

use crate::stats::mean;
use crate::{Error, Evaluation, Measure, MethodSummary, Protocol, Result, VoxelSet};

/// Mean and spread over runs of a method's mean over subjects.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedSpread {
    /// Identifier of the method.
    pub method: String,
    /// The measure.
    pub measure: Measure,
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// Number of runs in which the measure is defined.
    pub runs: usize,
    /// Mean over runs; `None` where no run defines it.
    pub mean: Option<f64>,
    /// Standard deviation over runs (n - 1); `None` for fewer than two.
    pub deviation: Option<f64>,
    /// Lowest and highest run.
    pub range: Option<[f64; 2]>,
}

/// The spread of all measures of all methods.
///
/// # Errors
/// [`Error::Invalid`] for fewer than two runs, or if they differ in methods, subjects or settings.
pub fn seed_spread(runs: &[Evaluation]) -> Result<Vec<SeedSpread>> {
    let [first, others @ ..] = runs else { return Err(Error::invalid("no runs were given")) };
    if others.is_empty() {
        return Err(Error::invalid("one run has no spread: give at least two"));
    }
    for run in others {
        let ids = |run: &Evaluation| run.methods.iter().map(|method| method.id.clone()).collect::<Vec<_>>();
        let settings = |run: &Evaluation| (run.protocols, run.test_subjects, run.validation_subjects);
        if ids(run) != ids(first) || settings(run) != settings(first) {
            return Err(Error::invalid(format!(
                "\"{}\" and \"{}\" differ in methods, subjects or thresholds: only the training seed may differ",
                first.cohort, run.cohort
            )));
        }
    }
    let mut spreads = Vec::new();
    for voxels in VoxelSet::ALL {
        for measure in Measure::ALL {
            for (at, method) in first.methods.iter().enumerate() {
                let values = runs.iter().filter_map(|run| of_method(&run.methods[at], measure, voxels));
                spreads.push(spread(&method.id, measure, voxels, &values.collect::<Vec<_>>()));
            }
        }
    }
    Ok(spreads)
}

fn spread(method: &str, measure: Measure, voxels: VoxelSet, values: &[f64]) -> SeedSpread {
    let n = values.len();
    let centre = (n > 0).then(|| mean(values));
    let squares = |centre: f64| values.iter().map(|value| (value - centre).powi(2)).sum::<f64>();
    let low = values.iter().copied().reduce(f64::min);
    let high = values.iter().copied().reduce(f64::max);
    SeedSpread {
        method: method.to_owned(),
        measure,
        voxels,
        runs: n,
        mean: centre,
        deviation: centre.filter(|_| n > 1).map(|centre| (squares(centre) / (n - 1) as f64).sqrt()),
        range: low.zip(high).map(|(low, high)| [low, high]),
    }
}

/// A method's mean over subjects.
fn of_method(method: &MethodSummary, measure: Measure, voxels: VoxelSet) -> Option<f64> {
    let ranking = method.ranking.iter().find(|set| set.voxels == voxels)?;
    let matched = method.at(Protocol::Matched, voxels, 1);
    match measure {
        Measure::Auroc => ranking.auroc.mean,
        Measure::Auprc => ranking.auprc.mean,
        Measure::BestDice => ranking.best_dice.mean,
        Measure::MatchedDice => matched?.rates.dice.mean,
        Measure::MatchedTpr => matched?.rates.tpr.mean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_known_values() {
        let of = |values: &[f64]| spread("ae", Measure::Auroc, VoxelSet::All, values);
        let three = of(&[0.5, 0.75, 1.0]);
        assert_eq!((three.mean, three.deviation, three.range), (Some(0.75), Some(0.25), Some([0.5, 1.0])));
        let one = of(&[0.5]);
        assert_eq!((one.mean, one.deviation, one.range), (Some(0.5), None, Some([0.5, 0.5])));
        let none = of(&[]);
        assert_eq!((none.mean, none.deviation, none.range, none.runs), (None, None, None, 0));
    }
}
