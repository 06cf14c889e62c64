//! Pixels, text, and the PNG file.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use super::palette::{self, Colour};
use crate::{Error, Result};

/// An RGB picture, rows from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// How text is set; `x` of [`Picture::text`] is the left end.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Height of a line in pixels.
    pub(super) size: f32,
    pub(super) colour: Colour,
    pub(super) bold: bool,
}

impl Picture {
    pub(super) fn new(width: usize, height: usize, colour: Colour) -> Self {
        Self { width, height, rgb: colour.repeat(width * height) }
    }

    /// Number of pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels, red, green and blue of one after the other, row by row from the top left.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The picture as a PNG file of 253 colours: the greys to within 1, others to within 32 of 255.
    ///
    /// # Errors
    /// If the encoder fails, which would be a defect of this crate.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        let failed = |error: png::EncodingError| Error::Picture(error.to_string());
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette::colours());
        encoder.set_filter(png::Filter::NoFilter);
        let pixels: Vec<u8> =
            self.rgb.chunks_exact(3).map(|pixel| palette::nearest([pixel[0], pixel[1], pixel[2]])).collect();
        encoder.write_header().map_err(failed)?.write_image_data(&pixels).map_err(failed)?;
        Ok(file)
    }

    /// Lays `share` (0 to 1) of a colour over a pixel; nothing outside of the picture.
    pub(super) fn blend(&mut self, x: usize, y: usize, colour: Colour, share: f32) {
        if x < self.width && y < self.height {
            let at = 3 * (y * self.width + x);
            for (old, new) in self.rgb[at..at + 3].iter_mut().zip(colour) {
                *old = (f32::from(*old) * (1.0 - share) + f32::from(new) * share).round() as u8;
            }
        }
    }

    /// Fills the rectangle from `(x, y)`.
    pub(super) fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), colour: Colour) {
        for row in y..(y + height).min(self.height) {
            for column in x..(x + width).min(self.width) {
                self.blend(column, row, colour, 1.0);
            }
        }
    }

    /// Copies another picture to `(x, y)`.
    pub(super) fn paste(&mut self, (x, y): (usize, usize), other: &Self) {
        for (row, pixels) in other.rgb.chunks_exact(3 * other.width).enumerate() {
            let at = 3 * ((y + row) * self.width + x);
            self.rgb[at..at + pixels.len()].copy_from_slice(pixels);
        }
    }

    /// Writes a line of text whose top left corner is `(x, y)`, with a black rim that keeps it readable on bright ground.
    pub(super) fn text(&mut self, (x, y): (usize, usize), text: &str, style: Style) {
        const AROUND: [(i32, i32); 8] =
            [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)];
        for (dx, dy) in AROUND {
            self.glyphs((x as i32 + dx, y as i32 + dy), text, Style { colour: [0; 3], ..style });
        }
        self.glyphs((x as i32, y as i32), text, style);
    }

    fn glyphs(&mut self, (x, y): (i32, i32), text: &str, style: Style) {
        for glyph in set(text, style) {
            if let Some(outline) = font(style).outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|column, row, share| {
                    let place = (x + corner.x as i32 + column as i32, y + corner.y as i32 + row as i32);
                    if let (Ok(x), Ok(y)) = (usize::try_from(place.0), usize::try_from(place.1)) {
                        self.blend(x, y, style.colour, share.min(1.0));
                    }
                });
            }
        }
    }
}

/// Width of a line of text in pixels.
pub(super) fn text_width(text: &str, style: Style) -> usize {
    let scaled = font(style).as_scaled(PxScale::from(style.size));
    set(text, style).last().map_or(0, |last| (last.position.x + scaled.h_advance(last.id)).ceil() as usize)
}

/// Breaks text into lines at most `width` pixels wide, between words where that can be.
pub(super) fn wrap(text: &str, width: usize, style: Style) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line");
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if text_width(&longer, style) <= width {
            *line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for letter in word.chars() {
            let line = lines.last_mut().expect("there is a line");
            if text_width(&format!("{line}{letter}"), style) > width && !line.is_empty() {
                lines.push(letter.to_string());
            } else {
                line.push(letter);
            }
        }
    }
    lines
}

/// The glyphs of a line whose top left corner is the origin.
fn set(text: &str, style: Style) -> Vec<Glyph> {
    let scaled = font(style).as_scaled(PxScale::from(style.size));
    let mut x = 0.0;
    let mut before = None;
    let place = |letter| {
        let mut glyph = scaled.scaled_glyph(letter);
        x += before.map_or(0.0, |before| scaled.kern(before, glyph.id));
        before = Some(glyph.id);
        glyph.position = point(x, scaled.ascent());
        x += scaled.h_advance(glyph.id);
        glyph
    };
    text.chars().map(place).collect()
}

/// Noto Sans (SIL Open Font License 1.1), so that pictures look the same on each machine.
fn font(style: Style) -> &'static FontRef<'static> {
    type Face = LazyLock<FontRef<'static>>;
    static REGULAR: Face = LazyLock::new(|| face(notosans::REGULAR_TTF));
    static BOLD: Face = LazyLock::new(|| face(notosans::BOLD_TTF));
    if style.bold { &BOLD } else { &REGULAR }
}

fn face(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded font is whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { size: 16.0, colour: [255; 3], bold: false };

    #[test]
    fn text_lies_within_its_width_and_wraps_to_the_room_given() {
        let width = text_width("Hello, brain", STYLE);
        let mut picture = Picture::new(200, 20, [0; 3]);
        picture.text((10, 0), "Hello, brain", STYLE);
        let lit = |x: usize| (0..20).any(|y| picture.rgb()[3 * (y * 200 + x)] > 60);
        assert!((10..10 + width).any(lit) && !(0..10).any(lit) && !(10 + width..200).any(lit));

        let lines = wrap("one two three a_name_longer_than_any_line_of_this_width four", 90, STYLE);
        assert!(lines.len() > 3 && lines.iter().all(|line| text_width(line, STYLE) <= 90), "{lines:?}");
    }

    #[test]
    fn a_png_holds_the_pixels() {
        let mut picture = Picture::new(3, 2, [255; 3]);
        picture.blend(2, 1, [0, 255, 255], 1.0);
        picture.blend(9, 9, [0, 255, 255], 1.0);
        let png = picture.to_png().unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, picture.rgb());
        assert_eq!(pixels[15..], [0, 255, 255]);
    }
}
