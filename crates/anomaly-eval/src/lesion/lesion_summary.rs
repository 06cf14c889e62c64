//! Lesion-wise sensitivity by size, and FROC curves, over a cohort.

use super::lesions::{Lesion, LesionSettings, Lesions, ladder};
use crate::{BootstrapSettings, Estimate, OperatingPoint, Protocol, VoxelSet};

/// Mean numbers of false components per scan at which a FROC curve is read off.
pub const FROC_RATES: [f64; 5] = [1.0, 4.0, 16.0, 64.0, 256.0];

/// Lesion-wise detection of one method over one voxel set.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LesionSummary {
    /// The voxels taken into account.
    pub voxels: VoxelSet,
    /// All lesions, then the small, medium and large ones.
    pub sizes: Vec<SizeClass>,
    /// Free-response ROC curve, from the lowest threshold to the highest. Empty without lesions.
    pub froc: Vec<FrocPoint>,
    /// Sensitivity at each of [`FROC_RATES`]: at the lowest threshold of the curve from which on up there are never more
    /// false components; `None` without lesions, or where all thresholds have more.
    pub froc_sensitivity: Vec<Option<f64>>,
}

/// Lesions of similar volume.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SizeClass {
    /// Smallest volume in ml.
    pub from_ml: f64,
    /// Volume in ml at which the class ends; `None`: no limit.
    pub to_ml: Option<f64>,
    /// Number of lesions.
    pub lesions: usize,
    /// Detection at each operating point of the voxel set.
    pub points: Vec<LesionDetection>,
}

/// Detection of the lesions of a class at one operating point.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LesionDetection {
    /// How the threshold was chosen.
    pub protocol: Protocol,
    /// Which of the protocol's thresholds.
    pub level: u8,
    /// Number of lesions that were detected.
    pub detected: usize,
    /// Share of detected lesions of all subjects together; `None` without lesions.
    pub pooled: Option<f64>,
    /// Mean over subjects of the share of the subject's lesions that were detected.
    pub sensitivity: Estimate,
}

/// One point of a FROC curve.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FrocPoint {
    /// Threshold on the normalized anomaly score.
    pub threshold: f32,
    /// False components, mean over scans.
    pub false_components: f64,
    /// Share of detected lesions of all subjects together.
    pub sensitivity: f64,
}

impl LesionSummary {
    /// Summarizes the subjects' lesions over one voxel set, at those of the `points` that are judged on it.
    pub(crate) fn new(
        subjects: &[&Lesions],
        voxels: VoxelSet,
        points: &[OperatingPoint],
        settings: &LesionSettings,
        bootstrap: &BootstrapSettings,
    ) -> Self {
        let [small, large] = settings.size_limits_ml;
        let class = |class: usize| move |lesion: &Lesion| settings.class(lesion.ml) == class;
        let size = |from_ml, to_ml, holds: &dyn Fn(&Lesion) -> bool| {
            let points = points.iter().filter(|point| point.voxels == voxels);
            let points = points.map(|point| detection(subjects, *point, holds, bootstrap)).collect();
            let all = subjects.iter().flat_map(|subject| &subject.lesions);
            SizeClass { from_ml, to_ml, lesions: all.filter(|lesion| holds(lesion)).count(), points }
        };
        let froc = froc(subjects);
        Self {
            voxels,
            sizes: vec![
                size(0.0, None, &|_| true),
                size(0.0, Some(small), &class(0)),
                size(small, Some(large), &class(1)),
                size(large, None, &class(2)),
            ],
            froc_sensitivity: FROC_RATES.map(|rate| sensitivity_at(&froc, rate)).to_vec(),
            froc,
        }
    }
}

fn detection(
    subjects: &[&Lesions],
    point: OperatingPoint,
    holds: &dyn Fn(&Lesion) -> bool,
    bootstrap: &BootstrapSettings,
) -> LesionDetection {
    let counts: Vec<(usize, usize)> =
        subjects.iter().map(|subject| detected(subject, point.threshold, holds)).collect();
    let (found, all) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    LesionDetection {
        protocol: point.protocol,
        level: point.level,
        detected: found,
        pooled: share((found, all)),
        sensitivity: Estimate::of(counts.into_iter().map(share), bootstrap),
    }
}

/// (detected, all) lesions of a subject among those that `holds` picks.
fn detected(subject: &Lesions, threshold: f32, holds: &dyn Fn(&Lesion) -> bool) -> (usize, usize) {
    let chosen = subject.lesions.iter().filter(|lesion| holds(lesion));
    chosen.fold((0, 0), |(found, all), lesion| (found + usize::from(lesion.score > threshold), all + 1))
}

fn share((part, whole): (usize, usize)) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn froc(subjects: &[&Lesions]) -> Vec<FrocPoint> {
    let at = |(level, threshold): (usize, f32)| {
        let (mut found, mut all, mut wrong) = (0, 0, 0_u64);
        for subject in subjects {
            let (of_subject, lesions) = detected(subject, threshold, &|_| true);
            (found, all) = (found + of_subject, all + lesions);
            wrong += u64::from(subject.false_components[level]);
        }
        let sensitivity = share((found, all))?;
        Some(FrocPoint { threshold, false_components: wrong as f64 / subjects.len() as f64, sensitivity })
    };
    ladder().into_iter().enumerate().filter_map(at).collect()
}

/// As [`LesionSummary::froc_sensitivity`].
fn sensitivity_at(froc: &[FrocPoint], rate: f64) -> Option<f64> {
    let few = froc.iter().rev().take_while(|point| point.false_components <= rate);
    few.last().map(|point| point.sensitivity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(lesions: &[(f64, f32)], false_components: impl Fn(usize) -> u32) -> Lesions {
        Lesions {
            voxels: VoxelSet::Brain,
            lesions: lesions.iter().map(|&(ml, score)| Lesion { ml, score }).collect(),
            false_components: (0..64).map(false_components).collect(),
        }
    }

    #[test]
    fn sensitivity_by_size_leaves_out_subjects_without_such_lesions() {
        let subjects = [
            subject(&[(0.5, 0.9), (0.6, 0.2), (20.0, 0.6)], |_| 0),
            subject(&[(5.0, 0.1), (0.1, 0.5)], |_| 0),
            subject(&[], |_| 0),
        ];
        let point =
            |voxels, threshold| OperatingPoint { protocol: Protocol::Paper, voxels, level: 1, threshold };
        let points = [point(VoxelSet::All, 0.0), point(VoxelSet::Brain, 0.5)];
        let subjects: Vec<&Lesions> = subjects.iter().collect();
        let bootstrap = BootstrapSettings::default();
        let settings = LesionSettings::default();
        let summary = LesionSummary::new(&subjects, VoxelSet::Brain, &points, &settings, &bootstrap);
        let rows: Vec<_> = summary
            .sizes
            .iter()
            .map(|size| {
                let [point] = &size.points[..] else { panic!("one point of the voxel set") };
                let sensitivity = point.sensitivity;
                (
                    size.lesions,
                    point.detected,
                    point.pooled,
                    sensitivity.mean,
                    sensitivity.n,
                    sensitivity.undefined,
                )
            })
            .collect();
        // The lesion whose score is the threshold is not above it.
        assert_eq!(rows[0], (5, 2, Some(0.4), Some(f64::midpoint(2.0 / 3.0, 0.0)), 2, 1));
        assert_eq!(rows[1], (3, 1, Some(1.0 / 3.0), Some(0.25), 2, 1));
        assert_eq!(rows[2], (1, 0, Some(0.0), Some(0.0), 1, 2));
        assert_eq!(rows[3], (1, 1, Some(1.0), Some(1.0), 1, 2));
        let healthy = LesionSummary::new(&subjects[2..], VoxelSet::Brain, &points, &settings, &bootstrap);
        assert!(healthy.froc.is_empty() && healthy.froc_sensitivity.iter().all(Option::is_none));
        assert_eq!(healthy.sizes[0].points[0].pooled, None);
        assert_eq!(healthy.sizes[0].points[0].sensitivity.mean, None);
    }

    #[test]
    fn a_froc_curve_is_read_from_the_highest_threshold_down() {
        // Components merge at the lowest thresholds: there are few again, but nobody would work there.
        let subjects = [
            subject(&[(1.0, 0.5), (1.0, 0.05)], |level| if level < 8 { 0 } else { 63 - level as u32 }),
            subject(&[(1.0, 0.02)], |level| if level < 8 { 0 } else { 63 - level as u32 }),
        ];
        let subjects: Vec<&Lesions> = subjects.iter().collect();
        let froc = froc(&subjects);
        assert_eq!(froc.len(), 64);
        assert_eq!((froc[63].false_components, froc[63].sensitivity), (0.0, 0.0));
        assert_eq!((froc[0].false_components, froc[0].sensitivity), (0.0, 1.0));
        // At most 4 components: level 59 and above, thresholds of 2^(-5/8) = 0.65 and more.
        assert_eq!(sensitivity_at(&froc, 4.0), Some(0.0));
        // At most 16: level 47 and above, thresholds of 2^(-17/8) = 0.23 and more: one of three lesions.
        assert_eq!(sensitivity_at(&froc, 16.0), Some(1.0 / 3.0));
        assert_eq!(sensitivity_at(&froc, 256.0), Some(1.0));
        assert_eq!(sensitivity_at(&froc[..60], 1.0), None);
    }
}
