//! A file of a finished run is removed or cut off; the same command makes it anew.

use std::fs::{self, File};

use anyhow::{Context, Result};

use super::Campaign;
use super::record::Row;

/// Stages that look at what they were made from only when they are not done themselves.
const MARKS: [&str; 2] = ["runs/tiny/preprocess/stage.json", "runs/tiny/eval/stage.json"];

/// Spoils `count` files chosen by chance, each in turn.
pub(super) fn run(campaign: &mut Campaign, count: usize) -> Result<Vec<Row>> {
    let experiment = campaign.begun("spoiled")?;
    experiment.finish(&campaign.undisturbed)?;
    let files: Vec<_> = campaign.undisturbed.keys().cloned().collect();
    let mut rows = Vec::new();
    for number in 0..count {
        let file = &files[campaign.chance.below(files.len() as u64) as usize];
        let path = experiment.folder.join(file);
        let fault = if number % 2 == 0 {
            fs::remove_file(&path)?;
            "a file is removed"
        } else {
            let length = fs::metadata(&path)?.len();
            File::options().write(true).open(&path)?.set_len(length / 2)?;
            "a file is cut off"
        };
        let of_one_method = file.starts_with("runs/tiny/eval") && file.components().count() > 4;
        if file.starts_with("cache") || of_one_method {
            for mark in MARKS {
                fs::remove_file(experiment.folder.join(mark)).ok();
            }
        }
        let place = file.components().take(3).map(|part| part.as_os_str().to_string_lossy());
        rows.push(Row::new(fault, place.last().unwrap_or_default(), "made anew"));
        experiment
            .finish(&campaign.undisturbed)
            .with_context(|| format!("{fault}: {}; {}", file.display(), campaign.seen(&rows)))?;
    }
    Ok(rows)
}
