//! How far the two cohorts differ in what has nothing to do with lesions.

use anomaly_eval::{auroc, percentile};
use mri_io::qc::{ScanFacts, ScanReport};

use crate::data::roles::Group;

/// From this share of pairs on (area under the ROC curve), a measure alone tells which cohort a scan is from.
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
        let Some(share) = auroc(&lesions, &healthy) else { continue };
        text += &format!(
            "{name:<42}  {:>8.2}  {:>8.2}  {:>11.0} %\n",
            percentile(&healthy, 0.5),
            percentile(&lesions, 0.5),
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

#[cfg(test)]
mod tests {
    use super::*;
    use mri_io::{Grid, Volume};

    #[test]
    fn a_voxel_size_that_tells_cohorts_apart_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let report = |spacing: f64| {
            let path = folder.path().join("scan.nii");
            let grid = Grid::centred([4, 4, 4], [1.0, 1.0, spacing]).unwrap();
            mri_io::write(&path, &Volume::filled(&grid, 1.0_f32).unwrap()).unwrap();
            mri_io::qc::check_scan(&path, None)
        };
        let reports = [2.0, 4.0, 6.0, 7.0].map(report);
        let text = compare(&[Group::Healthy, Group::Healthy, Group::Lesions, Group::Lesions], &reports);
        let line =
            |name: &str| text.lines().skip_while(|line| !line.starts_with(name)).take(2).collect::<String>();
        let coarsest = line("coarsest");
        assert!(["3.00", "6.50", "100 %", "tells"].iter().all(|part| coarsest.contains(part)), "{text}");
        assert!(line("finest").contains("50 %") && !line("finest").contains("tells"), "{text}");
        assert_eq!(compare(&[Group::Healthy; 4], &reports), "");
    }
}
