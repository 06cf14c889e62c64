//! Stages know whether they are up to date: a folder's `stage.json` holds the fingerprint of all that went into it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use cli_support::files;
use serde::{Deserialize, Serialize};

const FILE: &str = "stage.json";
/// Holds the key of the work that was begun in a folder.
const BEGUN: &str = "begun.json";

/// What `stage.json` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// Name of the stage.
    stage: String,
    /// Version of the program that did it.
    version: String,
    /// Fingerprint of inputs and settings.
    key: String,
    /// Files that it made, relative to the folder.
    outputs: Vec<PathBuf>,
}

/// A piece of work that fills a folder, together with the fingerprint of its inputs and settings.
pub(crate) struct Stage {
    name: &'static str,
    folder: PathBuf,
    key: String,
}

impl Stage {
    /// A stage whose results in `folder` are a function of `inputs`: settings, and the keys or SHA-256 of what it
    /// reads.
    pub(crate) fn new(
        name: &'static str,
        folder: impl Into<PathBuf>,
        inputs: &impl Serialize,
    ) -> Result<Self> {
        let key = files::fingerprint(&(name, env!("CARGO_PKG_VERSION"), inputs))?;
        Ok(Self { name, folder: folder.into(), key })
    }

    /// Fingerprint of inputs and settings, for stages that build on this one.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The folder that it fills.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder ready for work in several steps: what an interrupted run with the same key left stays, anything
    /// else in it is removed.
    pub(crate) fn begin(&self) -> Result<()> {
        let mark = self.folder.join(BEGUN);
        if self.folder.exists() && files::read_json::<String>(&mark).ok().as_ref() != Some(&self.key) {
            fs_err::remove_dir_all(&self.folder)?;
        }
        files::write_json(&mark, &self.key)
    }

    /// Whether the folder holds the results of exactly these inputs, all of them.
    pub(crate) fn is_done(&self) -> bool {
        let Ok(record) = files::read_json::<Record>(&self.folder.join(FILE)) else { return false };
        record.key == self.key && record.outputs.iter().all(|output| self.folder.join(output).exists())
    }

    /// Notes that the folder now holds the results, of which `outputs` (paths in the folder) must stay.
    pub(crate) fn finish(&self, outputs: &[PathBuf]) -> Result<()> {
        let relative = |path: &PathBuf| path.strip_prefix(&self.folder).unwrap_or(path).to_owned();
        let record = Record {
            stage: self.name.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            key: self.key.clone(),
            outputs: outputs.iter().map(relative).collect(),
        };
        files::write_json(&self.folder.join(FILE), &record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_done_until_inputs_change_or_an_output_goes() {
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::new("test", folder.path(), &("settings", 1)).unwrap();
        assert!(!stage.is_done());

        let output = folder.path().join("result");
        files::write(&output, b"x").unwrap();
        stage.finish(std::slice::from_ref(&output)).unwrap();
        assert!(stage.is_done());

        let other = Stage::new("test", folder.path(), &("settings", 2)).unwrap();
        assert!(!other.is_done(), "other settings");
        fs_err::remove_file(output).unwrap();
        assert!(!stage.is_done(), "a result is gone");
    }

    #[test]
    fn work_begun_goes_on_with_the_same_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let stage = |settings| Stage::new("test", folder.path().join("work"), &settings).unwrap();
        let part = folder.path().join("work/part");
        stage(1).begin().unwrap();
        files::write(&part, b"x").unwrap();
        stage(1).begin().unwrap();
        assert!(part.exists());
        stage(2).begin().unwrap();
        assert!(!part.exists());
    }
}
