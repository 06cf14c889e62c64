//! A figure under construction, and its two file formats.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use resvg::{tiny_skia, usvg};

use crate::error::{Error, Result};

/// Units per inch of SVG, by the CSS standard.
const UNITS_PER_INCH: f32 = 96.0;
/// Resolution of PNG files.
const DOTS_PER_INCH: f32 = 300.0;

/// A drawing in units of 1/96 inch, the origin at the top left.
#[derive(Clone, Debug)]
pub struct Figure {
    width: f64,
    height: f64,
    body: String,
}

/// Where text is anchored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How text is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextStyle {
    pub(crate) size: f64,
    pub(crate) colour: &'static str,
    pub(crate) bold: bool,
    pub(crate) anchor: Anchor,
    /// Turned by 90 degrees to the left.
    pub(crate) upright: bool,
    /// With a black edge, to be read on a picture.
    pub(crate) edged: bool,
}

impl TextStyle {
    pub(crate) const fn new(size: f64, anchor: Anchor) -> Self {
        Self { size, colour: "#000000", bold: false, anchor, upright: false, edged: false }
    }

    pub(crate) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) const fn upright(self) -> Self {
        Self { upright: true, ..self }
    }

    pub(crate) const fn edged(self) -> Self {
        Self { edged: true, ..self }
    }

    pub(crate) const fn colour(self, colour: &'static str) -> Self {
        Self { colour, ..self }
    }
}

impl Figure {
    /// An empty white figure.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let mut figure = Self { width, height, body: String::new() };
        figure.raw(&format!("<rect width=\"{width:.2}\" height=\"{height:.2}\" fill=\"#ffffff\"/>"));
        figure
    }

    /// Adds an SVG element.
    pub(crate) fn raw(&mut self, element: &str) {
        self.body += element;
        self.body.push('\n');
    }

    /// Adds text with its baseline at `(x, y)`.
    pub(crate) fn text(&mut self, x: f64, y: f64, text: &str, style: TextStyle) {
        let anchor = match style.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if style.bold { " font-weight=\"bold\"" } else { "" };
        let turn =
            if style.upright { format!(" transform=\"rotate(-90 {x:.2} {y:.2})\"") } else { String::new() };
        let edge =
            if style.edged { " stroke=\"#000000\" stroke-width=\"2\" paint-order=\"stroke\"" } else { "" };
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let TextStyle { size, colour, .. } = style;
        self.raw(&format!(
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size}\" fill=\"{colour}\" \
             text-anchor=\"{anchor}\"{weight}{edge}{turn}>{text}</text>"
        ));
    }

    /// Adds a straight line; `style` holds further attributes, such as `stroke`.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.raw(&format!("<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" {style}/>"));
    }

    /// Adds an open line through points.
    pub(crate) fn polyline(&mut self, points: impl IntoIterator<Item = (f64, f64)>, style: &str) {
        let mut path = String::new();
        for (x, y) in points {
            let _ = write!(path, "{x:.2},{y:.2} ");
        }
        self.raw(&format!("<polyline points=\"{}\" fill=\"none\" {style}/>", path.trim_end()));
    }

    /// Adds a filled polygon; nothing without points.
    pub(crate) fn polygon(&mut self, points: impl IntoIterator<Item = (f64, f64)>, style: &str) {
        let path: Vec<String> = points.into_iter().map(|(x, y)| format!("{x:.2},{y:.2}")).collect();
        if !path.is_empty() {
            self.raw(&format!("<polygon points=\"{}\" {style}/>", path.join(" ")));
        }
    }

    /// Adds a picture of `columns` x `rows` pixels, given as RGB bytes from the top left, stretched over a rectangle.
    pub(crate) fn picture(
        &mut self,
        corner: (f64, f64),
        size: (f64, f64),
        [columns, rows]: [usize; 2],
        rgb: &[u8],
    ) -> Result<()> {
        let bytes = encode_png([columns as u32, rows as u32], png::ColorType::Rgb, rgb)?;
        let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
        let ((x, y), (width, height)) = (corner, size);
        self.raw(&format!(
            "<image x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" preserveAspectRatio=\"none\" \
             href=\"data:image/png;base64,{encoded}\"/>"
        ));
        Ok(())
    }

    /// The figure as an SVG document. Text stays text, in Noto Sans or a similar font of the reader's machine.
    pub fn to_svg(&self) -> String {
        let Self { width, height, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.2}\" height=\"{height:.2}\" \
             viewBox=\"0 0 {width:.2} {height:.2}\" font-family=\"Noto Sans, Helvetica, Arial, sans-serif\">\n\
             {body}</svg>\n"
        )
    }

    /// The figure as PNG at 300 dots per inch.
    ///
    /// # Errors
    /// [`Error::Figure`] if the drawing cannot be rasterised.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        let options =
            usvg::Options { fontdb: FONTS.clone(), font_family: "Noto Sans".into(), ..Default::default() };
        let tree = usvg::Tree::from_str(&self.to_svg(), &options)
            .map_err(|error| Error::Figure(error.to_string()))?;
        let scale = DOTS_PER_INCH / UNITS_PER_INCH;
        let pixels = |length: f32| (length * scale).ceil() as u32;
        let [width, height] = [pixels(tree.size().width()), pixels(tree.size().height())];
        let mut canvas = tiny_skia::Pixmap::new(width, height)
            .ok_or_else(|| Error::Figure(format!("{width} x {height} pixels are too many")))?;
        canvas.fill(tiny_skia::Color::WHITE);
        resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut canvas.as_mut());
        // The canvas is opaque, so its premultiplied colours are plain colours.
        let rgb: Vec<u8> =
            canvas.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        encode_png([width, height], png::ColorType::Rgb, &rgb)
    }
}

/// Noto Sans (SIL Open Font License 1.1), so that figures look the same on each machine.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    for font in [notosans::REGULAR_TTF, notosans::BOLD_TTF] {
        fonts.load_font_data(font.to_vec());
    }
    Arc::new(fonts)
});

/// A PNG file marked with its resolution.
fn encode_png([width, height]: [u32; 2], colour: png::ColorType, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    let per_metre = (f64::from(DOTS_PER_INCH) / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let failed = |error: png::EncodingError| Error::Figure(error.to_string());
    encoder.write_header().map_err(failed)?.write_image_data(bytes).map_err(failed)?;
    Ok(file)
}
