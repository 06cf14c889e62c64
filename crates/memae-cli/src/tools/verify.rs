//! `memae verify`: whether a run's files are still those that its record names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cli_support::{files, progress};
use rayon::prelude::*;

use crate::run::layout::Layout;
use crate::run::provenance::{self, Provenance};

/// Reads every file of a run and every file that went into it, and fails with the names of those that differ.
pub(crate) fn run(folder: &Path) -> Result<()> {
    let path = Layout::new(folder).provenance();
    let record: Provenance = files::read_json(&path)
        .with_context(|| format!("{} is not the folder of a run", folder.display()))?;
    if record.outputs.is_empty() {
        bail!(
            "{}: no command has finished here yet, so there is nothing to hold files against",
            folder.display()
        );
    }
    let mut wrong =
        changed("result", record.outputs.iter().map(|(path, output)| (folder.join(path), &output.sha256)));
    wrong.extend(changed("input", record.inputs.iter().map(|(path, hash)| (path.clone(), hash))));
    let known: BTreeSet<&PathBuf> = record.outputs.keys().collect();
    let new = provenance::results(folder)?.into_iter().filter(|path| !known.contains(path));
    wrong.extend(new.map(|path| format!("not recorded: {}", folder.join(path).display())));

    if wrong.is_empty() {
        return progress::result(&format!(
            "{}: {} results and {} inputs are as recorded, by {} ({}, libtorch {}, {} threads)\n",
            folder.display(),
            record.outputs.len(),
            record.inputs.len(),
            record.environment.program,
            record.environment.commit.as_deref().unwrap_or("no commit known"),
            record.environment.libtorch,
            record.environment.threads
        ));
    }
    bail!(
        "{}\n{} of {} files differ from {}; `memae run` with the run's config.toml makes results anew",
        wrong.join("\n"),
        wrong.len(),
        record.outputs.len() + record.inputs.len(),
        path.display()
    )
}

/// A line for each file that is gone, unreadable or other than its hash says.
fn changed<'a>(what: &str, expected: impl Iterator<Item = (PathBuf, &'a String)>) -> Vec<String> {
    let expected: Vec<_> = expected.collect();
    let lines: Vec<Option<String>> = expected
        .into_par_iter()
        .map(|(path, hash)| {
            if !path.exists() {
                return Some(format!("{what} is gone: {}", path.display()));
            }
            match files::sha256(&path) {
                Ok(found) if found == *hash => None,
                Ok(_) => Some(format!("{what} has changed: {}", path.display())),
                Err(error) => Some(format!("{what} cannot be read: {error:#}")),
            }
        })
        .collect();
    lines.into_iter().flatten().collect()
}
