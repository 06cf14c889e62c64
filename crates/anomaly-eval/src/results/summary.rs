//! Summaries over a cohort, and the comparison of methods.

use crate::stats::{holm, signed_rank};
use crate::{
    BootstrapSettings, Calibration, CopyingSummary, CurveBands, CurvePoint, Error, Estimate, FEWEST_SUBJECTS,
    HealthyFpr, HealthyScan, LesionSettings, LesionSummary, Metrics, OperatingPoint, Protocol, Rates, Result,
    ScoreHistogram, SignedRank, SubjectAuroc, SubjectCurves, SubjectDetection, SubjectMetrics, SubjectScore,
    VoxelSet,
};

/// A method's rates at one operating point, per subject.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PointSummary {
    /// The threshold and its origin.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub point: OperatingPoint,
    /// Mean over subjects of each rate.
    pub rates: Rates<Estimate>,
}

/// A method's threshold-free measures over one voxel set, per subject.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Curve {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// From the highest threshold to the lowest.
    pub points: Vec<CurvePoint>,
    /// Bootstrap bands over subjects.
    pub bands: CurveBands,
}

/// One method (model or baseline) on the test cohort.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    pub healthy_fpr: Vec<HealthyFpr>,
    /// Pooled voxels of all test subjects.
    pub pooled: Metrics,
    /// Mean over subjects at each operating point.
    pub points: Vec<PointSummary>,
    /// Mean over subjects of the threshold-free measures.
    pub ranking: Vec<RankingSummary>,
    /// Curves of the pooled voxels.
    pub curves: Vec<Curve>,
    /// False-positive rates as functions of the threshold.
    pub calibration: Vec<Calibration>,
    /// Telling test subjects with a lesion from healthy validation scans and test subjects without one.
    pub subject_detection: Vec<SubjectDetection>,
    /// Lesion-wise sensitivity and FROC curves.
    pub lesions: Vec<LesionSummary>,
    /// How much of lesions and of fluid its reconstructions repeat; `None` for a method without reconstructions.
    pub copying: Option<CopyingSummary>,
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
    /// The test subjects' parts in the pooled curves.
    pub curves: &'a SubjectCurves,
    /// Measures of each healthy validation scan.
    pub healthy: &'a [HealthyScan],
    /// Measures of each test subject.
    pub subjects: &'a [SubjectMetrics],
}

impl MethodSummary {
    /// Summarizes one method.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a subject was measured at other operating points, or a threshold is no bin end.
    pub fn new(
        results: &MethodResults<'_>,
        lesions: &LesionSettings,
        bootstrap: &BootstrapSettings,
    ) -> Result<Self> {
        let MethodResults { points, subjects, healthy, validation, .. } = *results;
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
                .enumerate()
                .map(|(index, point)| {
                    let held_out = healthy.iter().map(|scan| scan.fpr.get(index).copied().flatten());
                    Ok(HealthyFpr {
                        pooled: validation.counts_above(point.threshold, point.voxels)?.fpr(),
                        held_out: Estimate::of(held_out, bootstrap),
                    })
                })
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
                .map(|voxels| Curve {
                    voxels,
                    points: results.pooled.curve(voxels),
                    bands: results.curves.bands(voxels, bootstrap),
                })
                .collect(),
            calibration: VoxelSet::ALL
                .into_iter()
                .map(|voxels| Calibration::new(validation, results.pooled, voxels))
                .collect::<Result<_>>()?,
            subject_detection: VoxelSet::ALL
                .map(|voxels| subject_detection(subjects, healthy, voxels, bootstrap))
                .to_vec(),
            lesions: VoxelSet::ALL
                .map(|voxels| {
                    let sets = subjects.iter().flat_map(|subject| &subject.lesions);
                    let of_set: Vec<_> = sets.filter(|set| set.voxels == voxels).collect();
                    LesionSummary::new(&of_set, voxels, points, lesions, bootstrap)
                })
                .to_vec(),
            copying: subjects
                .iter()
                .map(|subject| subject.copying)
                .collect::<Option<Vec<_>>>()
                .map(|subjects| CopyingSummary::new(&subjects, bootstrap)),
        })
    }
}

impl MethodSummary {
    /// Where an operating point stands in [`Self::points`], the pooled points and [`Self::healthy_fpr`].
    pub fn position(&self, protocol: Protocol, voxels: VoxelSet, level: u8) -> Option<usize> {
        self.points.iter().position(|summary| summary.point.is(protocol, voxels, level))
    }

    /// The rates at an operating point.
    pub fn at(&self, protocol: Protocol, voxels: VoxelSet, level: u8) -> Option<&PointSummary> {
        self.position(protocol, voxels, level).map(|at| &self.points[at])
    }

    /// The threshold of an operating point.
    pub fn threshold(&self, protocol: Protocol, voxels: VoxelSet, level: u8) -> Option<f32> {
        self.at(protocol, voxels, level).map(|summary| summary.point.threshold)
    }
}

/// Subjects with a lesion are positive; healthy validation scans and test subjects without a lesion are negative.
fn subject_detection(
    subjects: &[SubjectMetrics],
    healthy: &[HealthyScan],
    voxels: VoxelSet,
    bootstrap: &BootstrapSettings,
) -> SubjectDetection {
    let (ill, well): (Vec<_>, Vec<_>) = subjects.iter().partition(|subject| subject.has_lesion(voxels));
    let area = |score: fn(&SubjectScore) -> Option<f64>| {
        let of_scan =
            |scores: &[SubjectScore]| scores.iter().find(|score| score.voxels == voxels).and_then(score);
        let with: Vec<f64> = ill.iter().filter_map(|subject| of_scan(&subject.scores)).collect();
        let without =
            healthy.iter().map(|scan| &scan.scores).chain(well.iter().map(|subject| &subject.scores));
        let without: Vec<f64> = without.filter_map(|scores| of_scan(scores)).collect();
        SubjectAuroc::of(&with, &without, bootstrap)
    };
    SubjectDetection { voxels, mean: area(|score| score.mean), p99: area(|score| score.p99) }
}

/// A measure by which methods are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
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

    /// Value on one subject over one voxel set; `None` where it is undefined or was not measured.
    pub fn of(self, metrics: &Metrics, voxels: VoxelSet) -> Option<f64> {
        let ranking = || metrics.ranking.iter().find(|set| set.voxels == voxels).map(|set| set.ranking);
        let matched = || metrics.at(Protocol::Matched, voxels, 1);
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
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Comparison {
    /// The measure compared.
    pub measure: Measure,
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// The first method.
    pub a: String,
    /// The second method.
    pub b: String,
    /// Value of `a` less that of `b`: mean over subjects.
    pub difference: Estimate,
    /// Wilcoxon signed-rank test.
    pub test: SignedRank,
    /// p value after Holm's correction over all pairs of methods for this measure and voxel set.
    pub p_holm: f64,
}

/// Tests all pairs of methods, given each method's subjects. Subjects are matched by name; those on which the measure is
/// undefined for either method are left out, as are pairs of methods without any difference, or with fewer than
/// [`FEWEST_SUBJECTS`].
pub fn compare(methods: &[(&str, &[SubjectMetrics])], bootstrap: &BootstrapSettings) -> Vec<Comparison> {
    let families = Measure::ALL.into_iter().flat_map(|measure| VoxelSet::ALL.map(|voxels| (measure, voxels)));
    families.flat_map(|(measure, voxels)| compare_family(methods, measure, voxels, bootstrap)).collect()
}

/// One family of tests: all pairs of methods for one measure and voxel set.
fn compare_family(
    methods: &[(&str, &[SubjectMetrics])],
    measure: Measure,
    voxels: VoxelSet,
    bootstrap: &BootstrapSettings,
) -> Vec<Comparison> {
    let mut family: Vec<Comparison> = Vec::new();
    let mut rest = methods;
    while let [(a, a_subjects), others @ ..] = rest {
        rest = others;
        for (b, b_subjects) in others {
            let differences: Vec<f64> = a_subjects
                .iter()
                .filter_map(|subject| {
                    let other = b_subjects.iter().find(|other| other.subject == subject.subject)?;
                    Some(measure.of(&subject.metrics, voxels)? - measure.of(&other.metrics, voxels)?)
                })
                .collect();
            let enough = differences.len() >= FEWEST_SUBJECTS;
            let Some(test) = signed_rank(&differences).filter(|_| enough) else { continue };
            family.push(Comparison {
                measure,
                voxels,
                a: (*a).to_owned(),
                b: (*b).to_owned(),
                difference: Estimate::of(differences.into_iter().map(Some), bootstrap),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binning, ProtocolSettings};

    #[test]
    fn subjects_are_compared_by_the_scores_of_the_voxel_set() {
        // One voxel outside the brain, one inside.
        let histogram = |scores: [f32; 2], lesion: bool| {
            let mut histogram = ScoreHistogram::new(Binning::new(&[0.1, 0.2]).unwrap());
            histogram.add(&scores, Some(&[lesion; 2]), &[false, true]).unwrap();
            histogram
        };
        let (ill, healthy) = (histogram([0.9, 0.1], true), histogram([0.0, 0.5], false));
        let scores = VoxelSet::ALL.map(|voxels| healthy.subject_score(voxels)).to_vec();
        let scan = HealthyScan { subject: "healthy".into(), fpr: Vec::new(), scores };
        let points = ProtocolSettings::default().paper();
        let subject = SubjectMetrics::measure("ill", "ae", &ill, Vec::new(), &points).unwrap();
        let found = VoxelSet::ALL.map(|voxels| {
            let (subjects, scans) = (std::slice::from_ref(&subject), std::slice::from_ref(&scan));
            subject_detection(subjects, scans, voxels, &BootstrapSettings::default())
        });
        assert_eq!(found.map(|set| set.mean.auroc), [Some(1.0), Some(0.0)]);
        assert_eq!(found.map(|set| set.p99.auroc), [Some(1.0), Some(0.0)]);
    }
}
