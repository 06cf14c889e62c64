//! Strips a scan and draws the result: `cargo run --release --example quality_picture -- scan.nii.gz brain.png`

use std::io::Write;

use mri_io::atomic_file::write_whole;
use mri_io::qc::{Caption, Section, quality_picture};
use mri_io::read;
use mri_io::strip::{StripSettings, skull_strip};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [scan_file, picture_file] = arguments.as_slice() else {
        return Err("give a scan and the name of the picture to write".into());
    };
    let scan = read(scan_file)?;
    let found = skull_strip(&scan, &StripSettings::default())?;

    let figures = [format!("{:.0} ml, quality {:.2}", found.mask.millilitres(), found.quality)];
    let caption = Caption { title: scan_file, figures: &figures, warnings: &found.warnings };
    let sections = [Section::BrainMask { scan: &scan, mask: &found.mask }];
    let png = quality_picture(&caption, &sections)?.to_png()?;
    write_whole(picture_file, |file| file.write_all(&png))?;
    Ok(())
}
