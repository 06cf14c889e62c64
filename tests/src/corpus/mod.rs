//! Malformed and odd inputs: what the programs say of each is held against the files in `messages/`.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p end-to-end corpus` writes those anew, to be read before they are committed.

mod bytes;
mod configurations;
mod lists;
mod manifests;
mod meanings;
mod models;
mod nifti;
mod transforms;
mod untouched;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{memae, mri_prep};

/// The folder of a kind, in commands and messages.
const FOLDER: &str = "FOLDER";

/// One kind of input: its files, in a folder in which the commands run.
struct Kind {
    folder: PathBuf,
    cases: Vec<Case>,
}

/// An input.
struct Case {
    /// What is odd about it.
    about: &'static str,
    /// Part of the name of what is at fault: the message has to contain it.
    culprit: String,
    /// The command line.
    line: String,
}

impl Kind {
    /// An empty folder.
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus").join(name);
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        Self { folder, cases: Vec::new() }
    }

    /// Writes a file.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Names a command on files of the folder, by words between spaces; [`FOLDER`] stands for the folder itself.
    fn case(&mut self, about: &'static str, culprit: impl Into<String>, line: impl Into<String>) {
        self.cases.push(Case { about, culprit: culprit.into(), line: line.into() });
    }

    /// What the program says of each case, with its exit code.
    fn told(&self) -> String {
        let mut all = String::new();
        for case in &self.cases {
            let Case { about, culprit, line } = case;
            let place = self.folder.display().to_string();
            let mut words = line.split(' ').map(|word| word.replace(FOLDER, &place));
            let mut command = match words.next().as_deref() {
                Some("memae") => memae(),
                _ => mri_prep(),
            };
            let output = command.args(words).current_dir(&self.folder).output().unwrap();
            let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat();
            let text = text.replace(&place, FOLDER);
            let code = output.status.code();
            assert!(code.is_some_and(|code| code <= 2), "{about}: `{line}` ended with {code:?}\n{text}");
            let is_silent = text.is_empty() && output.status.success();
            assert!(is_silent || text.contains(culprit), "{about}: `{line}` does not name {culprit}\n{text}");
            let code = code.unwrap_or_default();
            write!(all, "# {about}\n$ {line}\n{}\n[exit code {code}]\n\n", text.trim_end()).unwrap();
        }
        all.truncate(all.trim_end().len());
        all + "\n"
    }
}

/// Holds what is said about one kind against its file.
fn check(name: &str, make: fn(&mut Kind)) {
    let mut kind = Kind::new(name);
    make(&mut kind);
    let told = kind.told();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/corpus/messages/{name}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&file, &told).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let parts = |text: &str| text.split("\n\n# ").map(ToOwned::to_owned).collect::<Vec<_>>();
    let (expected, told) = (parts(&expected), parts(&told));
    for (expected, told) in expected.iter().zip(&told) {
        assert_eq!(expected, told, "{} says otherwise", file.display());
    }
    assert_eq!(expected.len(), told.len(), "{} has other cases", file.display());
}

#[test]
fn configurations() {
    check("configurations", configurations::make);
}

#[test]
fn lists() {
    check("lists", lists::make);
}

#[test]
fn manifests() {
    check("manifests", manifests::make);
}

#[test]
fn meanings() {
    check("meanings", meanings::make);
}

#[test]
fn models() {
    check("models", models::make);
}

#[test]
fn nifti() {
    check("nifti", nifti::make);
}

#[test]
fn transforms() {
    check("transforms", transforms::make);
}
