//! Scores skull stripping on a folder of cases: Dice, sensitivity, precision, share of the tumour that was
//! kept, seconds, quality.
//!
//! `cargo run --release -p mri-io --example strip_score -- FOLDER [--save] [--rim=MM] [NAME ...]`
//!
//! Each case is a folder with `scan.nii`, `brain.nii` and, if there is one, `tumour.nii` (or `.nii.gz`); with
//! `--save` the mask that was found is written beside them as `found.nii`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use mri_io::nifti::read_mask;
use mri_io::strip::{StripSettings, skull_strip};
use mri_io::{read, write};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("usage: strip_score FOLDER [--save] [--rim=MM] [NAME ...]")?;
    let save = arguments.iter().any(|argument| argument == "--save");
    let rim = arguments.iter().find_map(|argument| argument.strip_prefix("--rim="));
    let mut settings = StripSettings::default();
    settings.rim = rim.map_or(Ok(0.0), str::parse)?;
    let names: Vec<&String> = arguments[1..].iter().filter(|argument| !argument.starts_with("--")).collect();
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    cases.sort();
    println!("| case | Dice | sensitivity | precision | tumour kept | seconds | quality |");
    println!("|---|---|---|---|---|---|---|");
    let mut overlaps = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !names.is_empty() && !names.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let Some(scan) = file(&case, "scan") else { continue };
        let (scan, brain) = (read(scan)?, read_mask(file(&case, "brain").ok_or("no brain.nii")?)?);
        let start = Instant::now();
        let found = match skull_strip(&scan, &settings) {
            Ok(found) => found,
            Err(error) => {
                println!("| {name} | | | | | | {error} |");
                continue;
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        let both =
            brain.as_slice().iter().zip(found.mask.as_slice()).filter(|&(&a, &b)| a && b).count() as f64;
        let kept = match file(&case, "tumour") {
            None => String::new(),
            Some(path) => {
                let tumour = read_mask(path)?;
                let kept = tumour.as_slice().iter().zip(found.mask.as_slice()).filter(|&(&a, &b)| a && b);
                format!("{:.4}", kept.count() as f64 / tumour.count().max(1) as f64)
            }
        };
        let dice = found.mask.dice(&brain)?;
        println!(
            "| {name} | {dice:.4} | {:.4} | {:.4} | {kept} | {seconds:.2} | {:.2} {} |",
            both / brain.count() as f64,
            both / found.mask.count().max(1) as f64,
            found.quality,
            found.warnings.join("; ")
        );
        overlaps.push(dice);
        if save {
            write(case.join("found.nii"), &found.mask.map(|&inside| u8::from(inside)))?;
        }
    }
    let mean = overlaps.iter().sum::<f64>() / overlaps.len() as f64;
    let worst = overlaps.iter().copied().fold(f64::INFINITY, f64::min);
    println!("\nmean Dice {mean:.4}, worst {worst:.4}");
    Ok(())
}

/// `NAME.nii` or `NAME.nii.gz` in the folder, if there.
fn file(folder: &Path, name: &str) -> Option<PathBuf> {
    ["nii", "nii.gz"].iter().map(|ending| folder.join(format!("{name}.{ending}"))).find(|path| path.exists())
}
