//! Where a package comes from: a file, or the program itself.

use std::borrow::Cow;
use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use memae_model::{Attached, DeviceChoice, TrainedModel};

/// What stands before the name of a package in the program.
const PREFIX: &str = "builtin:";
/// Model card of the packages in the program.
const CARD: &str = include_str!("../../../../../docs/models/default.md");
/// Heading of the card's paragraph that `memae detect` shows.
const IN_SHORT: &str = "## In short\n";

/// The packages in the program. Where none is named, it counts what they agree on. `cargo xtask train-default` makes their
/// files.
const BUILT_IN: &[BuiltIn] = &[
    BuiltIn { name: "ssim-memae", bytes: include_bytes!("../../../models/ssim-memae.safetensors") },
    BuiltIn { name: "dae", bytes: include_bytes!("../../../models/dae.safetensors") },
    BuiltIn { name: "blob-dae", bytes: include_bytes!("../../../models/blob-dae.safetensors") },
];

/// A package in the program.
#[derive(Debug, PartialEq)]
pub(crate) struct BuiltIn {
    name: &'static str,
    bytes: &'static [u8],
}

/// A file of weights, with or without the rest of a package.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// On disk; for some commands also another file or folder.
    File(PathBuf),
    /// In the program.
    BuiltIn(&'static BuiltIn),
}

impl Source {
    /// What `builtin:NAME` or a path stands for.
    ///
    /// # Errors
    /// If the program has no package of this name; the message lists those that it has.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some(wanted) = text.strip_prefix(PREFIX) else { return Ok(Self::File(text.into())) };
        match BUILT_IN.iter().find(|package| package.name == wanted) {
            Some(package) => Ok(Self::BuiltIn(package)),
            None if BUILT_IN.is_empty() => {
                Err(format!("this build has no package in it; give the path of one ({MADE_BY})"))
            }
            None => Err(format!("there is no package `{wanted}` in the program, only {}", names())),
        }
    }

    /// The packages that are used together where none is named.
    ///
    /// # Errors
    /// If the program was built without any.
    pub(crate) fn standard() -> Result<Vec<Self>> {
        ensure!(!BUILT_IN.is_empty(), "this build has no package in it: name one with --model ({MADE_BY})");
        Ok(BUILT_IN.iter().map(Self::BuiltIn).collect())
    }

    /// The file's path, or the name of what is in the program, for messages.
    pub(crate) fn name(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::BuiltIn(package) => format!("{PREFIX}{}", package.name).into(),
        }
    }

    /// A short name for a folder: of the file without its ending, or of what is in the program.
    pub(crate) fn stem(&self) -> String {
        match self {
            Self::File(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            Self::BuiltIn(package) => package.name.to_owned(),
        }
    }

    /// All bytes of the file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn bytes(&self) -> Result<Cow<'static, [u8]>> {
        match self {
            Self::File(path) => Ok(Cow::Owned(fs_err::read(path)?)),
            Self::BuiltIn(package) => Ok(Cow::Borrowed(package.bytes)),
        }
    }

    /// Whether this is a package, not the weights of a model alone.
    ///
    /// # Errors
    /// If the file cannot be read, or is no checkpoint.
    pub(crate) fn is_package(&self) -> Result<bool> {
        if matches!(self, Self::File(path) if path.is_dir()) {
            return Ok(false);
        }
        Ok(Attached::from_bytes(&self.name(), &self.bytes()?)?.is_some())
    }

    /// The model alone; a file may also be a checkpoint, or the folder of a model.
    ///
    /// # Errors
    /// As [`TrainedModel::load`].
    pub(crate) fn model(&self, device: DeviceChoice) -> Result<TrainedModel> {
        Ok(match self {
            Self::File(path) => TrainedModel::load(path, device)?,
            Self::BuiltIn(package) => TrainedModel::from_bytes(&self.name(), package.bytes.to_vec(), device)?,
        })
    }

    /// What its card says of its limits; none for a file.
    pub(crate) fn limits(&self) -> Option<String> {
        matches!(self, Self::BuiltIn(_)).then(|| in_short(CARD))
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.name().display().fmt(f)
    }
}

const MADE_BY: &str = "`memae run` makes them in runs/<name>/packages";

/// Help of the option `--model` of `memae detect`.
pub(crate) fn help() -> String {
    let built_in = match BUILT_IN {
        [] => "This build has none in it".to_owned(),
        _ => format!(
            "In the program: {}; without this option, what these agree on; docs/models/default.md compares them",
            names()
        ),
    };
    format!(
        "Model package: a file (a run leaves them in `runs/<name>/packages`) or `{PREFIX}NAME`. {built_in}. May be given several \
         times: scans are stripped and registered once for all packages that ask for the same"
    )
}

fn names() -> String {
    BUILT_IN.iter().map(|package| format!("{PREFIX}{}", package.name)).collect::<Vec<_>>().join(", ")
}

/// The first paragraph below the heading, as one line.
fn in_short(card: &str) -> String {
    let after = card.split_once(IN_SHORT).map_or("", |(_, after)| after.trim_start());
    let paragraph = after.split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::package::About;

    /// Bytes of all packages in the program together.
    const ALLOWED: usize = 4 << 20;
    /// Stands in the card wherever a figure is still to be measured.
    const MISSING: &str = "TO MEASURE";

    #[test]
    fn the_packages_in_the_program_are_small_and_whole() {
        let bytes: usize = BUILT_IN.iter().map(|package| package.bytes.len()).sum();
        assert!(bytes <= ALLOWED, "{bytes} bytes");
        for package in BUILT_IN {
            let source = Source::parse(&format!("{PREFIX}{}", package.name)).unwrap();
            assert_eq!((source.stem(), source.limits()), (package.name.to_owned(), Some(in_short(CARD))));
            About::read(&source).unwrap();
        }
    }

    #[test]
    fn the_card_says_the_limits_in_short_and_has_its_figures() {
        let limits = in_short(CARD);
        assert!((40..500).contains(&limits.len()), "{limits}");
        assert!(BUILT_IN.is_empty() || !CARD.contains(MISSING), "docs/models/default.md lacks figures");
        assert_eq!(in_short("# A\n\n## In short\n\nOne\ntwo.\n\nThree."), "One two.");
        assert_eq!(in_short("nothing"), "");
    }

    #[test]
    fn paths_and_names_are_told_apart() {
        let file = Source::parse("runs/quick/packages/ssim-memae.safetensors").unwrap();
        assert_eq!((file.stem().as_str(), file.limits()), ("ssim-memae", None));
        let unknown = Source::parse("builtin:none-of-them").unwrap_err();
        assert!(unknown.contains("package"), "{unknown}");
        assert!(help().contains("builtin:NAME"));
    }
}
