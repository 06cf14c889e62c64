//! A tiny experiment: 4 mm heads, 32 x 32 x 24 voxels of reference, a sixteenth of the trunk, one epoch.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use assert_cmd::Command;

use crate::program::{memae, succeeds};

pub(crate) const MODELS: [&str; 5] = ["ae", "vae", "ssim-ae", "memae", "ssim-memae"];

const CONFIG: &str = include_str!("../tiny.toml");

/// A folder in which the program runs, with its configuration: results go to `runs/` and `cache/` below it.
pub(crate) struct Experiment {
    pub(crate) folder: PathBuf,
}

impl Experiment {
    /// An empty folder of this name with the tiny configuration, changed by replacing parts of its text.
    pub(crate) fn new(name: &str, changes: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        let experiment = Self { folder };
        experiment.configure(changes);
        experiment
    }

    /// As [`Self::new`], with the scans and the preprocessed cohort of the [`finished`] experiment at hand.
    pub(crate) fn after_preprocessing(name: &str, changes: &[(&str, &str)]) -> Self {
        let experiment = Self::new(name, changes);
        // A link, not a copy: earlier results are known by their files' times too.
        symlink(finished().folder.join("cache"), experiment.folder.join("cache")).unwrap();
        experiment
    }

    /// Writes the configuration anew.
    pub(crate) fn configure(&self, changes: &[(&str, &str)]) {
        let text = changes.iter().fold(CONFIG.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "the tiny configuration has no {from:?}");
            text.replacen(from, to, 1)
        });
        fs::write(self.folder.join("tiny.toml"), text).unwrap();
    }

    /// `memae` in the folder, on the configuration.
    pub(crate) fn memae(&self, arguments: &[&str]) -> Command {
        let mut command = memae();
        command.current_dir(&self.folder).args(arguments).args(["--config", "tiny.toml"]);
        command
    }

    /// A path below the run's folder.
    pub(crate) fn result(&self, path: &str) -> PathBuf {
        self.folder.join("runs/tiny").join(path)
    }

    /// The package of one of the models.
    pub(crate) fn package(&self) -> PathBuf {
        self.result("packages/vae.safetensors")
    }

    /// The synthetic cohort's folder, as a manifest's data root.
    pub(crate) fn data_root(&self) -> PathBuf {
        let scan = self.synthetic_scan();
        scan.ancestors().nth(4).unwrap().to_owned()
    }

    /// The T2 scan of one synthetic subject with a tumour.
    pub(crate) fn synthetic_scan(&self) -> PathBuf {
        self.synthetic_scans("tumour").swap_remove(0)
    }

    /// The T2 scans of the synthetic subjects of a group, `healthy` or `tumour`.
    pub(crate) fn synthetic_scans(&self, group: &str) -> Vec<PathBuf> {
        let mut files = files_below(&self.folder.join("cache"));
        files.retain(|file| {
            let path = file.to_string_lossy();
            path.contains(&format!("synthetic/{group}/")) && path.ends_with("_T2w.nii.gz")
        });
        files
    }
}

/// An experiment that has run to its end, once for all tests that only look at it.
pub(crate) fn finished() -> &'static Experiment {
    static FINISHED: LazyLock<Experiment> = LazyLock::new(|| {
        let experiment = Experiment::new("finished", &[]);
        succeeds(&mut experiment.memae(&["run"]));
        experiment
    });
    &FINISHED
}

/// All files below a folder, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
