//! Writes a PNG with the three middle slices of a synthetic head: healthy above, with tumour below.
//!
//! `cargo run --release -p mri-phantom --example slices -- [OUT.png] [SUBJECT] [SEED]`

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use mri_io::Volume;
use mri_phantom::{PhantomSettings, healthy, with_tumour};

/// Side of the square that each slice fills (pixels of 1 mm).
const TILE: usize = 240;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "phantom.png".into());
    let subject = arguments.next().map_or(Ok(0), |text| text.parse())?;
    let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let settings = PhantomSettings::default();

    let ill = with_tumour(&settings, seed, subject)?;
    // Cut through the middle of the tumour.
    let tumour: Vec<[usize; 3]> =
        ill.lesion.data().indexed_iter().filter(|(_, label)| **label > 0).map(|(at, _)| at.into()).collect();
    let through = [0, 1, 2].map(|axis| {
        let mut along: Vec<usize> = tumour.iter().map(|at| at[axis]).collect();
        along.sort_unstable();
        along[along.len() / 2]
    });
    let mut picture = vec![0; 3 * TILE * 2 * TILE];
    draw(&mut picture, 0, &healthy(&settings, seed, subject)?.scan, [110, 122, 84]);
    draw(&mut picture, 1, &ill.scan, through);
    write_png(Path::new(&path), 3 * TILE, 2 * TILE, &picture)
}

/// Draws axial, coronal and sagittal slice through voxel `at` in one row of the picture.
fn draw(picture: &mut [u8], row: usize, scan: &Volume<f32>, at: [usize; 3]) {
    let data = scan.data();
    let shape = scan.shape();
    for (column, (across, up, fixed)) in [(0, 1, 2), (0, 2, 1), (1, 2, 0)].into_iter().enumerate() {
        for u in 0..shape[across].min(TILE) {
            for w in 0..shape[up].min(TILE) {
                let mut index = [0; 3];
                (index[across], index[up], index[fixed]) = (u, w, at[fixed]);
                let top = row * TILE + usize::midpoint(TILE, shape[up]) - 1 - w;
                // 32 grey levels keep the file small.
                let pixel = (data[index] * 0.26).min(255.0) as u8 & 0xf8;
                picture[top * 3 * TILE + column * TILE + u] = pixel;
            }
        }
    }
}

fn write_png(path: &Path, width: usize, height: usize, pixels: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(())
}
