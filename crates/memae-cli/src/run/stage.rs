//! Stages know whether they are up to date: a folder's `stage.json` holds the fingerprint of all that went into it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use cli_support::files;
use serde::{Deserialize, Serialize};

const FILE: &str = "stage.json";
/// Holds the key of the work that was begun in a folder.
const BEGUN: &str = "begun.json";
/// Beside a folder in which work begins: held while it is looked at.
pub(crate) const BEGINNING: &str = ".begin";

/// What `stage.json` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// Name of the stage.
    stage: String,
    /// Version of the program that did it.
    version: String,
    /// Fingerprint of inputs and settings.
    key: String,
    /// Files that it made.
    outputs: Vec<Output>,
}

/// A file that a stage made.
#[derive(Debug, Serialize, Deserialize)]
struct Output {
    /// Relative to the folder.
    path: PathBuf,
    /// Its size: a file that was cut off since is made anew.
    bytes: u64,
}

/// What is kept and done again only when its key changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Atlas,
    Synth,
    Preprocess,
    Train,
    Reconstruct,
    Count,
    Sensitivity,
    Evaluate,
    Package,
    Report,
    Detect,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Atlas => "atlas",
            Self::Synth => "synth",
            Self::Preprocess => "preprocess",
            Self::Train => "train",
            Self::Reconstruct => "reconstruct",
            Self::Count => "count",
            Self::Sensitivity => "sensitivity",
            Self::Evaluate => "evaluate",
            Self::Package => "package",
            Self::Report => "report",
            Self::Detect => "detect",
        }
    }

    /// Raise it where the same inputs give other results than before: older results then count as out of date. The
    /// end-to-end test `the_results_are_those_of_these_revisions` fails where somebody forgot to.
    pub(crate) fn revision(self) -> u32 {
        match self {
            Self::Atlas
            | Self::Train
            | Self::Reconstruct
            | Self::Count
            | Self::Sensitivity
            | Self::Evaluate
            | Self::Package => 1,
            // Synth: the brightness of the cerebellum varies more where label maps are rendered. Preprocess: stripped scans are found
            // on any background; bias correction does not depend on the order of voxels. Report: no curves without lesions, and
            // figures of bounded size.
            Self::Synth | Self::Preprocess | Self::Report => 2,
            // Volumes tell what their values mean; view.html. As Preprocess.
            Self::Detect => 3,
        }
    }
}

/// A piece of work that fills a folder, together with the fingerprint of its inputs and settings.
pub(crate) struct Stage {
    kind: Kind,
    folder: PathBuf,
    key: String,
}

impl Stage {
    /// A stage whose results in `folder` are a function of `inputs`: settings, and the keys or SHA-256 of what it
    /// reads.
    pub(crate) fn new(kind: Kind, folder: impl Into<PathBuf>, inputs: &impl Serialize) -> Result<Self> {
        let key = files::fingerprint(&(kind.name(), kind.revision(), inputs))?;
        Ok(Self { kind, folder: folder.into(), key })
    }

    /// Fingerprint of inputs and settings, for stages that build on this one.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The folder that it fills.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder ready for work in several steps: what an interrupted run with the same key left stays, unless it was
    /// cut off since; anything else in it is removed.
    pub(crate) fn begin(&self) -> Result<()> {
        // Several processes may begin parts of one stage at the same time.
        let above = self.folder.parent().unwrap_or(Path::new("."));
        fs_err::create_dir_all(above)?;
        let lock = fs_err::File::create(above.join(BEGINNING))?;
        lock.file().lock().or_else(|error| match error.kind() {
            // Some network disks know no locks.
            std::io::ErrorKind::Unsupported => Ok(()),
            _ => Err(error),
        })?;
        let mark = self.folder.join(BEGUN);
        if self.folder.exists() && files::read_json::<String>(&mark).ok().as_ref() != Some(&self.key) {
            fs_err::remove_dir_all(&self.folder)?;
        }
        self.remove_spoiled()?;
        files::write_json(&mark, &self.key)
    }

    /// Whether the folder holds the results of exactly these inputs, all of them.
    pub(crate) fn is_done(&self) -> bool {
        self.outputs().is_some_and(|outputs| outputs.iter().all(|output| self.is_whole(output)))
    }

    /// Removes results of exactly these inputs that were cut off or changed in size since they were made, for stages that
    /// make only those that are not there.
    pub(crate) fn remove_spoiled(&self) -> Result<()> {
        for output in self.outputs().unwrap_or_default() {
            let path = self.folder.join(&output.path);
            if path.exists() && !self.is_whole(&output) {
                fs_err::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// What was recorded of exactly these inputs.
    fn outputs(&self) -> Option<Vec<Output>> {
        let record: Record = files::read_json(&self.folder.join(FILE)).ok()?;
        (record.key == self.key).then_some(record.outputs)
    }

    fn is_whole(&self, output: &Output) -> bool {
        bytes(&self.folder.join(&output.path)).ok() == Some(output.bytes)
    }

    /// Notes that the folder now holds the results, of which `outputs` (paths in the folder) must stay.
    pub(crate) fn finish(&self, outputs: &[PathBuf]) -> Result<()> {
        let output = |path: &PathBuf| {
            let relative = path.strip_prefix(&self.folder).unwrap_or(path).to_owned();
            Ok(Output { path: relative, bytes: bytes(path)? })
        };
        let record = Record {
            stage: self.kind.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            key: self.key.clone(),
            outputs: outputs.iter().map(output).collect::<Result<_>>()?,
        };
        files::write_json(&self.folder.join(FILE), &record)
    }
}

fn bytes(path: &Path) -> Result<u64> {
    Ok(fs_err::metadata(path)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_done_until_inputs_change_or_an_output_goes() {
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::new(Kind::Train, folder.path(), &("settings", 1)).unwrap();
        assert!(!stage.is_done());

        let output = folder.path().join("result");
        files::write(&output, b"x").unwrap();
        stage.finish(std::slice::from_ref(&output)).unwrap();
        assert!(stage.is_done());

        let other = Stage::new(Kind::Train, folder.path(), &("settings", 2)).unwrap();
        assert!(!other.is_done(), "other settings");
        files::write(&output, b"").unwrap();
        assert!(!stage.is_done(), "a result is cut off");
        stage.remove_spoiled().unwrap();
        assert!(!output.exists());
        assert!(!stage.is_done(), "a result is gone");
    }

    #[test]
    fn work_begun_goes_on_with_the_same_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let stage = |settings| Stage::new(Kind::Train, folder.path().join("work"), &settings).unwrap();
        let part = folder.path().join("work/part");
        stage(1).begin().unwrap();
        files::write(&part, b"x").unwrap();
        stage(1).begin().unwrap();
        assert!(part.exists());
        stage(2).begin().unwrap();
        assert!(!part.exists());
    }
}
