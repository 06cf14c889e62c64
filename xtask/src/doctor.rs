//! Says what of the set-up is there, and what is missing.

use std::path::Path;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::libtorch::{self, FOLDER, Source, VERSION};
use crate::machine;

pub(crate) fn run(sh: &Shell, root: &Path) -> Result<()> {
    let checks = [
        ("Rust", cmd!(sh, "rustc --version").quiet().read().map_err(Into::into)),
        ("C++ compiler", machine::cxx_compiler(sh)),
        ("Python", machine::python(sh)),
        ("libtorch", libtorch_state(sh, root)),
        (
            "NVIDIA GPU",
            Ok(machine::nvidia_gpus(sh).unwrap_or_else(|| "none: computing on the CPU".to_owned())),
        ),
        (
            "Browser",
            Ok(machine::browser(sh).unwrap_or_else(|| {
                "none: the test of the report's viewer needs Chromium or Chrome".to_owned()
            })),
        ),
        ("Cores", Ok(std::thread::available_parallelism()?.to_string())),
        ("Free disk", machine::free_bytes(sh, root).map(machine::gigabytes)),
    ];
    let mut complete = true;
    for (what, state) in checks {
        match state {
            Ok(text) => println!("  ok       {what:<13} {text}"),
            Err(error) => {
                complete = false;
                println!("  MISSING  {what:<13} {error:#}");
            }
        }
    }
    if !complete {
        bail!("the set-up is incomplete");
    }
    Ok(())
}

fn libtorch_state(sh: &Shell, root: &Path) -> Result<String> {
    match Source::from_env(root) {
        Source::UserPython => Ok(format!("PyTorch {} of your Python", libtorch::python_torch_version(sh)?)),
        Source::User(folder) => {
            libtorch::check_library(&folder)?;
            Ok(format!("your own in {}", folder.display()))
        }
        Source::Ours => match libtorch::installed(root) {
            Some(flavour) => Ok(format!("{VERSION} ({flavour:?}) in {FOLDER}/")),
            None => bail!("not in {FOLDER}/ yet, or not whole: run `cargo xtask setup`"),
        },
    }
}
