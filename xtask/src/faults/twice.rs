//! A second run on the folder of a first.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::Campaign;
use super::record::Row;

/// Starts a second run while a first one works, `count` times.
pub(super) fn run(campaign: &mut Campaign, count: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for _ in 0..count {
        let experiment = campaign.fresh("twice")?;
        let first = experiment.start(&[])?;
        let holder = format!("process {}", first.id());
        sleep(Duration::from_millis(500 + campaign.chance.below(3000)));
        // Its own words go to the same file as the first one's; they are looked at, then the first goes on.
        let second = experiment.run(&[])?;
        ensure!(second.code == Some(1), "the second run ended with {:?}:\n{}", second.code, second.printed);
        ensure!(
            second.printed.contains("another run works here") && second.printed.contains(&holder),
            "the second run does not say who works there:\n{}",
            second.printed
        );
        let first = experiment.end(first)?;
        ensure!(first.code == Some(0), "the first run was disturbed:\n{}", first.printed);
        experiment.finish(&campaign.undisturbed)?;
        rows.push(Row::new("a second run starts", "run", "refused, the first undisturbed"));
    }
    Ok(rows)
}
