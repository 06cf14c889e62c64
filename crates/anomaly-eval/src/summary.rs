//! Summaries over a cohort, and the comparison of methods.

use serde::{Deserialize, Serialize};

use crate::paired::{holm, signed_rank};
use crate::{
    BootstrapSettings, CurvePoint, Error, Estimate, Metrics, OperatingPoint, Protocol, Rates, Result,
    ScoreHistogram, SignedRank, SubjectMetrics, VoxelSet,
};

/// A method's rates at one operating point, per subject.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointSummary {
    /// The threshold and its origin.
    #[serde(flatten)]
    pub point: OperatingPoint,
    /// Mean over subjects of each rate.
    pub rates: Rates<Estimate>,
}

/// A method's threshold-free measures over one voxel set, per subject.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankingSummary {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// Mean AUROC.
    pub auroc: Estimate,
    /// Mean AUPRC (average precision).
    pub auprc: Estimate,
    /// Mean of the best Dice of each subject (an oracle: one threshold for each subject).
    pub best_dice: Estimate,
}

/// ROC and precision-recall curve of the pooled voxels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// From the highest threshold to the lowest.
    pub points: Vec<CurvePoint>,
}

/// One method (model or baseline) on the test cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodSummary {
    /// Identifier, such as `ssim-memae`.
    pub id: String,
    /// Name for tables and figures.
    pub label: String,
    /// Whether it needs no model: tables and figures set it apart.
    pub baseline: bool,
    /// Number of test subjects.
    pub subjects: usize,
    /// False-positive rates on the healthy validation scans at the same operating points.
    pub healthy_fpr: Vec<Option<f64>>,
    /// Pooled voxels of all test subjects.
    pub pooled: Metrics,
    /// Mean over subjects at each operating point.
    pub points: Vec<PointSummary>,
    /// Mean over subjects of the threshold-free measures.
    pub ranking: Vec<RankingSummary>,
    /// Curves of the pooled voxels.
    pub curves: Vec<Curve>,
}

/// What [`MethodSummary::new`] summarizes.
#[derive(Clone, Copy, Debug)]
pub struct MethodResults<'a> {
    /// Identifier, such as `ssim-memae`.
    pub id: &'a str,
    /// Name for tables and figures.
    pub label: &'a str,
    /// Whether it needs no model.
    pub baseline: bool,
    /// Operating points of the method.
    pub points: &'a [OperatingPoint],
    /// Scores of the healthy validation scans.
    pub validation: &'a ScoreHistogram,
    /// Scores of all test subjects together.
    pub pooled: &'a ScoreHistogram,
    /// Measures of each test subject.
    pub subjects: &'a [SubjectMetrics],
}

impl MethodSummary {
    /// Summarizes one method.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a subject was measured at other operating points, or a threshold is no bin end.
    pub fn new(results: &MethodResults<'_>, bootstrap: &BootstrapSettings) -> Result<Self> {
        let MethodResults { points, subjects, validation, .. } = *results;
        for subject in subjects {
            if !subject.metrics.points.iter().map(|at| &at.point).eq(points) {
                return Err(Error::invalid(format!(
                    "subject {} was not measured at the operating points of {}",
                    subject.subject, results.id
                )));
            }
        }
        let mean = |value: &dyn Fn(&Metrics) -> Option<f64>| {
            Estimate::of(subjects.iter().map(|subject| value(&subject.metrics)), bootstrap)
        };
        let rates_at = |index: usize| Rates {
            tpr: mean(&|metrics| metrics.points[index].rates.tpr),
            tnr: mean(&|metrics| metrics.points[index].rates.tnr),
            precision: mean(&|metrics| metrics.points[index].rates.precision),
            dice: mean(&|metrics| metrics.points[index].rates.dice),
        };
        let ranking = VoxelSet::ALL.into_iter().enumerate().map(|(set, voxels)| RankingSummary {
            voxels,
            auroc: mean(&|metrics| metrics.ranking[set].ranking.auroc.map(|auroc| auroc.value)),
            auprc: mean(&|metrics| metrics.ranking[set].ranking.auprc.map(|auprc| auprc.value)),
            best_dice: mean(&|metrics| metrics.ranking[set].ranking.best_dice.map(|best| best.dice.value)),
        });
        Ok(Self {
            id: results.id.to_owned(),
            label: results.label.to_owned(),
            baseline: results.baseline,
            subjects: subjects.len(),
            healthy_fpr: points
                .iter()
                .map(|point| Ok(validation.counts_above(point.threshold, point.voxels)?.fpr()))
                .collect::<Result<_>>()?,
            pooled: Metrics::measure(results.pooled, points)?,
            points: points
                .iter()
                .enumerate()
                .map(|(index, point)| PointSummary { point: *point, rates: rates_at(index) })
                .collect(),
            ranking: ranking.collect(),
            curves: VoxelSet::ALL
                .into_iter()
                .map(|voxels| Curve { voxels, points: results.pooled.curve(voxels) })
                .collect(),
        })
    }
}

/// A measure by which methods are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Area under the ROC curve.
    Auroc,
    /// Average precision.
    Auprc,
    /// Best Dice of each subject.
    BestDice,
    /// Dice at threshold 1 of the `matched` protocol.
    MatchedDice,
    /// Sensitivity at threshold 1 of the `matched` protocol.
    MatchedTpr,
}

impl Measure {
    /// All measures that [`compare`] tests.
    pub const ALL: [Self; 5] =
        [Self::Auroc, Self::Auprc, Self::BestDice, Self::MatchedDice, Self::MatchedTpr];

    /// Value on one subject.
    fn of(self, metrics: &Metrics, voxels: VoxelSet) -> Option<f64> {
        let ranking = || metrics.ranking.iter().find(|set| set.voxels == voxels).map(|set| set.ranking);
        let matched = || {
            let at = |point: &OperatingPoint| {
                (point.protocol, point.voxels, point.level) == (Protocol::Matched, voxels, 1)
            };
            metrics.points.iter().find(|metrics| at(&metrics.point))
        };
        match self {
            Self::Auroc => ranking()?.auroc.map(|auroc| auroc.value),
            Self::Auprc => ranking()?.auprc.map(|auprc| auprc.value),
            Self::BestDice => ranking()?.best_dice.map(|best| best.dice.value),
            Self::MatchedDice => matched()?.rates.dice,
            Self::MatchedTpr => matched()?.rates.tpr,
        }
    }
}

/// Paired test of two methods on the same subjects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The measure compared.
    pub measure: Measure,
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// The first method.
    pub a: String,
    /// The second method.
    pub b: String,
    /// Mean over subjects of the value of `a` less that of `b`.
    pub mean_difference: f64,
    /// Wilcoxon signed-rank test.
    pub test: SignedRank,
    /// p value after Holm's correction over all pairs of methods for this measure and voxel set.
    pub p_holm: f64,
}

/// Tests all pairs of methods, given each method's subjects. Subjects are matched by name; those on which the measure is
/// undefined for either method are left out, as are pairs without any difference.
pub fn compare(methods: &[(&str, &[SubjectMetrics])]) -> Vec<Comparison> {
    let families = Measure::ALL.into_iter().flat_map(|measure| VoxelSet::ALL.map(|voxels| (measure, voxels)));
    families.flat_map(|(measure, voxels)| compare_family(methods, measure, voxels)).collect()
}

/// One family of tests: all pairs of methods for one measure and voxel set.
fn compare_family(
    methods: &[(&str, &[SubjectMetrics])],
    measure: Measure,
    voxels: VoxelSet,
) -> Vec<Comparison> {
    let mut family: Vec<Comparison> = Vec::new();
    for (first, (a, a_subjects)) in methods.iter().enumerate() {
        for (b, b_subjects) in &methods[first + 1..] {
            let differences: Vec<f64> = a_subjects
                .iter()
                .filter_map(|subject| {
                    let other = b_subjects.iter().find(|other| other.subject == subject.subject)?;
                    Some(measure.of(&subject.metrics, voxels)? - measure.of(&other.metrics, voxels)?)
                })
                .collect();
            let Some(test) = signed_rank(&differences) else { continue };
            family.push(Comparison {
                measure,
                voxels,
                a: (*a).to_owned(),
                b: (*b).to_owned(),
                mean_difference: differences.iter().sum::<f64>() / differences.len() as f64,
                test,
                p_holm: test.p,
            });
        }
    }
    let corrected = holm(&family.iter().map(|comparison| comparison.test.p).collect::<Vec<_>>());
    for (comparison, p) in family.iter_mut().zip(corrected) {
        comparison.p_holm = p;
    }
    family
}
