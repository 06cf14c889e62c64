//! A write fails, as on a full or a broken disk. `fail_writes.c` is put before the C library for that.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use super::experiment::Experiment;
use super::record::Row;
use super::{Campaign, experiment::Ended};

const SOURCE: &str = "xtask/src/faults/fail_writes.c";
/// Files whose loss changes no result.
const OF_NO_WEIGHT: [&str; 2] = ["log.txt", ".lock"];

/// A way for writes to fail.
struct Fault {
    name: &'static str,
    /// As in errno.h, where these have the same number on all Linux systems.
    errno: u32,
    /// Whether all later writes fail too.
    on: bool,
}

const FAULTS: [Fault; 3] = [
    Fault { name: "one write fails, EIO", errno: 5, on: false },
    Fault { name: "one write fails, ENOSPC", errno: 28, on: false },
    Fault { name: "the disk is full from then on, ENOSPC", errno: 28, on: true },
];

/// Has `count` writes fail, one in a run of the program, which then must say so; the same command then goes on.
pub(super) fn run(campaign: &mut Campaign, count: usize) -> Result<Vec<Row>> {
    let library = build(campaign)?;
    let calls = calls(campaign, &library)?;
    // A chain of this many failing runs gets through the whole pipeline.
    let stride = 2 * calls / 12;
    let mut rows = Vec::new();
    let mut experiment = campaign.begun("writes")?;
    while rows.len() < count {
        let fault = &FAULTS[rows.len() % FAULTS.len()];
        let at = 1 + campaign.chance.below(stride);
        let note = experiment.folder.join("failed.txt");
        let mut environment = preloaded(&library, &experiment.folder);
        environment.extend([
            ("FAIL_AT", at.to_string().into()),
            ("FAIL_WITH", fault.errno.to_string().into()),
            ("FAIL_NOTE", note.clone().into()),
        ]);
        if fault.on {
            environment.push(("FAIL_ON", "1".into()));
        }
        fs::remove_file(&note).ok();
        let ended = experiment.run(&environment)?;
        if let Ok(file) = fs::read_to_string(&note) {
            let outcome = outcome(&ended, &file).with_context(|| campaign.seen(&rows))?;
            rows.push(Row::new(fault.name, ended.stage(), outcome));
        }
        experiment.is_whole_so_far(&campaign.undisturbed).with_context(|| campaign.seen(&rows))?;
        if ended.code == Some(0) {
            experiment.finish(&campaign.undisturbed).with_context(|| campaign.seen(&rows))?;
            experiment = campaign.begun("writes")?;
        }
    }
    experiment.finish(&campaign.undisturbed).with_context(|| campaign.seen(&rows))?;
    Ok(rows)
}

/// What the program made of a write that failed.
fn outcome(ended: &Ended, file: &str) -> Result<&'static str> {
    let name = Path::new(file).file_name().unwrap_or_default();
    let of_no_weight = OF_NO_WEIGHT.iter().any(|other| name == *other);
    match ended.code {
        Some(0) => {
            ensure!(of_no_weight, "nobody noticed that {file} could not be written");
            Ok("went on without its log")
        }
        // 2: told before any work, because the cache could not be written to.
        Some(1 | 2) => {
            ensure!(ended.printed.contains("error: "), "no word of {file}:\n{}", ended.printed);
            Ok("told, then resumed")
        }
        other => anyhow::bail!("ended with {other:?} where {file} could not be written:\n{}", ended.printed),
    }
}

/// Compiles what is put before the C library.
fn build(campaign: &Campaign) -> Result<PathBuf> {
    let library = campaign.folder.join("fail_writes.so");
    let (sh, source) = (&campaign.shell, campaign.root.join(SOURCE));
    cmd!(sh, "cc -shared -fPIC -O1 -Wall -Werror -o {library} {source} -ldl").quiet().run()?;
    Ok(library)
}

/// How many calls an undisturbed run makes that could fail.
fn calls(campaign: &Campaign, library: &Path) -> Result<u64> {
    let experiment = campaign.begun("writes")?;
    let count = experiment.folder.join("count.txt");
    let mut environment = preloaded(library, &experiment.folder);
    environment.extend([
        ("FAIL_AT", "0".into()),
        ("FAIL_WITH", "0".into()),
        ("FAIL_COUNT", count.clone().into()),
    ]);
    check(&experiment, &environment)?;
    let text = fs::read_to_string(&count).context("the library that counts writes was not loaded")?;
    Ok(text.trim().parse()?)
}

fn check(experiment: &Experiment, environment: &[(&str, OsString)]) -> Result<()> {
    let ended = experiment.run(environment)?;
    ensure!(ended.code == Some(0), "the run failed:\n{}", ended.printed);
    Ok(())
}

fn preloaded(library: &Path, folder: &Path) -> Vec<(&'static str, OsString)> {
    vec![("LD_PRELOAD", library.into()), ("FAIL_BELOW", folder.join("").into())]
}
