//! Quality pictures: whether a scan's brain mask and its registration are right, at a glance.
//!
//! As the reports of fMRIPrep (Esteban et al. 2019, doi:10.1038/s41592-018-0235-4) do: several slices in three
//! planes, with outlines by which an error stands out. Everything is to scale in millimetres, whatever the
//! voxels' shape, and in radiological convention (the patient's right is at the left of the picture).

mod canvas;
mod frame;
mod palette;
mod slice;
mod tone;

use nalgebra::Point3;

pub use canvas::Picture;
use canvas::{Style, text_width, wrap};
use frame::{Frame, Plane, bounds};
use palette::Colour;
use slice::{Slice, Tone, interpolate};

use crate::{AffineTransform, Error, GridMismatch, Mask, Result, Volume};

/// Sizes in pixels.
const WIDTH: usize = 1800;
const BORDER: usize = 28;
const GAP: usize = 4;
/// Slices of each plane.
const SLICES: usize = 7;
/// Height of the slices of a thumbnail.
const THUMBNAIL: usize = 88;
/// What is shown around the brain (mm).
const MARGIN: f64 = 8.0;
/// Share of a slab that is more than air at the ends of a head.
const HEAD_SHARE: f64 = 0.02;

/// Colours that stay apart for readers with colour-vision deficiency (after Okabe and Ito), on black; all are in the
/// palette of the file.
const BACKGROUND: Colour = [14, 14, 14];
const TEXT: Colour = [241, 241, 241];
const FAINT: Colour = [167, 167, 167];
const SCAN_LINE: Colour = [0, 255, 255];
const REFERENCE_LINE: Colour = [255, 191, 0];
const EDGE_LINE: Colour = [64, 191, 255];
const WARNING: Colour = [255, 191, 0];

const HEADING: Style = Style { size: 34.0, colour: TEXT, bold: true };
const SECTION: Style = Style { size: 25.0, colour: TEXT, bold: true };
const LINE: Style = Style { size: 23.0, colour: FAINT, bold: false };
const WARNING_LINE: Style = Style { size: 23.0, colour: WARNING, bold: true };
const LETTER: Style = Style { size: 21.0, colour: TEXT, bold: true };
const LABEL: Style = Style { size: 18.0, colour: FAINT, bold: false };

/// What is written above a quality picture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caption<'a> {
    /// Which scan this is.
    pub title: &'a str,
    /// Figures, such as the volume of the brain: a line each.
    pub figures: &'a [String],
    /// Reasons to look closely.
    pub warnings: &'a [String],
}

/// One thing that a quality picture shows.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Section<'a> {
    /// A scan with the outline of its brain.
    BrainMask {
        /// The scan, on its own grid.
        scan: &'a Volume<f32>,
        /// The brain, on the same grid.
        mask: &'a Mask,
    },
    /// A fixed volume and, slice by slice below it, the moving volume brought onto it, both with the outline and
    /// the inner edges of the fixed one.
    Registration {
        /// The volume that stays where it is.
        fixed: &'a Volume<f32>,
        /// Its brain, on the same grid; without it the whole volume is shown, with edges alone.
        fixed_mask: Option<&'a Mask>,
        /// The volume that is brought onto it, as it was acquired.
        moving: &'a Volume<f32>,
        /// World of the fixed volume to world of the moving one (RAS+, mm).
        transform: &'a AffineTransform,
    },
}

/// Draws a quality picture, 1800 pixels wide: the caption, then the sections one below the other.
///
/// # Errors
/// If a mask has another shape than its volume.
pub fn quality_picture(caption: &Caption<'_>, sections: &[Section<'_>]) -> Result<Picture> {
    let scenes = scenes(sections)?;
    let mut blocks = vec![heading(caption)];
    for scene in &scenes {
        blocks.push(scene.legend());
        let width = (WIDTH - 2 * BORDER - (SLICES - 1) * GAP) / SLICES;
        let scale = width as f64 / scene.frame.size[0].max(scene.frame.size[1]);
        for plane in Plane::ALL {
            let depths = scene.depths(plane, SLICES);
            for (name, panels) in scene.rows(plane, &depths, scale) {
                let mut row = spread(&panels, width);
                scene.annotate(&mut row, plane, &depths, width, name);
                blocks.push(row);
            }
        }
    }
    let height = blocks.iter().map(|block| block.height() + GAP).sum::<usize>() + 2 * BORDER;
    let mut picture = Picture::new(WIDTH, height, BACKGROUND);
    let mut top = BORDER;
    for block in &blocks {
        picture.paste((BORDER, top), block);
        top += block.height() + GAP;
    }
    Ok(picture)
}

/// A small picture without text, for a list of many: the middle slice of each plane, of each section (of a
/// registration, the moving volume).
///
/// # Errors
/// As [`quality_picture`].
pub fn thumbnail(sections: &[Section<'_>]) -> Result<Picture> {
    let mut panels = Vec::new();
    for scene in scenes(sections)? {
        let scale = THUMBNAIL as f64 / scene.frame.size[1].max(scene.frame.size[2]);
        for plane in Plane::ALL {
            let rows = scene.rows(plane, &scene.depths(plane, 1), scale);
            panels.extend(rows.into_iter().next_back().into_iter().flat_map(|(_, panels)| panels));
        }
    }
    let width = panels.iter().map(|panel| panel.width() + GAP).sum::<usize>().saturating_sub(GAP).max(1);
    let mut picture = Picture::new(width, THUMBNAIL, [0; 3]);
    let mut left = 0;
    for panel in &panels {
        picture.paste((left, THUMBNAIL.saturating_sub(panel.height()) / 2), panel);
        left += panel.width() + GAP;
    }
    Ok(picture)
}

/// A section made ready to be cut into slices.
struct Scene<'a> {
    section: Section<'a>,
    frame: Frame,
    /// From where to where (mm of the frame, along each axis) slices are shown.
    extent: [[f64; 2]; 3],
    /// Of the volume with the outline, and of the moving volume.
    tones: [Tone; 2],
    /// Intensity of the inner edges.
    edge: f32,
}

fn scenes<'a>(sections: &[Section<'a>]) -> Result<Vec<Scene<'a>>> {
    sections.iter().map(|&section| Scene::new(section)).collect()
}

impl<'a> Scene<'a> {
    fn new(section: Section<'a>) -> Result<Self> {
        let (volume, mask) = match section {
            Section::BrainMask { scan, mask } => (scan, Some(mask)),
            Section::Registration { fixed, fixed_mask, .. } => (fixed, fixed_mask),
        };
        if let Some(mask) = mask.filter(|mask| mask.shape() != volume.shape()) {
            return Err(Error::GridMismatch(GridMismatch::Shape {
                volume: volume.shape(),
                mask: mask.shape(),
            }));
        }
        // The whole head around a mask, so that what was left out is seen; of a reference only the brain.
        let (low, high) = if let Section::Registration { fixed_mask: Some(mask), .. } = section {
            bounds(mask, 0.0, |&inside| inside)
        } else {
            let air = tone::air(volume);
            bounds(volume, HEAD_SHARE, |&value| value > air)
        };
        let frame = Frame::new(&volume.grid(), low, high, MARGIN);
        let whole = frame.size.map(|size| [0.05 * size, 0.95 * size]);
        let extent = mask.filter(|mask| mask.count() > 0).map_or(whole, |mask| frame.extent(mask));
        let tone = Tone::of(volume, mask);
        let (moving_tone, edge) = match section {
            Section::BrainMask { .. } => (tone, 0.0),
            Section::Registration { moving, transform, .. } => {
                // White is the same tissue in both if the moving volume is looked at within the fixed brain.
                let brain = mask
                    .map(|mask| crate::resample::resample_mask(mask, &moving.grid(), transform.inverse()));
                let brain = brain.transpose()?.filter(|brain| brain.count() > 0);
                (Tone::of(moving, brain.as_ref()), tone::threshold(volume, mask))
            }
        };
        Ok(Self { section, frame, extent, tones: [tone, moving_tone], edge })
    }

    fn depths(&self, plane: Plane, count: usize) -> Vec<f64> {
        let [.., into] = plane.axes();
        let [from, to] = self.extent[into];
        // The outermost slices of a brain show little.
        let skip = 0.06 * (to - from);
        self.frame.depths(plane, from + skip, to - skip, count)
    }

    /// The slices at these depths: one row, or two for a registration; each with its name.
    fn rows(&self, plane: Plane, depths: &[f64], scale: f64) -> Vec<(&'static str, Vec<Picture>)> {
        let row = |moved| depths.iter().map(|&depth| self.panel(plane, depth, scale, moved)).collect();
        match self.section {
            Section::BrainMask { .. } => vec![("", row(false))],
            Section::Registration { .. } => vec![("fixed", row(false)), ("moving", row(true))],
        }
    }

    fn panel(&self, plane: Plane, depth: f64, scale: f64, moved: bool) -> Picture {
        let sample =
            |value: &dyn Fn(Point3<f64>) -> f32| Slice::sample(&self.frame, plane, depth, scale, value);
        let grey = |volume: &'a Volume<f32>| move |point| interpolate(volume, |&value| value, point);
        let soft =
            |mask: &'a Mask| move |point| interpolate(mask, |&inside| f32::from(u8::from(inside)), point);
        match self.section {
            Section::BrainMask { scan, mask } => {
                let mut picture = sample(&grey(scan)).to_picture(self.tones[0]);
                sample(&soft(mask)).smoothed().outline(&mut picture, 0.5, SCAN_LINE, None);
                picture
            }
            Section::Registration { fixed, fixed_mask, moving, transform } => {
                let reference = sample(&grey(fixed));
                let mut picture = if moved {
                    let moving = grey(moving);
                    sample(&|point| moving(transform.apply(point))).to_picture(self.tones[1])
                } else {
                    reference.to_picture(self.tones[0])
                };
                let mask = fixed_mask.map(|mask| sample(&soft(mask)).smoothed());
                reference.smoothed().smoothed().outline(&mut picture, self.edge, EDGE_LINE, mask.as_ref());
                if let Some(mask) = &mask {
                    mask.outline(&mut picture, 0.5, REFERENCE_LINE, None);
                }
                picture
            }
        }
    }

    /// Writes into a row of columns where each slice lies and, in the first, what is left and right and what it shows.
    fn annotate(&self, row: &mut Picture, plane: Plane, depths: &[f64], column: usize, name: &str) {
        let height = row.height();
        let [.., into] = plane.axes();
        let low = |style: Style| height.saturating_sub((1.25 * style.size) as usize);
        for (index, &depth) in depths.iter().enumerate() {
            let mut middle = self.frame.size.map(|size| 0.5 * size);
            middle[into] = depth;
            // Not -0.
            let position = self.frame.place(middle)[into].round() + 0.0;
            let position = format!("{} = {position:.0} mm", ["x", "y", "z"][into]);
            row.text((index * (column + GAP) + 6, low(LABEL)), &position, LABEL);
        }
        let [left, right, top, bottom] = plane.letters();
        let centre = |letter| column.saturating_sub(text_width(letter, LETTER)) / 2;
        let middle = height.saturating_sub(LETTER.size as usize) / 2;
        row.text((6, middle), left, LETTER);
        row.text((column.saturating_sub(text_width(right, LETTER) + 6), middle), right, LETTER);
        row.text((centre(top), 1), top, LETTER);
        row.text((centre(bottom), low(LETTER)), bottom, LETTER);
        row.text((6, 2), name, Style { colour: TEXT, ..LABEL });
    }

    /// The section's heading, with what the lines mean.
    fn legend(&self) -> Picture {
        let (title, lines): (_, &[(Colour, &str)]) = match self.section {
            Section::BrainMask { .. } => ("Brain mask on the scan", &[(SCAN_LINE, "brain mask")]),
            Section::Registration { fixed_mask: Some(_), .. } => (
                "Registration: the moving volume below the fixed one",
                &[(REFERENCE_LINE, "brain of the fixed volume"), (EDGE_LINE, "edges of the fixed volume")],
            ),
            Section::Registration { fixed_mask: None, .. } => (
                "Registration: the moving volume below the fixed one",
                &[(EDGE_LINE, "edges of the fixed volume")],
            ),
        };
        let mut block = Picture::new(WIDTH - 2 * BORDER, 56, BACKGROUND);
        block.text((0, 20), title, SECTION);
        let mut left = text_width(title, SECTION) + 40;
        for &(colour, meaning) in lines {
            block.fill((left, 32), (34, 4), colour);
            block.text((left + 44, 21), meaning, LINE);
            left += 44 + text_width(meaning, LINE) + 36;
        }
        block
    }
}

/// The caption as a block of the picture's inner width.
fn heading(caption: &Caption<'_>) -> Picture {
    let width = WIDTH - 2 * BORDER;
    let set = |text: &str, style: Style| wrap(text, width, style).into_iter().map(move |line| (line, style));
    let mut lines: Vec<(String, Style)> = set(caption.title, HEADING).collect();
    lines.extend(caption.figures.iter().flat_map(|figure| set(figure, LINE)));
    lines.extend(
        caption.warnings.iter().flat_map(|warning| set(&format!("Warning: {warning}"), WARNING_LINE)),
    );
    let tall = |style: Style| (1.3 * style.size) as usize;
    let height = lines.iter().map(|(_, style)| tall(*style)).sum::<usize>();
    let mut block = Picture::new(width, height.max(1), BACKGROUND);
    let mut top = 0;
    for (line, style) in lines {
        block.text((0, top), &line, style);
        top += tall(style);
    }
    block
}

/// Panels side by side, each in the middle of a column.
fn spread(panels: &[Picture], column: usize) -> Picture {
    let height = panels.iter().map(Picture::height).max().unwrap_or(1);
    let mut block = Picture::new(WIDTH - 2 * BORDER, height, BACKGROUND);
    for (index, panel) in panels.iter().enumerate() {
        let left = index * (column + GAP);
        block.fill((left, 0), (column, height), [0; 3]);
        block.paste((left + column.saturating_sub(panel.width()) / 2, (height - panel.height()) / 2), panel);
    }
    block
}

#[cfg(test)]
mod tests;
