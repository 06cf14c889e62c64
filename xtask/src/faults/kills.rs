//! The program is killed at moments chosen by chance, again and again, until a run reaches its end.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Campaign;
use super::record::Row;

/// Longest time that a run is left alone, in milliseconds.
const LONGEST: u64 = 2500;

/// Kills `count` times; each run that ends between the kills must have the undisturbed results.
pub(super) fn run(campaign: &mut Campaign, count: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut experiment = campaign.begun("kills")?;
    while rows.len() < count {
        let mut child = experiment.start(&[])?;
        sleep(Duration::from_millis(campaign.chance.below(LONGEST)));
        // It may have ended by itself.
        child.kill()?;
        let ended = experiment.end(child)?;
        if ended.code.is_some() {
            experiment.finish(&campaign.undisturbed).with_context(|| campaign.seen(&rows))?;
            experiment = campaign.begun("kills")?;
            continue;
        }
        rows.push(Row::new("kill", ended.stage(), "resumed"));
        experiment.is_whole_so_far(&campaign.undisturbed).with_context(|| campaign.seen(&rows))?;
    }
    experiment.finish(&campaign.undisturbed).with_context(|| campaign.seen(&rows))?;
    Ok(rows)
}
