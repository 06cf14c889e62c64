//! The tests in Python: of the wheel as people install it, and of exported models, in an environment of their own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// The environment, below a folder that git ignores.
const FOLDER: &str = "target/python";
/// What is installed into it, each with its version.
const REQUIREMENTS: &str = "tests/python/requirements.txt";
/// The crate of the wheel.
const CRATE: &str = "crates/mri-prep-py";

/// Builds the wheel from what the workspace has built already, installs it, and runs the tests.
pub(crate) fn test(sh: &Shell) -> Result<()> {
    let python = environment(sh)?;
    let wheels = sh.current_dir().join(FOLDER).join("wheels");
    sh.remove_path(&wheels)?;
    let maturin = ["-m", "maturin", "build", "--quiet", "--profile", "dev", "--out"];
    cmd!(sh, "{python} {maturin...} {wheels} --manifest-path {CRATE}/Cargo.toml").quiet().run()?;
    let wheel = sh.read_dir(&wheels)?.into_iter().next().context("maturin has built no wheel")?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--force-reinstall", "--no-deps"];
    cmd!(sh, "{python} {pip...} {wheel}").quiet().run()?;
    // The same programs as in the step `test`, of which one has waited for this environment.
    cmd!(sh, "cargo test --workspace --lib --quiet onnx_runtime")
        .env("ONNX_PYTHON", &python)
        .quiet()
        .run()?;
    let pytest = ["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-W", "error"];
    Ok(cmd!(sh, "{python} {pytest...} {CRATE}/tests tests/python").quiet().run()?)
}

/// The Python of the environment, which is made anew when the requirements have changed.
fn environment(sh: &Shell) -> Result<PathBuf> {
    let folder = sh.current_dir().join(FOLDER);
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    let wanted = sh.read_file(REQUIREMENTS)?;
    if sh.read_file(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    sh.remove_path(&folder)?;
    virtual_environment(sh, &folder)?;
    cmd!(
        sh,
        "{python} -m pip install --quiet --disable-pip-version-check --only-binary :all: -r {REQUIREMENTS}"
    )
    .quiet()
    .run()
    .context("pip could not install what the tests in Python use")?;
    sh.write_file(stamp, wanted)?;
    Ok(python)
}

/// With Python's own `venv` or, where a distribution has left that out, with `virtualenv` from pip.
fn virtual_environment(sh: &Shell, folder: &Path) -> Result<()> {
    if cmd!(sh, "python3 -m venv {folder}").quiet().ignore_stdout().ignore_stderr().run().is_ok() {
        return Ok(());
    }
    sh.remove_path(folder)?;
    let tool = folder.with_extension("tool");
    cmd!(sh, "python3 -m pip install --quiet --disable-pip-version-check --target {tool} virtualenv")
        .quiet()
        .run()
        .context("python3 has neither venv nor pip (Debian, Ubuntu: `apt install python3-venv`)")?;
    Ok(cmd!(sh, "python3 -m virtualenv --quiet {folder}").env("PYTHONPATH", tool).quiet().run()?)
}
