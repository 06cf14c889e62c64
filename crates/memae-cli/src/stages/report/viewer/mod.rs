//! What the page's viewer shows: a few test subjects under every method, with exact counts along a slider of thresholds.

mod choice;
mod embed;
mod stops;

use anomaly_eval::{Evaluation, Protocol, VoxelSet};
use anyhow::{Context, Result};
use cli_support::progress::Task;
use memae_report::largest_lesion_slice;
use mri_io::{Mask, Volume};
use ndarray::{Array3, Axis, Zip};
use serde::Serialize;

use crate::config::Config;
use crate::stages::evaluate;
use crate::stages::preprocess::{Cohort, Prepared};
use crate::stages::scoring::{Method, Scored, Scorer};
use choice::{Choice, Rank};
pub(super) use embed::Embedded;
use embed::{Crop, shades};
use stops::{StopCounts, Stops};

/// Voxels in the page, all volumes together. Where there are more, every second one (third, ...) along each axis is shown.
const MOST_VOXELS: usize = 72_000_000;
/// The share of a map's voxels that are darker than the brightest colour.
const BRIGHTEST: f64 = 0.995;

/// All that the page's script needs.
#[derive(Serialize)]
pub(super) struct Viewer {
    subjects: Vec<Subject>,
    methods: Vec<Marked>,
    /// How the subjects were chosen.
    #[serde(skip)]
    pub(super) choice: String,
    /// Every how many-th voxel is shown.
    #[serde(skip)]
    pub(super) stride: usize,
    /// Apart from what describes them: the page unpacks one only when it is looked at.
    #[serde(skip)]
    pub(super) volumes: Vec<Embedded>,
}

/// A method with the stops of its slider.
#[derive(Serialize)]
struct Marked {
    id: &'static str,
    label: &'static str,
    reconstructs: bool,
    stops: Stops,
    /// Positions of threshold 1 and threshold 2 of the `matched` protocol, over all voxels and over brain voxels.
    marks: [[usize; 2]; 2],
}

#[derive(Serialize)]
struct Subject {
    name: String,
    crop: Crop,
    /// Voxel of the whole grid to world (mm), three rows.
    affine: [[f64; 4]; 3],
    /// Size of a voxel of the crop (mm).
    spacing: [f64; 3],
    /// Voxel of the crop in the midst of the slice with most lesion.
    start: [usize; 3],
    /// In the order of the methods.
    results: Vec<MethodResult>,
}

#[derive(Serialize)]
struct MethodResult {
    rank: Rank,
    counts: Vec<StopCounts>,
    /// The level with the brightest colour.
    brightest: u8,
}

/// Scores the chosen subjects by all methods; `None` if there are none to choose.
pub(super) fn make(config: &Config, cohort: &Cohort, evaluation: &Evaluation) -> Result<Option<Viewer>> {
    let methods = Method::all(config);
    let Choice { text, subjects: chosen } = choice::choose(config, cohort)?;
    if chosen.is_empty() {
        return Ok(None);
    }
    let mut viewer =
        Viewer { subjects: Vec::new(), methods: Vec::new(), choice: text, stride: 1, volumes: Vec::new() };
    // At most two volumes of each method, and scan and labels.
    let most = MOST_VOXELS / (2 * (methods.len() + 1) * chosen.len());
    for prepared in &chosen {
        viewer.add_subject(prepared, most)?;
    }
    let metrics = evaluate::subjects(config)?;
    let task = Task::new("viewer", methods.len() * chosen.len());
    for method in methods {
        let scorer = Scorer::new(config, cohort, method)?;
        let thresholds = matched(evaluation, method)?;
        let stops = Stops::new(thresholds.as_flattened());
        for (at, prepared) in chosen.iter().enumerate() {
            let rank = choice::rank(&metrics, method, &prepared.name);
            viewer.add_result(at, method, rank, &stops, &scorer.score(prepared)?)?;
            task.step(&prepared.name);
        }
        let position = |threshold| stops.position(threshold).context("the stops hold the thresholds");
        let [[all1, all2], [brain1, brain2]] = thresholds.map(|levels| levels.map(position));
        viewer.methods.push(Marked {
            id: method.id(),
            label: method.label(),
            reconstructs: !method.is_baseline(),
            marks: [[all1?, all2?], [brain1?, brain2?]],
            stops,
        });
    }
    Ok(Some(viewer))
}

impl Viewer {
    /// Adds a subject of which at most `most` voxels are shown: its scan, and labels that are 1 for lesion, plus 2 for brain.
    fn add_subject(&mut self, prepared: &Prepared, most: usize) -> Result<()> {
        let (scan, brain) = prepared.read()?;
        let lesions = prepared.read_lesions()?.context("a test subject has lesions")?;
        let labels = Zip::from(lesions.data())
            .and(brain.data())
            .map_collect(|lesion, brain| u8::from(*lesion) + 2 * u8::from(*brain));
        let crop = Crop::around(&labels.mapv(|label| label > 0)).thinned_to(most);
        let id = |kind: &str| format!("subject{}-{kind}", self.subjects.len());
        let grey = shades(scan.data(), range(&scan));
        let embedded = [crop.embed(id("scan"), grey.view())?, crop.embed(id("labels"), labels.view())?];
        self.volumes.extend(embedded);
        self.stride = self.stride.max(crop.stride);
        let matrix = scan.affine().matrix();
        self.subjects.push(Subject {
            name: prepared.name.clone(),
            affine: std::array::from_fn(|row| std::array::from_fn(|column| matrix[(row, column)])),
            spacing: scan.affine().spacing().map(|mm| mm * crop.stride as f64),
            start: crop.nearest(centre(&lesions)),
            crop,
            results: Vec::new(),
        });
        Ok(())
    }

    /// Adds what a method makes of the subject at this place.
    fn add_result(
        &mut self,
        at: usize,
        method: Method,
        rank: Rank,
        stops: &Stops,
        scored: &Scored,
    ) -> Result<()> {
        let subject = &mut self.subjects[at];
        let id = |kind: &str| format!("subject{at}-{}-{kind}", method.id());
        let levels = stops.levels(scored.scores.view());
        self.volumes.push(subject.crop.embed(id("map"), levels.view())?);
        // The baselines expect something, but reconstruct nothing.
        if let Some(expected) = scored.read.expected.as_ref().filter(|_| !method.is_baseline()) {
            let grey = shades(expected.view(), range(&scored.read.scan));
            self.volumes.push(subject.crop.embed(id("reconstruction"), grey.view())?);
        }
        let (counts, brightest) = (count(stops, scored)?, brightest(&levels));
        subject.results.push(MethodResult { rank, counts, brightest });
        Ok(())
    }
}

/// Midst of the lesion on the axial slice that has most of it; midst of the grid without a lesion.
fn centre(lesions: &Mask) -> [usize; 3] {
    let Some(slice) = largest_lesion_slice(lesions.data()) else { return lesions.shape().map(|n| n / 2) };
    let plane = lesions.data().index_axis_move(Axis(2), slice);
    let voxels: Vec<_> = plane.indexed_iter().filter(|(_, lesion)| **lesion).map(|(at, _)| at).collect();
    let (i, j) = voxels.iter().fold((0, 0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
    [i / voxels.len(), j / voxels.len(), slice]
}

/// Smallest and largest intensity.
fn range(scan: &Volume<f32>) -> [f32; 2] {
    let values = scan.as_slice().iter().copied();
    [values.clone().fold(f32::INFINITY, f32::min), values.fold(f32::NEG_INFINITY, f32::max)]
}

/// Thresholds 1 and 2 of the `matched` protocol over each voxel set.
fn matched(evaluation: &Evaluation, method: Method) -> Result<[[f32; 2]; 2]> {
    let summary = evaluation.methods.iter().find(|summary| summary.id == method.id());
    let summary = summary.with_context(|| format!("{} has not been evaluated", method.id()))?;
    let threshold = |voxels, level| {
        let mut points = summary.points.iter().map(|at| at.point);
        let wanted =
            points.find(|at| (at.protocol, at.voxels, at.level) == (Protocol::Matched, voxels, level));
        wanted
            .map(|point| point.threshold)
            .with_context(|| format!("{} has no matched thresholds", method.id()))
    };
    let [all, brain] = VoxelSet::ALL;
    Ok([[threshold(all, 1)?, threshold(all, 2)?], [threshold(brain, 1)?, threshold(brain, 2)?]])
}

fn count(stops: &Stops, scored: &Scored) -> Result<Vec<StopCounts>> {
    let scores = scored.scores.as_standard_layout();
    let scores = scores.as_slice().context("an array in standard layout is a slice")?;
    let lesions = scored.lesions.as_ref().context("a test subject has lesions")?;
    Ok(stops.count(scores, lesions.as_slice(), scored.read.mask.as_slice())?)
}

/// The level below which nearly all of a map lies, so that single voxels do not darken the rest.
fn brightest(levels: &Array3<u8>) -> u8 {
    let mut levels: Vec<u8> = levels.iter().copied().collect();
    let rank = (BRIGHTEST * (levels.len() - 1) as f64) as usize;
    (*levels.select_nth_unstable(rank).1).max(1)
}
