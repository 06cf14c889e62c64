//! Faults on purpose: the program is killed, its writes fail, its files are spoiled, a second run starts. After each, the
//! same command must reach the files of an undisturbed run, bit for bit.

mod chance;
mod experiment;
mod kills;
mod record;
mod spoiled;
mod twice;
mod writes;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use lexopt::prelude::*;
use xshell::{Shell, cmd};

use crate::setup;
use chance::Chance;
use experiment::{Experiment, Files};
use record::Row;

/// Folder of the run that nothing happens to.
const UNDISTURBED: &str = "undisturbed";

/// What all kinds of fault share.
struct Campaign {
    root: PathBuf,
    /// All experiments lie below it.
    folder: PathBuf,
    program: PathBuf,
    shell: Shell,
    seed: u64,
    chance: Chance,
    /// Whether faults begin after preprocessing.
    preprocessed: bool,
    /// The results that must be reached.
    undisturbed: Files,
}

impl Campaign {
    fn fresh(&self, name: &str) -> Result<Experiment> {
        Experiment::new(&self.program, &self.folder.join(name))
    }

    /// As [`Self::fresh`], or with the cache of the undisturbed run.
    fn begun(&self, name: &str) -> Result<Experiment> {
        let experiment = self.fresh(name)?;
        if self.preprocessed {
            let (from, to) = (self.folder.join(UNDISTURBED).join("cache"), &experiment.folder);
            let shell = &self.shell;
            cmd!(shell, "cp -a {from} {to}").quiet().run()?;
        }
        Ok(experiment)
    }

    /// For the message of a fault that was not survived.
    fn seen(&self, rows: &[Row]) -> String {
        format!("fault {} with --seed {}; see {}", rows.len(), self.seed, self.folder.display())
    }
}

/// How often each kind of fault is tried, and from where on.
struct Counts {
    kills: usize,
    writes: usize,
    spoiled: usize,
    twice: usize,
    preprocessed: bool,
}

/// Tries the faults; stops at the first that is not survived, and leaves the folder as it is then.
pub(crate) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    let mut counts = Counts { kills: 200, writes: 100, spoiled: 40, twice: 5, preprocessed: false };
    let (mut seed, mut program, mut out) = (1, None, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("kills") => counts.kills = args.value()?.parse()?,
            Long("writes") => counts.writes = args.value()?.parse()?,
            Long("spoiled") => counts.spoiled = args.value()?.parse()?,
            Long("twice") => counts.twice = args.value()?.parse()?,
            Long("preprocessed") => counts.preprocessed = true,
            Long("seed") => seed = args.value()?.parse()?,
            Long("program") => program = Some(PathBuf::from(args.value()?)),
            Long("out") => out = Some(PathBuf::from(args.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    let shell = crate::shell_at(root)?;
    let program = match program {
        Some(program) => program,
        None => setup::release(&shell, root)?,
    };
    let program = program.canonicalize().with_context(|| format!("there is no {}", program.display()))?;
    let report = survive(root, shell, program, seed, &counts)?;
    println!("\n{report}");
    if let Some(out) = out {
        std::fs::write(&out, report)?;
        println!("Written to {}", out.display());
    }
    Ok(())
}

/// A few faults, on the program of the step before: enough to notice that a new file is not looked after.
pub(crate) fn few(shell: &Shell) -> Result<()> {
    let root = shell.current_dir();
    let counts = Counts { kills: 2, writes: 3, spoiled: 2, twice: 0, preprocessed: true };
    let report = survive(&root, shell.clone(), root.join("target/debug/memae"), 1, &counts)?;
    println!("{report}");
    Ok(())
}

/// Tries the faults on a program, and tells what came of them.
fn survive(root: &Path, shell: Shell, program: PathBuf, seed: u64, counts: &Counts) -> Result<String> {
    let folder = root.join("target/faults");
    let mut campaign = Campaign {
        root: root.to_owned(),
        folder,
        program,
        shell,
        seed,
        chance: Chance::new(seed),
        preprocessed: counts.preprocessed,
        undisturbed: Files::new(),
    };
    let begin = Instant::now();
    let undisturbed = campaign.fresh(UNDISTURBED)?;
    let ended = undisturbed.run(&[])?;
    ensure!(ended.code == Some(0), "the undisturbed run failed:\n{}", ended.printed);
    campaign.undisturbed = undisturbed.results()?;
    let alone = begin.elapsed();
    println!("undisturbed: {} files in {} s", campaign.undisturbed.len(), alone.as_secs());

    let mut rows = Vec::new();
    for (name, count, kind) in [
        ("kills", counts.kills, kills::run as fn(&mut Campaign, usize) -> Result<Vec<Row>>),
        ("failing writes", counts.writes, writes::run),
        ("spoiled files", counts.spoiled, spoiled::run),
        ("second runs", counts.twice, twice::run),
    ] {
        if count == 0 {
            continue;
        }
        let found = kind(&mut campaign, count).with_context(|| format!("not survived: {name}"))?;
        println!("{name}: {} survived, {} s", found.len(), begin.elapsed().as_secs());
        rows.extend(found);
    }
    Ok(format!(
        "{} faults, seed {seed}, in {} s; the undisturbed run takes {} s. After each chain of faults the same command \
         reached the {} files of the undisturbed run (tables, weights, packages, pages), bit for bit.\n\n{}",
        rows.len(),
        begin.elapsed().as_secs(),
        alone.as_secs(),
        campaign.undisturbed.len(),
        record::table(&rows)
    ))
}
