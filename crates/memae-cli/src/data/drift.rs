//! How far the two cohorts differ in what has nothing to do with lesions.

use mri_io::{ScanFacts, ScanReport};

use crate::cohorts::Group;

/// From this share of pairs on, a measure alone tells which cohort a scan is from.
const TELLS_APART: f64 = 0.9;

/// What is compared: a name, and the value of a scan.
type Measure = (&'static str, fn(&ScanFacts) -> Option<f64>);

const MEASURES: [Measure; 3] = [
    ("brightness of fluid (bright to dark tail)", |facts| facts.tail_ratio.map(f64::from)),
    ("finest side of a voxel (mm)", |facts| facts.spacing_mm.into_iter().reduce(f64::min)),
    ("coarsest side of a voxel (mm)", |facts| facts.spacing_mm.into_iter().reduce(f64::max)),
];

/// A table of medians of both cohorts, with a line about each measure that tells them apart; empty without both.
pub(super) fn compare(groups: &[Group], reports: &[ScanReport]) -> String {
    let mut text = String::new();
    for (name, measure) in MEASURES {
        let of = |wanted: Group| {
            let scans = groups.iter().zip(reports).filter(|(group, _)| **group == wanted);
            let mut values: Vec<f64> =
                scans.filter_map(|(_, report)| measure(report.facts.as_ref()?)).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (healthy, lesions) = (of(Group::Healthy), of(Group::Lesions));
        if healthy.is_empty() || lesions.is_empty() {
            continue;
        }
        let share = share_above(&lesions, &healthy);
        text += &format!(
            "{name:<42}  {:>8.2}  {:>8.2}  {:>11.0} %\n",
            median(&healthy),
            median(&lesions),
            100.0 * share.max(1.0 - share)
        );
        if share.max(1.0 - share) > TELLS_APART {
            text += "  -> this alone tells the cohorts apart: what a model marks on scans with lesions may be this\n";
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("\n{:<42}  {:>8}  {:>8}  {:>13}\n{text}", "cohorts, medians", "healthy", "lesions", "told apart")
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { 0.5 * (sorted[middle - 1] + sorted[middle]) }
}

/// Share of pairs in which the first is the larger one; ties count one half (the area under the ROC curve).
fn share_above(first: &[f64], second: &[f64]) -> f64 {
    let points = |a: &f64| -> f64 {
        second
            .iter()
            .map(|b| {
                if a > b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                }
            })
            .sum()
    };
    first.iter().map(points).sum::<f64>() / (first.len() * second.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted() {
        assert!((share_above(&[2.0, 3.0], &[1.0, 2.0]) - 0.875).abs() < 1e-12);
        assert!((share_above(&[1.0], &[1.0]) - 0.5).abs() < 1e-12);
        assert!((median(&[1.0, 2.0, 4.0]) - 2.0).abs() < 1e-12);
        assert!((median(&[1.0, 2.0]) - 1.5).abs() < 1e-12);
    }
}
