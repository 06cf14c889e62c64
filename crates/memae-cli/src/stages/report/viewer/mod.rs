//! What the page's viewer shows: a few test subjects under every method, with exact counts along a slider of thresholds.

mod choice;
mod look;

use anomaly_eval::{MethodSummary, Protocol, SubjectMetrics, VoxelSet};
use anyhow::{Context, Result};
use memae_report::largest_lesion_slice;
use mri_io::{Mask, Volume};
use ndarray::{Array3, Axis, Zip};
use serde::Serialize;

use crate::config::Config;
use crate::run::cohort::Prepared;
use crate::stages::scoring::{Method, Scored};
use crate::viewer::{Crop, Embedded, Shown, StopCounts, Stops, shades};
use choice::{Choice, Rank};
use look::{BRAIN, LESION, ReportLook};

/// Voxels in the page, all volumes together. Where there are more, every second one (third, ...) along each axis is shown.
const MOST_VOXELS: usize = 72_000_000;
/// Voxels that are kept around the brain.
const MARGIN: usize = 1;
/// The share of a map's voxels that are darker than the brightest colour.
const BRIGHTEST: f64 = 0.995;

/// All that the page's script needs.
#[derive(Serialize)]
pub(super) struct Viewer<'a> {
    subjects: Vec<Subject>,
    methods: Vec<Marked>,
    /// Identifier of the method that is shown first.
    first: &'static str,
    look: ReportLook,
    #[serde(skip)]
    chosen: Vec<&'a Prepared>,
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
    /// Begins in the midst of the slice with most lesion.
    #[serde(flatten)]
    shown: Shown,
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

impl<'a> Viewer<'a> {
    /// Chooses subjects, of which no method has made anything yet; `None` if there are none to choose.
    pub(super) fn choose(
        config: &Config,
        test: &'a [Prepared],
        metrics: &[SubjectMetrics],
    ) -> Result<Option<Self>> {
        let Choice { text, subjects: chosen, judge } = choice::choose(config, test, metrics)?;
        // At most two volumes of each method, and scan and labels.
        let most = MOST_VOXELS / (2 * (Method::all(config).len() + 1) * chosen.len().max(1));
        let mut viewer = Self {
            subjects: Vec::new(),
            methods: Vec::new(),
            first: judge.id(),
            look: ReportLook::OF_THE_PAGE,
            chosen,
            choice: text,
            stride: 1,
            volumes: Vec::new(),
        };
        for prepared in viewer.chosen.clone() {
            viewer.add_subject(prepared, most)?;
        }
        Ok(Some(viewer).filter(|viewer| !viewer.chosen.is_empty()))
    }

    /// The subjects that the viewer shows.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &'a Prepared> {
        self.chosen.iter().copied()
    }

    /// Adds a method, whose results on all subjects come next.
    pub(super) fn add_method(&mut self, method: Method, found: &MethodSummary) -> Result<()> {
        let threshold = |voxels, level| {
            let threshold = found.threshold(Protocol::Matched, voxels, level);
            threshold.with_context(|| format!("{} has no matched thresholds", method.id()))
        };
        let [all, brain] = VoxelSet::ALL;
        let thresholds = [threshold(all, 1)?, threshold(all, 2)?, threshold(brain, 1)?, threshold(brain, 2)?];
        let stops = Stops::new(&thresholds);
        let position = |threshold| stops.position(threshold).context("the stops hold the thresholds");
        let [all1, all2, brain1, brain2] = thresholds.map(position);
        self.methods.push(Marked {
            id: method.id(),
            label: method.label(),
            reconstructs: !method.is_baseline(),
            marks: [[all1?, all2?], [brain1?, brain2?]],
            stops,
        });
        Ok(())
    }

    /// Adds what the last method makes of a subject, if the viewer shows it.
    pub(super) fn add(
        &mut self,
        method: Method,
        metrics: &[SubjectMetrics],
        prepared: &Prepared,
        scored: &Scored,
    ) -> Result<()> {
        let Some(at) = self.subjects().position(|shown| shown.name == prepared.name) else { return Ok(()) };
        let stops = &self.methods.last().context("a method comes before its results")?.stops;
        let subject = &mut self.subjects[at];
        let id = |kind: &str| format!("subject{at}-{}-{kind}", method.id());
        let levels = stops.levels(scored.scores.view());
        self.volumes.push(subject.shown.crop.embed(id("map"), levels.view())?);
        // The baselines expect something, but reconstruct nothing.
        if let Some(expected) = scored.read.expected.as_ref().filter(|_| !method.is_baseline()) {
            let grey = shades(expected.view(), range(&scored.read.scan));
            self.volumes.push(subject.shown.crop.embed(id("reconstruction"), grey.view())?);
        }
        let rank = choice::rank(metrics, method, &prepared.name);
        let (counts, brightest) = (count(stops, scored)?, brightest(&levels));
        subject.results.push(MethodResult { rank, counts, brightest });
        Ok(())
    }

    /// Adds a subject of which at most `most` voxels are shown: its scan, and labels that add up [`LESION`] and [`BRAIN`].
    fn add_subject(&mut self, prepared: &Prepared, most: usize) -> Result<()> {
        let (scan, brain) = prepared.read()?;
        let lesions = prepared.read_lesions()?.context("a test subject has lesions")?;
        let labels = Zip::from(lesions.data())
            .and(brain.data())
            .map_collect(|lesion, brain| LESION * u8::from(*lesion) + BRAIN * u8::from(*brain));
        let crop = Crop::around(labels.mapv(|label| label > 0).view(), [MARGIN; 3]).thinned_to(most);
        let id = |kind: &str| format!("subject{}-{kind}", self.subjects.len());
        let grey = shades(scan.data(), range(&scan));
        let embedded = [crop.embed(id("scan"), grey.view())?, crop.embed(id("labels"), labels.view())?];
        self.volumes.extend(embedded);
        self.stride = self.stride.max(crop.stride);
        self.subjects.push(Subject {
            shown: Shown::new(&prepared.name, scan.affine(), crop, centre(&lesions)),
            results: Vec::new(),
        });
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
fn range(scan: &Volume<f32>) -> [f64; 2] {
    let values = scan.as_slice().iter().copied();
    [values.clone().fold(f32::INFINITY, f32::min), values.fold(f32::NEG_INFINITY, f32::max)].map(f64::from)
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
