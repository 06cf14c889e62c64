//! `cargo xtask setup`, which other commands begin with.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::libtorch::{FOLDER, Flavour, Source, VERSION, check_library, installed, python_torch_version};
use crate::{machine, provision};

/// Makes sure that the build finds libtorch, getting it where necessary.
pub(crate) fn ensure(sh: &Shell, root: &Path) -> Result<()> {
    machine::cxx_compiler(sh)?;
    match Source::from_env(root) {
        Source::UserPython => {
            let version = python_torch_version(sh)?;
            println!("libtorch: PyTorch {version} of your Python (LIBTORCH_USE_PYTORCH)");
        }
        Source::User(folder) => {
            check_library(&folder)
                .with_context(|| format!("LIBTORCH is set to {}. Correct or unset it", folder.display()))?;
            println!("libtorch: your own in {} (LIBTORCH)", folder.display());
        }
        Source::Ours => ensure_ours(sh, root)?,
    }
    Ok(())
}

/// Sets up, builds `memae` as people run it, and tells where it lies.
///
/// # Errors
/// As [`ensure`], or if it cannot be built.
pub(crate) fn release(sh: &Shell, root: &Path) -> Result<PathBuf> {
    ensure(sh, root)?;
    cmd!(sh, "cargo build --release --package memae-cli --bin memae").quiet().run()?;
    let target = cargo_metadata::MetadataCommand::new().no_deps().current_dir(root).exec()?.target_directory;
    Ok(target.join("release/memae").into())
}

fn ensure_ours(sh: &Shell, root: &Path) -> Result<()> {
    // A second set-up at the same time waits here, then finds the work done.
    let lock = File::create(sh.create_dir(root.join("target"))?.join("libtorch.lock"))?;
    lock.lock()?;
    let wanted = Flavour::wanted(sh);
    if !installed(root).is_some_and(|flavour| flavour.serves(wanted)) {
        provision::install(sh, root, wanted)?;
    }
    println!("libtorch: {VERSION} in {FOLDER}/");
    Ok(())
}
