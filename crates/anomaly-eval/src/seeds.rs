//! Several runs that differ in the training seed only: mean and spread of each method.

use crate::bootstrap::mean;
use crate::{Error, Evaluation, Measure, MethodSummary, Protocol, Result, Table, VoxelSet};

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
    let matched = method.points.iter().find(|summary| {
        let point = &summary.point;
        (point.protocol, point.voxels, point.level) == (Protocol::Matched, voxels, 1)
    });
    match measure {
        Measure::Auroc => ranking.auroc.mean,
        Measure::Auprc => ranking.auprc.mean,
        Measure::BestDice => ranking.best_dice.mean,
        Measure::MatchedDice => matched?.rates.dice.mean,
        Measure::MatchedTpr => matched?.rates.tpr.mean,
    }
}

/// The spreads as a table: mean and standard deviation over runs, in brackets the lowest and the highest run.
pub fn seed_table(runs: &[Evaluation], spreads: &[SeedSpread]) -> Table {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let cell = |spread: &SeedSpread| {
        let deviation = spread.deviation.map_or_else(String::new, |sd| format!(" ± {sd:.3}"));
        let range = spread.range.map_or_else(String::new, |[low, high]| format!(" [{low:.3}, {high:.3}]"));
        number(spread.mean) + &deviation + &range
    };
    let methods = runs.first().map_or(&[][..], |run| &run.methods);
    let group = |voxels: VoxelSet| {
        let row = |method: &MethodSummary| {
            let own = spreads.iter().filter(|spread| spread.voxels == voxels && spread.method == method.id);
            let start = [voxels.label().to_owned(), method.label.clone()];
            start.into_iter().chain(own.map(cell)).collect()
        };
        methods.iter().map(row).collect()
    };
    let columns = ["Voxels", "Method"].into_iter().chain(Measure::ALL.map(Measure::label));
    let synthetic = if runs.iter().any(|run| run.synthetic) { " Synthetic data, not patients." } else { "" };
    Table {
        caption: format!("{} runs that differ in the training seed.{synthetic}", runs.len()),
        columns: columns.map(str::to_owned).collect(),
        groups: VoxelSet::ALL.map(group).to_vec(),
        notes: vec![
            "Mean ± standard deviation over runs [lowest, highest run] of the mean over test subjects."
                .into(),
        ],
        best: Vec::new(),
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
