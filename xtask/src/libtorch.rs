//! Which libtorch the build uses, and whether it is whole.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::machine;

/// The PyTorch release that the pinned `tch` needs (root Cargo.toml): the two change together.
pub(crate) const VERSION: &str = "2.11.0";

/// The folder, git-ignored, that holds our own copy.
pub(crate) const FOLDER: &str = ".libtorch";

/// Where libtorch comes from.
#[derive(Debug, PartialEq)]
pub(crate) enum Source {
    /// The user's Python has PyTorch, and `LIBTORCH_USE_PYTORCH` says to take it. Wins, as in torch-sys.
    UserPython,
    /// The user's own folder.
    User(PathBuf),
    /// Our copy in [`FOLDER`].
    Ours,
}

impl Source {
    pub(crate) fn from_env(root: &Path) -> Self {
        Self::choose(root, env::var_os("LIBTORCH_USE_PYTORCH").is_some(), env::var_os("LIBTORCH"))
    }

    /// `.cargo/config.toml` sets LIBTORCH to our copy for all that cargo runs, this program too, if the user
    /// has not set it: only another value is the user's.
    fn choose(root: &Path, use_pytorch: bool, libtorch: Option<OsString>) -> Self {
        match libtorch.map(PathBuf::from) {
            _ if use_pytorch => Self::UserPython,
            Some(folder) if folder != root.join(FOLDER).join("torch") => Self::User(folder),
            _ => Self::Ours,
        }
    }
}

/// What our copy can do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Flavour {
    /// CPU only.
    Cpu,
    /// CPU and NVIDIA GPUs.
    Cuda,
}

impl Flavour {
    /// The flavour for this machine.
    pub(crate) fn wanted(sh: &Shell) -> Self {
        if machine::has_nvidia_driver(sh) { Self::Cuda } else { Self::Cpu }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }

    /// A copy for GPUs also serves a machine that has none.
    pub(crate) fn serves(self, wanted: Self) -> bool {
        self == wanted || self == Self::Cuda
    }
}

/// What the stamp file of a whole copy says; it is written last.
pub(crate) fn stamp(flavour: Flavour) -> String {
    format!("libtorch {VERSION} {}\n", flavour.name())
}

/// The flavour that a stamp tells of; nothing for another version or another text.
fn parse_stamp(text: &str) -> Option<Flavour> {
    [Flavour::Cpu, Flavour::Cuda].into_iter().find(|&flavour| text == stamp(flavour))
}

/// The stamp file of the copy below `folder`.
pub(crate) fn stamp_file(folder: &Path) -> PathBuf {
    folder.join("stamp")
}

/// The flavour of our copy, if it is whole and of the right version.
pub(crate) fn installed(root: &Path) -> Option<Flavour> {
    let folder = root.join(FOLDER);
    let flavour = parse_stamp(&std::fs::read_to_string(stamp_file(&folder)).ok()?)?;
    check_library(&folder.join("torch")).is_ok().then_some(flavour)
}

/// Checks that `libtorch` holds the library that everything else needs.
pub(crate) fn check_library(libtorch: &Path) -> Result<()> {
    let library = libtorch.join("lib/libtorch_cpu.so");
    if !library.is_file() {
        bail!("{} is missing", library.display());
    }
    Ok(())
}

/// The version of the PyTorch that torch-sys takes with `LIBTORCH_USE_PYTORCH`.
pub(crate) fn python_torch_version(sh: &Shell) -> Result<String> {
    let python = if env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
    let version = cmd!(sh, "{python} -c 'import torch; print(torch.__version__)'").quiet().read().with_context(
        || format!("LIBTORCH_USE_PYTORCH is set, but `{python}` cannot import torch. Install it or unset the variable"),
    )?;
    if version.split('+').next() != Some(VERSION) {
        bail!("LIBTORCH_USE_PYTORCH is set, but `{python}` has PyTorch {version}; {VERSION} is needed");
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_choice_wins() {
        let root = Path::new("/project");
        let choose =
            |python, libtorch: Option<&str>| Source::choose(root, python, libtorch.map(OsString::from));
        assert_eq!(choose(false, None), Source::Ours);
        assert_eq!(choose(false, Some("/project/.libtorch/torch")), Source::Ours);
        assert_eq!(choose(false, Some("/opt/libtorch")), Source::User(PathBuf::from("/opt/libtorch")));
        assert_eq!(choose(true, Some("/project/.libtorch/torch")), Source::UserPython);
        assert_eq!(choose(true, None), Source::UserPython);
    }

    #[test]
    fn stamps_round_trip_and_others_count_as_nothing() {
        for flavour in [Flavour::Cpu, Flavour::Cuda] {
            assert_eq!(parse_stamp(&stamp(flavour)), Some(flavour));
        }
        for text in ["", "libtorch 2.11.0", "libtorch 2.10.0 cpu\n", "libtorch 2.11.0 rocm\n"] {
            assert_eq!(parse_stamp(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_a_copy_for_gpus_serves_both() {
        assert!(Flavour::Cuda.serves(Flavour::Cpu));
        assert!(Flavour::Cpu.serves(Flavour::Cpu));
        assert!(!Flavour::Cpu.serves(Flavour::Cuda));
    }
}
