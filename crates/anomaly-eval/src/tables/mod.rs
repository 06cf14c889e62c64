//! The tables of a report.

mod headline;
mod lesions;
mod rates;
mod sensitivity;

use crate::paper::paper_rates;
use crate::{Estimate, Evaluation, FEWEST_SUBJECTS, Measure, Protocol, Table, VoxelSet};

/// Stands for a value that does not exist.
const NONE: &str = "–";

impl Evaluation {
    /// Table 1: sensitivity and specificity of all methods at both thresholds of a protocol, ours beside the paper's. The
    /// paper's values are shown over all voxels only: its specificities make no sense over brain voxels.
    pub fn table1(&self, protocol: Protocol, voxels: VoxelSet) -> Table {
        let mut columns = vec!["", "Method", "Threshold", "TPR", "TPR pooled"];
        let with_paper = voxels == VoxelSet::All;
        columns.extend(with_paper.then_some("TPR paper"));
        columns.extend(["TNR", "TNR pooled"]);
        columns.extend(with_paper.then_some("TNR paper"));
        let groups = self.by_level(protocol, voxels, |method, at| {
            let (summary, pooled) = (&method.points[at], &method.pooled.points[at].rates);
            let paper = paper_rates(&method.id, summary.point.level);
            let mut row = vec![
                format!("{:.4}", summary.point.threshold),
                estimate(&summary.rates.tpr),
                number(pooled.tpr),
            ];
            row.extend(with_paper.then(|| number(paper.map(|paper| paper.tpr))));
            row.extend([estimate(&summary.rates.tnr), number(pooled.tnr)]);
            row.extend(with_paper.then(|| number(paper.map(|paper| paper.tnr))));
            row
        });
        let caption = format!(
            "Sensitivity (TPR) and specificity (TNR) as in Table 1 of the paper, {}; {}.",
            voxels.label(),
            self.rule(protocol)
        );
        let mut notes = vec![self.about_intervals()];
        if with_paper {
            notes.push(
                "Paper: Cam-CAN to BraTS 2019, T2w, 335 subjects; the values of its two thresholds are not known.".into(),
            );
        }
        // At thresholds that are matched, a higher TPR is better; of the other protocols neither rate is by itself.
        let ranked: &[&str] = if protocol == Protocol::Matched { &["TPR"] } else { &[] };
        self.table(&caption, &columns, groups, notes).mark_best(ranked, true)
    }

    /// Precision, Dice and false-positive rates of all methods at both thresholds of a protocol.
    pub fn detection_table(&self, protocol: Protocol, voxels: VoxelSet) -> Table {
        let columns = [
            "",
            "Method",
            "Dice",
            "Dice pooled",
            "Precision",
            "Precision pooled",
            "FPR test",
            "FPR test pooled",
            "FPR healthy",
        ];
        let groups = self.by_level(protocol, voxels, |method, at| {
            let (summary, pooled) = (&method.points[at], &method.pooled.points[at]);
            vec![
                estimate(&summary.rates.dice),
                number(pooled.rates.dice),
                estimate(&summary.rates.precision),
                number(pooled.rates.precision),
                estimate(&complement(&summary.rates.tnr)),
                number(pooled.counts.fpr()),
                estimate(&method.healthy_fpr[at].held_out),
            ]
        });
        let caption = format!("Detection, {}; {}.", voxels.label(), self.rule(protocol));
        let notes = vec![
            self.about_intervals(),
            "FPR test: lesion-free voxels of the test scans. FPR healthy: mean over healthy validation scans, each held \
             out from the choice of the threshold. A gap between the two is domain shift or tissue displaced by the lesion."
                .into(),
        ];
        self.table(&caption, &columns, groups, notes)
    }

    /// Measures that need no threshold.
    pub fn ranking_table(&self, voxels: VoxelSet) -> Table {
        let columns =
            ["Method", "AUROC", "AUROC pooled", "AUPRC", "AUPRC pooled", "Best Dice", "Best Dice pooled"];
        let row = |method: &crate::MethodSummary| {
            let summary = method.ranking.iter().find(|set| set.voxels == voxels)?;
            let pooled = method.pooled.ranking.iter().find(|set| set.voxels == voxels)?.ranking;
            Some(vec![
                method.label.clone(),
                estimate(&summary.auroc),
                number(pooled.auroc.map(|auroc| auroc.value)),
                estimate(&summary.auprc),
                number(pooled.auprc.map(|auprc| auprc.value)),
                estimate(&summary.best_dice),
                number(pooled.best_dice.map(|best| best.dice.value)),
            ])
        };
        let (baselines, models): (Vec<_>, Vec<_>) = self.methods.iter().partition(|method| method.baseline);
        let groups = [models, baselines].map(|group| group.into_iter().filter_map(row).collect()).to_vec();
        let notes = vec![
            self.about_intervals(),
            "AUPRC is average precision. Best Dice is chosen on the labels: an upper limit, not a result."
                .into(),
        ];
        let caption = format!("Measures without a threshold, {}.", voxels.label());
        self.table(&caption, &columns, groups, notes).mark_best(&columns[1..], false)
    }

    /// Paired tests between methods over one voxel set.
    pub fn comparison_table(&self, voxels: VoxelSet) -> Table {
        let columns = ["Measure", "A", "B", "Mean A - B", "Effect", "n", "p", "p (Holm)"];
        let label = |id: &String| {
            self.methods.iter().find(|method| method.id == *id).map_or(id, |method| &method.label).clone()
        };
        let family = |measure: Measure| {
            let tests =
                self.comparisons.iter().filter(|test| (test.measure, test.voxels) == (measure, voxels));
            tests
                .map(|test| {
                    vec![
                        measure.label().to_owned(),
                        label(&test.a),
                        label(&test.b),
                        difference(&test.difference),
                        format!("{:+.2}", test.test.effect),
                        test.test.n.to_string(),
                        p_value(test.test.p),
                        p_value(test.p_holm),
                    ]
                })
                .collect()
        };
        let mut notes = Vec::new();
        if let Some(too_few) = self.too_few() {
            notes.push(format!("Tests are over subjects{too_few}."));
        }
        notes.push(format!(
            "Two-sided Wilcoxon signed-rank tests over subjects; Holm's correction within each measure. Effect: matched-pairs \
                 rank-biserial correlation, from -1 to 1. Mean difference [{} % BCa bootstrap interval].",
            100.0 * self.bootstrap.level
        ));
        let caption = format!("Paired comparison of methods, {}.", voxels.label());
        self.table(&caption, &columns, Measure::ALL.map(family).to_vec(), notes)
    }

    /// The decisions in force where the paper is silent.
    pub fn decisions_table(&self) -> Table {
        let row = |decision: &crate::Decision| {
            vec![decision.topic.clone(), decision.value.clone(), decision.reason.clone()]
        };
        let groups = vec![self.decisions.iter().map(row).collect()];
        self.table(
            "Decisions in force where the paper is silent.",
            &["Topic", "Value", "Reason"],
            groups,
            Vec::new(),
        )
    }

    /// All of Table 1 as one tidy table of plain numbers: a row for each protocol, voxel set, threshold and method. For
    /// `table1.csv`; undefined values are empty.
    pub fn table1_tidy(&self) -> Table {
        let columns = [
            "protocol",
            "voxels",
            "level",
            "method",
            "threshold",
            "tpr",
            "tpr_low",
            "tpr_high",
            "tpr_pooled",
            "tpr_paper",
            "tnr",
            "tnr_low",
            "tnr_high",
            "tnr_pooled",
            "tnr_paper",
            "subjects",
            "cohort",
            "synthetic",
        ];
        let plain = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let mut rows = Vec::new();
        for method in &self.methods {
            for (summary, pooled) in method.points.iter().zip(&method.pooled.points) {
                let point = &summary.point;
                let paper = paper_rates(&method.id, point.level).filter(|_| point.voxels == VoxelSet::All);
                let mut row = vec![
                    point.protocol.id().to_owned(),
                    point.voxels.id().to_owned(),
                    point.level.to_string(),
                    method.id.clone(),
                    point.threshold.to_string(),
                ];
                for (rate, pooled, paper) in [
                    (&summary.rates.tpr, pooled.rates.tpr, paper.map(|paper| paper.tpr)),
                    (&summary.rates.tnr, pooled.rates.tnr, paper.map(|paper| paper.tnr)),
                ] {
                    let [low, high] = rate.interval.map_or([None; 2], |interval| interval.map(Some));
                    row.extend([rate.mean, low, high, pooled, paper].map(plain));
                }
                row.extend([method.subjects.to_string(), self.cohort.clone(), self.synthetic.to_string()]);
                rows.push(row);
            }
        }
        self.table("Table 1 in tidy form.", &columns, vec![rows], Vec::new())
    }

    /// One group of rows for each threshold level; `cells` gives a method's cells at the point of that index.
    fn by_level(
        &self,
        protocol: Protocol,
        voxels: VoxelSet,
        cells: impl Fn(&crate::MethodSummary, usize) -> Vec<String>,
    ) -> Vec<Vec<Vec<String>>> {
        let group = |level: u8| {
            self.methods
                .iter()
                .filter_map(|method| {
                    let at = method.points.iter().position(|summary| {
                        let point = &summary.point;
                        (point.protocol, point.voxels, point.level) == (protocol, voxels, level)
                    })?;
                    let mut row = vec![format!("T{level}"), method.label.clone()];
                    row.extend(cells(method, at));
                    Some(row)
                })
                .collect()
        };
        vec![group(1), group(2)]
    }

    fn table(
        &self,
        caption: &str,
        columns: &[&str],
        groups: Vec<Vec<Vec<String>>>,
        notes: Vec<String>,
    ) -> Table {
        let synthetic = if self.synthetic { " Synthetic data, not patients." } else { "" };
        let caption = format!("{caption} {}, {} test subjects.{synthetic}", self.cohort, self.test_subjects);
        let columns = columns.iter().map(|&title| title.to_owned()).collect();
        Table { caption, columns, groups, notes, best: Vec::new() }
    }

    /// How the thresholds of a protocol were chosen, for captions.
    fn rule(&self, protocol: Protocol) -> String {
        let percent = |shares: [f64; 2]| {
            let [first, second] = shares.map(|share| format!("{}", (1e5 * share).round() / 1e3));
            format!("{first} % (T1) and {second} % (T2)")
        };
        match protocol {
            Protocol::Matched => format!(
                "protocol matched: false-positive rate of {} on {} healthy validation scans",
                percent(self.protocols.matched_fpr),
                self.validation_subjects
            ),
            Protocol::Paper => {
                let [first, second] = self.protocols.paper_thresholds;
                format!("protocol paper: T1 = {first}, T2 = {second} (assumed, the paper's values are lost)")
            }
            Protocol::FixedRate => {
                "protocol fixed-rate: false-positive rates on healthy validation scans".into()
            }
            Protocol::Calibrated => format!(
                "protocol calibrated (oracle, uses test labels): thresholds at which AE has a TNR of {} on the test set",
                percent(self.protocols.calibrated_tnr)
            ),
        }
    }

    fn about_intervals(&self) -> String {
        if let Some(too_few) = self.too_few() {
            return format!("Mean over subjects{too_few}; pooled: all voxels of all subjects together.");
        }
        format!(
            "Mean over subjects [{} % BCa bootstrap interval]; pooled: all voxels of all subjects together.",
            100.0 * self.bootstrap.level
        )
    }

    /// Why there are no intervals and tests, where there are none.
    fn too_few(&self) -> Option<String> {
        (self.test_subjects < FEWEST_SUBJECTS).then(|| {
            format!(", of which there are too few for intervals and tests ({FEWEST_SUBJECTS} are needed)")
        })
    }
}

impl Measure {
    /// Name for tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Auroc => "AUROC",
            Self::Auprc => "AUPRC",
            Self::BestDice => "Best Dice",
            Self::MatchedDice => "Dice (matched, T1)",
            Self::MatchedTpr => "TPR (matched, T1)",
        }
    }
}

/// Estimate of 1 less the measure.
fn complement(estimate: &Estimate) -> Estimate {
    let interval = estimate.interval.map(|[low, high]| [1.0 - high, 1.0 - low]);
    Estimate { mean: estimate.mean.map(|mean| 1.0 - mean), interval, ..*estimate }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.3}"))
}

/// "0.583 [0.541, 0.622]", with the number of subjects where some are undefined.
fn estimate(estimate: &Estimate) -> String {
    let interval =
        estimate.interval.map_or_else(String::new, |[low, high]| format!(" [{low:.3}, {high:.3}]"));
    let subjects = if estimate.undefined > 0 { format!(" (n = {})", estimate.n) } else { String::new() };
    number(estimate.mean) + &interval + &subjects
}

/// "+0.0123 [+0.0041, +0.0201]".
fn difference(estimate: &Estimate) -> String {
    let mean = estimate.mean.map_or_else(|| NONE.to_owned(), |mean| format!("{mean:+.4}"));
    let interval =
        estimate.interval.map_or_else(String::new, |[low, high]| format!(" [{low:+.4}, {high:+.4}]"));
    mean + &interval
}

fn p_value(p: f64) -> String {
    if p < 1e-3 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_are_written() {
        let some = Estimate { mean: Some(0.25), interval: Some([0.125, 0.5]), n: 3, undefined: 1 };
        assert_eq!(estimate(&some), "0.250 [0.125, 0.500] (n = 3)");
        assert_eq!(estimate(&complement(&some)), "0.750 [0.500, 0.875] (n = 3)");
        assert_eq!(estimate(&Estimate { undefined: 0, ..some }), "0.250 [0.125, 0.500]");
        assert_eq!(difference(&some), "+0.2500 [+0.1250, +0.5000]");
        assert_eq!(
            (estimate(&Estimate::default()), difference(&Estimate::default())),
            (NONE.into(), NONE.into())
        );
        assert_eq!(
            [0.0, 9e-4, 1e-3, 0.0625, 1.0].map(p_value),
            ["<0.001", "<0.001", "0.001", "0.062", "1.000"]
        );
    }
}
