//! Figure 1: what the models and the baselines make of a few test subjects.

use anomaly_eval::{Evaluation, MethodSummary, OperatingPoint, Protocol, VoxelSet};
use anyhow::{Context, Result};
use memae_report::{Figure1, Figure1Column, Figure1Subject, largest_lesion_slice};
use ndarray::{Array2, ArrayView3, Axis};

use crate::config::Config;
use crate::data::roles::Use;
use crate::stages::preprocess::{Cohort, Prepared};
use crate::stages::scoring::{Method, Scorer};

/// The paper's Figure 1 with our models and the baselines: each subject at the slice with most lesion, detections at threshold 1
/// of the `matched` protocol. `None` if no test subject has a lesion.
pub(super) fn figure1(config: &Config, cohort: &Cohort, evaluation: &Evaluation) -> Result<Option<Figure1>> {
    let chosen = subjects(&cohort.prepared(Use::Test), config.report.figure_subjects)?;
    if chosen.is_empty() {
        return Ok(None);
    }
    let mut subjects: Vec<Figure1Subject> = Vec::new();
    for method in Method::all(config) {
        let scorer = Scorer::new(config, cohort, method)?;
        let threshold = threshold(&evaluation.methods, method, 1)?;
        for (index, (subject, slice)) in chosen.iter().enumerate() {
            let scored = scorer.score(subject)?;
            let detection =
                config.evaluate.post_processing.detection(scored.scores.mapv(|score| score > threshold));
            if subjects.len() == index {
                let lesions = scored.lesions.as_ref().context("a test subject has lesions")?;
                subjects.push(Figure1Subject {
                    label: format!("{}, z = {slice}", subject.name),
                    input: axial(scored.read.scan.data(), *slice),
                    truth: Some(axial(lesions.data(), *slice)),
                    columns: Vec::new(),
                });
            }
            subjects[index].columns.push(Figure1Column {
                label: method.label().to_owned(),
                reconstruction: scored.read.expected.map(|expected| axial(expected.view(), *slice)),
                anomaly: axial(scored.scores.view(), *slice),
                detection: axial(detection.view(), *slice),
            });
        }
    }
    let synthetic = if evaluation.synthetic { " Synthetic data." } else { "" };
    Ok(Some(Figure1 {
        title: format!("Red: score above threshold 1 (matched protocol). Outline: truth.{synthetic}"),
        spacing: [config.reference.spacing[0], config.reference.spacing[1]],
        scale: None,
        subjects,
    }))
}

/// Threshold of a method over all voxels in the `matched` protocol; `level` is 1 or 2.
fn threshold(summaries: &[MethodSummary], method: Method, level: u8) -> Result<f32> {
    let summary = summaries.iter().find(|summary| summary.id == method.id());
    let points = summary.into_iter().flat_map(|summary| &summary.points).map(|at| at.point);
    let wanted = |point: &OperatingPoint| {
        (point.protocol, point.voxels, point.level) == (Protocol::Matched, VoxelSet::All, level)
    };
    let point = points.into_iter().find(wanted);
    Ok(point.with_context(|| format!("{} has not been evaluated", method.id()))?.threshold)
}

/// Subjects evenly spread over the order of lesion volumes, so that nobody picks them by their results; each with its
/// slice of most lesion.
fn subjects(test: &[Prepared], count: usize) -> Result<Vec<(Prepared, usize)>> {
    let mut by_volume = Vec::new();
    for subject in test {
        let Some(lesions) = subject.read_lesions()? else { continue };
        if let Some(slice) = largest_lesion_slice(lesions.data()) {
            by_volume.push((lesions.count(), subject, slice));
        }
    }
    by_volume.sort_by_key(|(volume, subject, _)| (*volume, subject.name.clone()));
    Ok(spread(by_volume.len(), count)
        .map(|at| {
            let (_, subject, slice) = by_volume[at];
            (subject.clone(), slice)
        })
        .collect())
}

/// At most `count` places spread evenly over `length`, neither end among them if there are more than two to a place.
pub(super) fn spread(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(length);
    (0..count).map(move |i| (2 * i + 1) * length / (2 * count))
}

/// An axial slice of a volume.
pub(crate) fn axial<T: Clone>(volume: ArrayView3<'_, T>, slice: usize) -> Array2<T> {
    volume.index_axis(Axis(2), slice).to_owned()
}
