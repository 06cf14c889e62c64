//! Figure 1 of the paper: input, reconstructions, anomaly maps and detections side by side.

use std::fmt::Write as _;

use anomaly_eval::check_shape;
use ndarray::{Array2, ArrayView3, Axis};

use super::colour::{DETECTION, OUTLINE, grey, inferno, mix};
use super::svg::{Anchor, Figure, TextStyle};
use crate::error::{Error, Result};

/// What one method shows on a slice. All arrays have the shape of the input slice.
#[derive(Clone, Debug)]
pub struct Figure1Column {
    /// Column title.
    pub label: String,
    /// Reconstruction in [0, 1]; `None` for a baseline that reconstructs nothing.
    pub reconstruction: Option<Array2<f32>>,
    /// Normalized anomaly scores in [0, 1].
    pub anomaly: Array2<f32>,
    /// Voxels called anomalous.
    pub detection: Array2<bool>,
}

/// One axial slice of one subject, as arrays `[i, j]` of a RAS+ grid (`i` to the patient's right, `j` to the front).
#[derive(Clone, Debug)]
pub struct Figure1Subject {
    /// Written at the left, such as "sub-003, z = 81"; with one method, in up to two lines.
    pub label: String,
    /// Intensities in [0, 1].
    pub input: Array2<f32>,
    /// True lesion, where known.
    pub truth: Option<Array2<bool>>,
    /// One column for each method, the same methods in the same order for each subject.
    pub columns: Vec<Figure1Column>,
}

/// Figure 1, in radiological convention (the patient's right is on the left). With several methods, each subject has three
/// rows: reconstruction, anomaly map and detection of all methods beside the input. With one method, each subject is one
/// row of four pictures.
#[derive(Clone, Debug)]
pub struct Figure1 {
    /// Title above the figure.
    pub title: String,
    /// Size of a voxel along `i` and `j` in mm.
    pub spacing: [f64; 2],
    /// Score that gets the brightest colour, where scores mean the same in all subjects. With `None` each subject has a scale
    /// of its own, up to the 99.5th percentile of its maps.
    pub scale: Option<f32>,
    /// The subjects, from top to bottom.
    pub subjects: Vec<Figure1Subject>,
}

const LEFT: f64 = 46.0;
const TOP: f64 = 56.0;
const GAP: f64 = 3.0;
const SUBJECT_GAP: f64 = 12.0;
/// Room for the colour bar and its numbers.
const BAR: f64 = 40.0;
const WIDTH: f64 = 720.0;
/// Voxels of empty background that are kept around the head.
const MARGIN: usize = 4;
/// What the rows show; with one method, what the columns after the input show.
const STEPS: [&str; 3] = ["Reconstruction", "Anomaly map", "Detection"];

impl Figure1 {
    /// Draws the figure.
    ///
    /// # Errors
    /// [`anomaly_eval::Error::ShapeMismatch`] if an array differs from its input in shape; [`Error::Invalid`] without subjects or methods, or
    /// if subjects differ in their columns or the spacing is not positive.
    pub fn draw(&self) -> Result<Figure> {
        self.check()?;
        let methods: Vec<&str> =
            self.subjects[0].columns.iter().map(|column| column.label.as_str()).collect();
        let strip = methods.len() == 1;
        let titles = if strip { STEPS.to_vec() } else { methods };
        let rows = if strip { 1.0 } else { STEPS.len() as f64 };
        let width = (WIDTH - LEFT - BAR) / (titles.len() + 1) as f64 - GAP;
        let crops: Vec<Crop> = self.subjects.iter().map(|subject| Crop::around(&subject.input)).collect();
        let heights: Vec<f64> = crops.iter().map(|crop| width * crop.aspect(self.spacing)).collect();
        let total: f64 = heights.iter().map(|height| rows * (height + GAP) + SUBJECT_GAP).sum();
        let mut figure = Figure::new(WIDTH, TOP + total + if strip { 24.0 } else { 0.0 });

        figure.text(LEFT, 17.0, &self.title, TextStyle::new(12.5, Anchor::Start).bold());
        for (at, title) in std::iter::once(&"Input").chain(&titles).enumerate() {
            let x = LEFT + at as f64 * (width + GAP) + width / 2.0;
            let lines = title_lines(title, width);
            for (line, words) in lines.iter().rev().enumerate() {
                let y = TOP - 7.0 - 12.0 * line as f64;
                figure.text(x, y, words, TextStyle::new(11.0, Anchor::Middle).bold());
            }
        }
        let mut top = TOP;
        for ((subject, crop), height) in self.subjects.iter().zip(&crops).zip(heights) {
            let scale = self.scale.unwrap_or_else(|| anomaly_scale(subject));
            Panel { subject, crop, top, size: (width, height), spacing: self.spacing, scale, strip }
                .draw(&mut figure)?;
            top += rows * (height + GAP) + SUBJECT_GAP;
        }
        if strip {
            draw_legend(
                &mut figure,
                (LEFT, top),
                self.subjects.iter().any(|subject| subject.truth.is_some()),
            );
        }
        Ok(figure)
    }

    fn check(&self) -> Result<()> {
        let Some(first) = self.subjects.first() else {
            return Err(Error::invalid("the list of subjects of figure 1 is empty"));
        };
        if !self.spacing.iter().all(|mm| mm.is_finite() && *mm > 0.0) {
            return Err(Error::invalid(format!("voxel spacing {:?} mm is not positive", self.spacing)));
        }
        if first.columns.is_empty() {
            return Err(Error::invalid("the list of methods of figure 1 is empty"));
        }
        for subject in &self.subjects {
            let shape = subject.input.shape();
            if subject.input.is_empty() {
                return Err(Error::invalid("the input slice is empty"));
            }
            if !subject.columns.iter().map(|c| &c.label).eq(first.columns.iter().map(|c| &c.label)) {
                return Err(Error::invalid(format!("subject {} shows other methods", subject.label)));
            }
            if let Some(truth) = &subject.truth {
                check_shape("the true lesion", truth.shape(), shape)?;
            }
            for column in &subject.columns {
                if let Some(reconstruction) = &column.reconstruction {
                    check_shape("the reconstruction", reconstruction.shape(), shape)?;
                }
                check_shape("the anomaly map", column.anomaly.shape(), shape)?;
                check_shape("the detection", column.detection.shape(), shape)?;
            }
        }
        Ok(())
    }
}

/// A column title in one line, or in two where it would be wider than its column.
fn title_lines(title: &str, width: f64) -> Vec<&str> {
    // Letters of the bold title are about 6.6 units wide.
    let fits = title.chars().count() as f64 * 6.6 < width;
    let middle = |at: &usize| at.abs_diff(title.len() / 2);
    let space = title.match_indices(' ').map(|(at, _)| at).min_by_key(middle);
    match space.filter(|_| !fits) {
        Some(space) => vec![&title[..space], &title[space + 1..]],
        None => vec![title],
    }
}

/// The slice `k` of `[i, j, k]` that holds most lesion voxels; `None` without a lesion.
pub fn largest_lesion_slice(lesion: ArrayView3<'_, bool>) -> Option<usize> {
    let counts = lesion.axis_iter(Axis(2)).map(|slice| slice.iter().filter(|voxel| **voxel).count());
    let (slice, voxels) =
        counts.enumerate().max_by_key(|(slice, voxels)| (*voxels, std::cmp::Reverse(*slice)))?;
    (voxels > 0).then_some(slice)
}

/// Score that gets the brightest colour: the 99.5th percentile over the anomaly maps of all methods, so that all
/// share one scale and single voxels do not darken it.
fn anomaly_scale(subject: &Figure1Subject) -> f32 {
    let mut scores: Vec<f32> =
        subject.columns.iter().flat_map(|column| column.anomaly.iter().copied()).collect();
    if scores.is_empty() {
        return 1.0;
    }
    let rank = (0.995 * (scores.len() - 1) as f64) as usize;
    let (_, score, _) = scores.select_nth_unstable_by(rank, f32::total_cmp);
    if *score > 0.0 { *score } else { 1.0 }
}

/// The pictures of one subject. Cell (0, 0) is the input, cell (m, s) step s of method m.
struct Panel<'a> {
    subject: &'a Figure1Subject,
    crop: &'a Crop,
    top: f64,
    size: (f64, f64),
    spacing: [f64; 2],
    /// Score of the brightest colour.
    scale: f32,
    /// One method, all pictures in one row.
    strip: bool,
}

impl Panel<'_> {
    fn draw(&self, figure: &mut Figure) -> Result<()> {
        let (subject, scale) = (self.subject, self.scale);
        let input = |at: (usize, usize)| grey(subject.input[at]);
        self.picture(figure, 0, 0, input)?;
        self.orientation(figure);
        for (index, column) in subject.columns.iter().enumerate() {
            if let Some(reconstruction) = &column.reconstruction {
                self.picture(figure, index + 1, 0, |at| grey(reconstruction[at]))?;
            }
            self.picture(figure, index + 1, 1, |at| inferno(column.anomaly[at] / scale))?;
            let detected =
                |at| if column.detection[at] { mix(input(at), DETECTION, 0.75) } else { input(at) };
            self.picture(figure, index + 1, 2, detected)?;
            self.outline(figure, index + 1, 2);
        }
        self.colour_bar(figure, scale)?;
        let middle = |row| self.corner(0, row).1 + self.size.1 / 2.0;
        let label = TextStyle::new(10.5, Anchor::Middle).bold().upright();
        if self.strip {
            // Lines of upright text run from left to right.
            for (line, words) in subject.label.lines().rev().enumerate() {
                figure.text(32.0 - 13.0 * line as f64, middle(0), words, label);
            }
            return Ok(());
        }
        figure.text(18.0, middle(1), &subject.label, label);
        for (row, step) in STEPS.into_iter().enumerate() {
            figure.text(LEFT - 7.0, middle(row), step, TextStyle::new(9.5, Anchor::Middle).upright());
        }
        if subject.truth.is_some() {
            self.picture(figure, 0, 1, input)?;
            self.outline(figure, 0, 1);
        }
        let (x, y) = self.corner(0, 2);
        draw_legend(figure, (x + 4.0, y + 14.0), subject.truth.is_some());
        Ok(())
    }

    /// Top left corner of a cell.
    fn corner(&self, column: usize, row: usize) -> (f64, f64) {
        let (width, height) = self.size;
        let (across, down) = if self.strip { (column + row, 0) } else { (column, row) };
        (LEFT + across as f64 * (width + GAP), self.top + down as f64 * (height + GAP))
    }

    fn picture(
        &self,
        figure: &mut Figure,
        column: usize,
        row: usize,
        colour: impl Fn((usize, usize)) -> [u8; 3],
    ) -> Result<()> {
        let crop = self.crop;
        let pixels = (0..crop.rows)
            .flat_map(|row| (0..crop.columns).flat_map(move |column| [crop.voxel(column, row)]));
        let rgb: Vec<u8> = pixels.flat_map(colour).collect();
        figure.picture(self.corner(column, row), self.size, [crop.columns, crop.rows], &rgb)
    }

    /// Draws the border of the true lesion along voxel edges.
    fn outline(&self, figure: &mut Figure, column: usize, row: usize) {
        let Some(truth) = &self.subject.truth else { return };
        let crop = self.crop;
        let inside = |x: usize, y: usize| x < crop.columns && y < crop.rows && truth[crop.voxel(x, y)];
        let (left, top) = self.corner(column, row);
        let (dx, dy) = (self.size.0 / crop.columns as f64, self.size.1 / crop.rows as f64);
        let mut path = String::new();
        // Each edge between a voxel and its left or upper neighbour, the far border included.
        for y in 0..=crop.rows {
            for x in 0..=crop.columns {
                let (at_x, at_y) = (left + x as f64 * dx, top + y as f64 * dy);
                let here = inside(x, y);
                if here != (x > 0 && inside(x - 1, y)) {
                    let _ = write!(path, "M{at_x:.2} {at_y:.2}v{dy:.3}");
                }
                if here != (y > 0 && inside(x, y - 1)) {
                    let _ = write!(path, "M{at_x:.2} {at_y:.2}h{dx:.3}");
                }
            }
        }
        if !path.is_empty() {
            figure.raw(&format!(
                "<path d=\"{path}\" fill=\"none\" stroke=\"{OUTLINE}\" stroke-width=\"0.8\" stroke-linecap=\"square\"/>"
            ));
        }
    }

    /// R and L in the corners of the input, and a bar of 50 mm.
    fn orientation(&self, figure: &mut Figure) {
        let ((x, y), (width, height)) = (self.corner(0, 0), self.size);
        let style = |anchor| TextStyle::new(9.0, anchor).bold().colour("#FFFFFF").edged();
        figure.text(x + 4.0, y + 11.0, "R", style(Anchor::Start));
        figure.text(x + width - 4.0, y + 11.0, "L", style(Anchor::End));
        let bar = 50.0 * width / (self.crop.columns as f64 * self.spacing[0]);
        for style in ["stroke=\"#000000\" stroke-width=\"3\"", "stroke=\"#FFFFFF\" stroke-width=\"1.4\""] {
            figure.line((x + 4.0, y + height - 4.0), (x + 4.0 + bar, y + height - 4.0), style);
        }
        let label = TextStyle::new(8.5, Anchor::Start).colour("#FFFFFF").edged();
        figure.text(x + 4.0, y + height - 7.0, "50 mm", label);
    }

    /// Scale of the anomaly maps, at the right end of their row.
    fn colour_bar(&self, figure: &mut Figure, scale: f32) -> Result<()> {
        const SHADES: usize = 64;
        let (_, y) = self.corner(1, 1);
        let (x, height) = (WIDTH - BAR + 3.0, self.size.1);
        let rgb: Vec<u8> =
            (0..SHADES).flat_map(|shade| inferno(1.0 - shade as f32 / (SHADES - 1) as f32)).collect();
        figure.picture((x, y), (7.0, height), [1, SHADES], &rgb)?;
        let style = TextStyle::new(8.5, Anchor::Start);
        figure.text(x, y - 4.0, "Score", style);
        for share in [0.0_f32, 0.5, 1.0] {
            let inset = 6.5 * (1.0 - f64::from(share));
            let at = y + height * (1.0 - f64::from(share)) + 6.5 - inset;
            figure.text(x + 10.0, at, &format!("{:.2}", share * scale), style);
        }
        Ok(())
    }
}

/// Key to the overlays, two lines from `(x, y)` down.
fn draw_legend(figure: &mut Figure, (x, y): (f64, f64), truth: bool) {
    let [r, g, b] = DETECTION;
    let mut line = |y: f64, paint: &str, text: &str| {
        figure.raw(&format!("<rect x=\"{x:.2}\" y=\"{:.2}\" width=\"8\" height=\"8\" {paint}/>", y - 7.5));
        figure.text(x + 13.0, y, text, TextStyle::new(9.0, Anchor::Start));
    };
    line(y, &format!("fill=\"rgb({r},{g},{b})\""), "detected");
    if truth {
        line(y + 14.0, &format!("fill=\"#404040\" stroke=\"{OUTLINE}\" stroke-width=\"1.2\""), "true lesion");
    }
}

/// The part of a slice that is shown, and how its voxels lie on the page.
struct Crop {
    /// First voxel along `i` and `j`.
    start: (usize, usize),
    columns: usize,
    rows: usize,
}

impl Crop {
    /// The voxels above zero, with a margin; the whole slice if there are none.
    fn around(slice: &Array2<f32>) -> Self {
        let (across, along) = slice.dim();
        let bounds = |indices: &mut dyn Iterator<Item = usize>, length: usize| {
            let (first, last) = indices.fold((length, 0), |(first, last), at| (first.min(at), last.max(at)));
            if first > last {
                (0, length)
            } else {
                (first.saturating_sub(MARGIN), (last + MARGIN + 1).min(length))
            }
        };
        let bright = || slice.indexed_iter().filter(|(_, value)| **value > 0.0).map(|(at, _)| at);
        let (i, j) =
            (bounds(&mut bright().map(|at| at.0), across), bounds(&mut bright().map(|at| at.1), along));
        Self { start: (i.0, j.0), columns: i.1 - i.0, rows: j.1 - j.0 }
    }

    /// Height over width, in mm.
    fn aspect(&self, spacing: [f64; 2]) -> f64 {
        (self.rows as f64 * spacing[1]) / (self.columns as f64 * spacing[0])
    }

    /// Voxel at a place on the page: the patient's right is left, the front is up.
    fn voxel(&self, column: usize, row: usize) -> (usize, usize) {
        (self.start.0 + self.columns - 1 - column, self.start.1 + self.rows - 1 - row)
    }
}
