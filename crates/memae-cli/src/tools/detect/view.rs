//! A scan's findings to look at in a browser: one page that needs nothing else.

use anomaly_eval::area_opening;
use anyhow::{Context, Result};
use minijinja::value::Serde;
use mri_io::Volume;
use mri_io::resample::to_canonical;
use nalgebra::Point3;
use serde::Serialize;

use super::findings::{Findings, within};
use super::summary::Summary;
use super::window::{window, window_of_scores};
use crate::viewer::{self, Crop, Look, Part, Shown, Stops, shades};

/// What is shown around the brain (mm): enough of the head to know where one is.
const MARGIN: f64 = 8.0;
/// Voxels of each volume in the page. Where there are more, every second one (third, ...) along each axis is shown.
const MOST_VOXELS: usize = 8_000_000;

/// All that the page's script needs.
#[derive(Serialize)]
struct Description {
    subjects: [Subject; 1],
    methods: [Method; 1],
    look: Look,
    /// Voxel of the crop with the highest score of each component that is listed.
    parts: Vec<[usize; 3]>,
}

#[derive(Serialize)]
struct Subject {
    /// Begins at the highest score of the largest component.
    #[serde(flatten)]
    shown: Shown,
    results: [Marked; 1],
}

#[derive(Serialize)]
struct Method {
    stops: Stops,
    /// Position of the threshold of the results.
    marks: [usize; 1],
}

#[derive(Serialize)]
struct Marked {
    /// What is above each stop.
    marked_ml: Vec<f64>,
    /// The level from which the colour is the brightest.
    brightest: u8,
}

/// What the template shows.
#[derive(Serialize)]
struct Page<'a> {
    summary: &'a Summary,
    finding: String,
    model: String,
    caution: Option<String>,
    /// Volume (ml) from which a part is marked.
    smallest_ml: f64,
    stride: usize,
    /// The score from which the colour is the brightest.
    brightest: f32,
    style: String,
    script: String,
    viewer: Part,
}

/// The page.
///
/// # Errors
/// If a threshold is none of the slider's, which a score from 0 to 1 always is.
pub(super) fn render(findings: &Findings<'_>, summary: &Summary) -> Result<String> {
    let (scan, brain) = (to_canonical(findings.scan), to_canonical(&findings.prepared.native_mask));
    let affine = scan.affine();
    let margin = affine.spacing().map(|mm| (MARGIN / mm).ceil() as usize);
    let crop = Crop::around(brain.data(), margin).thinned_to(MOST_VOXELS);

    let stops = Stops::new(&[summary.threshold]);
    let mark = stops.position(summary.threshold).context("the stops hold the threshold")?;
    let levels = levels(findings, &stops)?;
    let ml = |voxels: u64| voxels as f64 * affine.voxel_volume() / 1000.0;
    let marked_ml = stops.above(levels.data()).into_iter().map(ml).collect();
    let map = to_canonical(&levels);
    let brightest = window_of_scores(summary.threshold)[1] as f32;

    let expected = to_canonical(&findings.reconstruction);
    let usual = window(&findings.prepared.volume, &findings.prepared.mask);
    let volumes = vec![
        crop.embed("subject0-scan".to_owned(), shades(scan.data(), window(&scan, &brain)).view())?,
        crop.embed("subject0-map".to_owned(), map.data())?,
        crop.embed("subject0-reconstruction".to_owned(), shades(expected.data(), usual).view())?,
    ];

    let voxel = |mm: [f64; 3]| -> [usize; 3] {
        let at = affine.world_to_voxel(Point3::from(mm));
        std::array::from_fn(|axis| at[axis].round().max(0.0) as usize)
    };
    let peaks: Vec<[usize; 3]> = summary.components.iter().map(|part| voxel(part.peak_mm)).collect();
    let middle = std::array::from_fn(|axis| crop.first[axis] + crop.stride * crop.shape[axis] / 2);
    let parts = peaks.iter().map(|peak| crop.nearest(*peak)).collect();
    let start = peaks.first().copied().unwrap_or(middle);
    let stride = crop.stride;
    let description = Description {
        subjects: [Subject {
            shown: Shown::new(&summary.name, affine, crop, start),
            results: [Marked { marked_ml, brightest: stops.level(brightest) }],
        }],
        methods: [Method { stops, marks: [mark] }],
        look: Look::OF_ALL_PICTURES,
        parts,
    };

    let mut templates = viewer::templates()?;
    templates.add_template("view.html", include_str!("../../../templates/detect/view.html"))?;
    let page = Page {
        summary,
        finding: summary.finding(),
        model: summary.model.line(),
        caution: summary.model.caution(),
        smallest_ml: findings.smallest * affine.voxel_volume() / 1000.0,
        stride,
        brightest,
        style: [viewer::STYLE, include_str!("../../../templates/detect/view.css")].concat(),
        script: [viewer::SCRIPT, include_str!("../../../templates/detect/view.js")].concat(),
        viewer: Part::new(&description, volumes)?,
    };
    Ok(templates.get_template("view.html")?.render(Serde(&page))?)
}

/// The map as levels among the stops, so that above each stop lies exactly what detection with that threshold marks.
fn levels(findings: &Findings<'_>, stops: &Stops) -> Result<Volume<u8>> {
    let scores = within(findings.anomaly.clone(), &findings.prepared.native_mask);
    let levels = stops.levels(scores.data());
    Ok(Volume::new(area_opening(&levels, findings.smallest), *scores.affine())?)
}
