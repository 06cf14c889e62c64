//! Figure 1: what the models and the baselines make of a few test subjects.

use anomaly_eval::{Evaluation, PostProcessing, SubjectMetrics, VoxelSet};
use anyhow::{Context, Result};
use memae_report::{Figure1, Figure1Column, Figure1Subject, largest_lesion_slice};
use ndarray::{Array2, ArrayView3, Axis};

use crate::run::cohort::Prepared;
use crate::run::context::Run;
use crate::stages::scoring::{Method, Scored};

/// The paper's Figure 1 with our models and the baselines: each subject at the slice with most lesion, detections at threshold 1
/// of the `matched` protocol.
pub(super) struct Drawing<'a> {
    spacing: [f64; 3],
    post_processing: PostProcessing,
    /// Subjects, each with its slice of most lesion.
    chosen: Vec<(&'a Prepared, usize)>,
    rows: Vec<Figure1Subject>,
}

impl<'a> Drawing<'a> {
    /// Chooses subjects evenly spread over the order of lesion volumes, so that nobody picks them by their results.
    pub(super) fn choose(run: &Run, test: &'a [Prepared], metrics: &[SubjectMetrics]) -> Result<Self> {
        let voxels = |subject: &Prepared| {
            let found = metrics.iter().find(|found| found.subject == subject.name);
            found.map_or(0, |found| found.lesion_voxels(VoxelSet::All))
        };
        let mut by_volume: Vec<(u64, &Prepared)> =
            test.iter().map(|subject| (voxels(subject), subject)).collect();
        by_volume.retain(|(voxels, _)| *voxels > 0);
        by_volume.sort_by_key(|(voxels, subject)| (*voxels, &subject.name));
        let (mut chosen, mut rows) = (Vec::new(), Vec::new());
        for at in spread(by_volume.len(), run.config.report.figure_subjects) {
            let (_, subject) = by_volume[at];
            let lesions = subject.read_lesions()?.context("a test subject has lesions")?;
            let slice = largest_lesion_slice(lesions.data()).context("the lesion has a slice")?;
            chosen.push((subject, slice));
            rows.push(Figure1Subject {
                label: format!("{}, z = {slice}", subject.name),
                input: axial(subject.read()?.0.data(), slice),
                truth: Some(axial(lesions.data(), slice)),
                columns: Vec::new(),
            });
        }
        let (spacing, post_processing) = (run.config.reference.spacing, run.config.evaluate.post_processing);
        Ok(Self { spacing, post_processing, chosen, rows })
    }

    /// The subjects that the figure shows.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &'a Prepared> {
        self.chosen.iter().map(|(subject, _)| *subject)
    }

    /// Adds what a method makes of a subject, if the figure shows it.
    pub(super) fn add(&mut self, method: Method, subject: &Prepared, scored: &Scored, threshold: f32) {
        let Some(at) = self.subjects().position(|shown| shown.name == subject.name) else { return };
        let slice = self.chosen[at].1;
        let detection = self.post_processing.detection(scored.scores.mapv(|score| score > threshold));
        self.rows[at].columns.push(Figure1Column {
            label: method.label().to_owned(),
            reconstruction: scored.read.expected.as_ref().map(|expected| axial(expected.view(), slice)),
            anomaly: axial(scored.scores.view(), slice),
            detection: axial(detection.view(), slice),
        });
    }

    /// The figure; `None` if no test subject has a lesion.
    pub(super) fn done(self, evaluation: &Evaluation) -> Option<Figure1> {
        let synthetic = if evaluation.synthetic { " Synthetic data." } else { "" };
        let [i, j, _] = self.spacing;
        (!self.rows.is_empty()).then(|| Figure1 {
            title: format!("Red: score above threshold 1 (matched protocol). Outline: truth.{synthetic}"),
            spacing: [i, j],
            scale: None,
            subjects: self.rows,
        })
    }
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
