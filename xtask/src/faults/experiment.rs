//! A tiny experiment in a folder of its own, and what it leaves there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::tiny;

/// The tiny experiment with a model of each kind of bottleneck, and three epochs, so that training is interrupted between them.
const CHANGES: [(&str, &str); 2] = [
    ("device = \"cpu\"", "device = \"cpu\"\nmodels = [\"ae\", \"vae\", \"ssim-memae\"]"),
    ("epochs = 1", "epochs = 3"),
];
const FILE: &str = "tiny.toml";

/// Files that hold times or the marks of work in progress, by the end of their paths: two runs differ in them.
const WITH_TIMES: [&str; 9] = [
    ".lock",
    "begun.json",
    "log.txt",
    "metrics.jsonl",
    "provenance.json",
    "_record.json",
    "preprocess/split.json",
    // It has the sizes of files with times.
    "stage.json",
    "preprocess/subjects.csv",
];
/// Folder of the records and locks of commands.
const TASKS: &str = "runs/tiny/tasks";
/// Files that are replaced by newer ones while work goes on.
const GROWING: [&str; 2] = ["best.safetensors", "last.safetensors"];

/// Ending of files that a killed program has not written to their end.
const UNFINISHED: &str = ".partial";

/// SHA-256 of files by their paths in the experiment's folder.
pub(super) type Files = BTreeMap<PathBuf, [u8; 32]>;

/// An experiment's folder and the program that works in it.
pub(super) struct Experiment {
    pub(super) folder: PathBuf,
    program: PathBuf,
}

/// How a program ended, and what it printed.
pub(super) struct Ended {
    /// `None` if it was killed.
    pub(super) code: Option<i32>,
    pub(super) printed: String,
}

impl Experiment {
    /// An empty folder with the configuration.
    pub(super) fn new(program: &Path, folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        fs::write(folder.join(FILE), tiny::config(&CHANGES)?)?;
        Ok(Self { folder: folder.canonicalize()?, program: program.to_owned() })
    }

    /// Starts the whole run; what it prints goes to a file.
    pub(super) fn start(&self, environment: &[(&str, OsString)]) -> Result<Child> {
        let printed = File::create(self.printed())?;
        Command::new(&self.program)
            .args(["run", "--config", FILE])
            .current_dir(&self.folder)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stderr(printed.try_clone()?)
            .stdout(printed)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))
    }

    /// Waits for the end of what [`Self::start`] started.
    pub(super) fn end(&self, mut child: Child) -> Result<Ended> {
        let code = child.wait()?.code();
        let bytes = fs::read(self.printed())?;
        Ok(Ended { code, printed: String::from_utf8_lossy(&bytes).into_owned() })
    }

    /// The whole run, from its start to its end.
    pub(super) fn run(&self, environment: &[(&str, OsString)]) -> Result<Ended> {
        self.end(self.start(environment)?)
    }

    /// Runs to the end, where nothing stands in the way any more, and holds the results against the `undisturbed` ones.
    pub(super) fn finish(&self, undisturbed: &Files) -> Result<()> {
        let ended = self.run(&[])?;
        ensure!(ended.code == Some(0), "the same command failed afterwards:\n{}", ended.printed);
        self.is_whole(undisturbed, &[])?;
        let left = self.results()?;
        if let Some(missing) = undisturbed.keys().find(|file| !left.contains_key(*file)) {
            bail!("{} is missing at the end", missing.display());
        }
        // In the cache, where other runs may work, they stay for an hour.
        let stays = |file: &Path| file.starts_with("cache") && ends_with(file, &[UNFINISHED]);
        if let Some(more) = left.keys().find(|file| !undisturbed.contains_key(*file) && !stays(file)) {
            bail!("{} was left behind", more.display());
        }
        Ok(())
    }

    /// Fails if a file of the undisturbed run is there with other contents: cut off, or wrong.
    pub(super) fn is_whole_so_far(&self, undisturbed: &Files) -> Result<()> {
        self.is_whole(undisturbed, &GROWING)
    }

    fn is_whole(&self, undisturbed: &Files, but: &[&str]) -> Result<()> {
        for (file, hash) in self.results()? {
            let expected = undisturbed.get(&file);
            if !ends_with(&file, but) && expected.is_some_and(|expected| *expected != hash) {
                bail!("{} is not as in the undisturbed run", file.display());
            }
        }
        Ok(())
    }

    /// All that the program has written and that two runs have in common.
    pub(super) fn results(&self) -> Result<Files> {
        let mut files = Files::new();
        for folder in ["cache", "runs"] {
            add(&self.folder, Path::new(folder), &mut files)?;
        }
        Ok(files)
    }

    /// Beside the folder, on whose disk writes fail.
    fn printed(&self) -> PathBuf {
        self.folder.with_extension("printed.txt")
    }
}

impl Ended {
    /// The stage that was heard of last, or that had not begun.
    pub(super) fn stage(&self) -> String {
        const STAGES: [&str; 7] =
            ["synth", "preprocess", "train", "reconstruct", "evaluate", "package", "report"];
        let heard =
            self.printed.lines().rev().find_map(|line| {
                STAGES.into_iter().find(|stage| line.split([' ', ':']).next() == Some(stage))
            });
        heard.unwrap_or("start").to_owned()
    }
}

/// Whether a path ends with one of the texts.
fn ends_with(path: &Path, texts: &[&str]) -> bool {
    let path = path.to_string_lossy();
    texts.iter().any(|text| path.ends_with(text))
}

fn add(root: &Path, folder: &Path, files: &mut Files) -> Result<()> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(()) };
    for entry in entries {
        let path = folder.join(entry?.file_name());
        if path == Path::new(TASKS) {
            continue;
        }
        if root.join(&path).is_dir() {
            add(root, &path, files)?;
        } else if !ends_with(&path, &WITH_TIMES) {
            files.insert(path.clone(), sha256(&root.join(path))?);
        }
    }
    Ok(())
}

fn sha256(path: &Path) -> Result<[u8; 32]> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(Sha256::digest(bytes).into())
}
