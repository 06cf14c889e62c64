//! What the items of a memory stand for, as a picture: a row for each item, with the training patches that address it most.

use std::path::Path;

use anyhow::{Context, Result};
use cli_support::files;
use memae_model::ItemPatch;

/// Patches of one item.
pub(crate) const PATCHES: usize = 8;
/// Pixels of the picture that a patch takes at least.
const CELL: usize = 96;
const GAP: usize = 4;
const WHITE: u8 = 255;

/// Writes the picture as PNG, in radiological convention (the patient's right is on the left).
pub(crate) fn write(path: &Path, items: &[Vec<ItemPatch>]) -> Result<()> {
    let sides = items.iter().flatten().next().context("no item has a patch")?.sides;
    let scale = CELL.div_ceil(sides[0].max(sides[1]));
    let cell = sides.map(|side| side * scale + GAP);
    let columns = items.iter().map(Vec::len).max().unwrap_or(0);
    let (width, height) = (columns * cell[0] + GAP, items.len() * cell[1] + GAP);
    let mut grey = vec![WHITE; width * height];
    for (row, patches) in items.iter().enumerate() {
        for (column, patch) in patches.iter().enumerate() {
            for y in 0..sides[1] * scale {
                for x in 0..sides[0] * scale {
                    let [i, j] = [sides[0] - 1 - x / scale, sides[1] - 1 - y / scale];
                    let level = (255.0 * patch.pixels[i * sides[1] + j].clamp(0.0, 1.0)).round() as u8;
                    grey[(row * cell[1] + GAP + y) * width + column * cell[0] + GAP + x] = level;
                }
            }
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&grey))?;
    files::write(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_of_a_patch_lies_where_radiologists_expect_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.png");
        // Bright where i and j are largest: right and front of the patient, left and top of the picture.
        let mut pixels = vec![0.0; 32 * 32];
        pixels[32 * 32 - 1] = 1.0;
        let patch = ItemPatch { subject: 0, slice: 0, corner: [0, 0], sides: [32, 32], weight: 1.0, pixels };
        write(&path, &[vec![patch.clone(), patch.clone()], vec![patch]]).unwrap();

        let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut grey = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut grey).unwrap();
        assert_eq!([info.width, info.height], [204, 204]);
        let at = |x: usize, y: usize| grey[y * 204 + x];
        assert_eq!([at(4, 4), at(6, 6), at(7, 7), at(104, 4), at(4, 104)], [255, 255, 0, 255, 255]);
        assert_eq!(at(150, 150), WHITE, "the second item has one patch only");
    }
}
