//! A viewer of volumes in an HTML page that needs nothing else: what the report's page and that of `memae detect` share.

mod embed;
mod look;
mod stops;

use anyhow::Result;
use minijinja::Environment;
use mri_io::Affine;
use serde::Serialize;

pub(crate) use embed::{Crop, Embedded, shades};
pub(crate) use look::Look;
pub(crate) use stops::{StopCounts, Stops};

/// The style of the page around a viewer, and of the viewer.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../templates/viewer/page.css"),
    include_str!("../../templates/viewer/viewer.css")
);
/// What every viewer's script begins with.
pub(crate) const SCRIPT: &str = concat!(
    include_str!("../../templates/viewer/volumes.js"),
    include_str!("../../templates/viewer/planes.js"),
    include_str!("../../templates/viewer/colours.js"),
    include_str!("../../templates/viewer/picture.js"),
    include_str!("../../templates/viewer/selection.js"),
    include_str!("../../templates/viewer/show.js"),
    include_str!("../../templates/viewer/controls.js"),
    include_str!("../../templates/viewer/start.js"),
);
/// Markup that templates include: names and contents.
pub(crate) const MARKUP: [(&str, &str); 3] = [
    ("planes.html", include_str!("../../templates/viewer/planes.html")),
    ("threshold.html", include_str!("../../templates/viewer/threshold.html")),
    ("volumes.html", include_str!("../../templates/viewer/volumes.html")),
];

/// Templates of a page, so far those that it may include.
pub(crate) fn templates() -> Result<Environment<'static>> {
    let mut templates = Environment::new();
    for (name, markup) in MARKUP {
        // The name's extension turns on HTML escaping.
        templates.add_template(name, markup)?;
    }
    Ok(templates)
}

/// A scan in a page: which part of it is there, and where that lies.
#[derive(Serialize)]
pub(crate) struct Shown {
    name: String,
    pub(crate) crop: Crop,
    /// Voxel of the whole grid to world (mm), three rows.
    affine: [[f64; 4]; 3],
    /// Size of a voxel of the crop (mm).
    spacing: [f64; 3],
    /// Voxel of the crop at which the crosshair begins.
    start: [usize; 3],
}

impl Shown {
    /// A part of a grid whose axes run to the patient's right, front and top. `start`: a voxel of the whole grid.
    pub(crate) fn new(name: &str, affine: &Affine, crop: Crop, start: [usize; 3]) -> Self {
        let matrix = affine.matrix();
        Self {
            name: name.to_owned(),
            affine: std::array::from_fn(|row| std::array::from_fn(|column| matrix[(row, column)])),
            spacing: affine.spacing().map(|mm| mm * crop.stride as f64),
            start: crop.nearest(start),
            crop,
        }
    }
}

/// What a page holds for its viewer.
#[derive(Serialize)]
pub(crate) struct Part {
    /// What the script reads, as JSON that may stand in a script element.
    description: String,
    volumes: Vec<Embedded>,
    /// Size of the volumes in the page.
    megabytes: String,
}

impl Part {
    pub(crate) fn new(description: &impl Serialize, volumes: Vec<Embedded>) -> Result<Self> {
        let bytes: usize = volumes.iter().map(Embedded::bytes).sum();
        Ok(Self {
            description: serde_json::to_string(description)?.replace('<', "\\u003c"),
            volumes,
            megabytes: format!("{:.1}", bytes as f64 / 1e6),
        })
    }
}
