//! Gets libtorch from PyTorch's Python package, with pip.
//!
//! All happens in `.libtorch.partial/`, which is renamed when it is whole: an interrupted set-up leaves nothing
//! that counts, and the next one starts clean.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::libtorch::{self, FOLDER, Flavour, VERSION};
use crate::machine;

const PARTIAL: &str = ".libtorch.partial";

/// Files of requirements, each wheel with its hash: pip installs nothing else, and no dependency that is not named.
const CPU: &str = "xtask/libtorch/cpu.txt";
const CUDA: &str = "xtask/libtorch/cuda.txt";

/// What pip installs for a flavour, and how much it takes.
struct Plan {
    requirements: &'static [&'static str],
    download: &'static str,
    /// Peak use of the disk, with the downloaded and the unpacked files side by side.
    disk_bytes: u64,
}

impl Plan {
    fn new(flavour: Flavour) -> Self {
        match flavour {
            Flavour::Cpu => {
                Self { requirements: &[CPU], download: "about 0.55 GB", disk_bytes: 3_000_000_000 }
            }
            Flavour::Cuda => Self {
                requirements: &[CPU, CUDA],
                download: "about 2.5 GB, with the CUDA libraries, because there is an NVIDIA driver",
                disk_bytes: 12_000_000_000,
            },
        }
    }
}

/// Installs our copy into `.libtorch/`, replacing what lies there.
pub(crate) fn install(sh: &Shell, root: &Path, flavour: Flavour) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the set-up of libtorch works on Linux only; elsewhere set LIBTORCH to libtorch {VERSION}");
    }
    let plan = Plan::new(flavour);
    let python_version = machine::python(sh)?;
    check_space(sh, root, plan.disk_bytes)?;
    println!("libtorch: downloading PyTorch {VERSION} with pip into {FOLDER}/ ({})", plan.download);

    let partial = root.join(PARTIAL);
    sh.remove_path(&partial)?;
    let packages = partial.join("packages");
    pip_install(sh, root, &partial, &packages, &plan).with_context(|| {
        format!(
            "pip could not install PyTorch {VERSION}; its messages are above. The usual causes: no network or a \
             proxy that pip does not know, a full disk, a Python ({python_version} here) or machine that \
             PyTorch has no wheel for, or a file that is not the one PyTorch published (its hash is compared with \
             those in xtask/libtorch/). Run the same command again after putting it right, or set LIBTORCH to a \
             libtorch {VERSION} that is already there"
        )
    })?;
    prune(&packages, flavour).context("cannot remove what is not needed of PyTorch")?;
    libtorch::check_library(&packages.join("torch")).context("PyTorch's package is not as expected")?;
    if flavour == Flavour::Cpu {
        let libraries = packages.join("torch/lib");
        // libtorch.so is empty but for its needs, among them libtorch_cuda.so. GNU ld keeps it (LLD drops it),
        // and the program would not start.
        sh.remove_path(libraries.join("libtorch.so"))?;
        symlink("libtorch_cpu.so", libraries.join("libtorch.so"))?;
    }
    // torch-sys compares this file with the version it needs.
    sh.write_file(packages.join("torch/build-version"), VERSION)?;
    sh.write_file(libtorch::stamp_file(&packages), libtorch::stamp(flavour))?;

    let folder = root.join(FOLDER);
    sh.remove_path(&folder)?;
    std::fs::rename(&packages, &folder).with_context(|| format!("cannot rename to {}", folder.display()))?;
    sh.remove_path(&partial)?;
    Ok(())
}

fn check_space(sh: &Shell, root: &Path, needed: u64) -> Result<()> {
    let free = machine::free_bytes(sh, root)?;
    if free < needed {
        bail!(
            "libtorch needs {} of disk during the set-up, and {} has {} left",
            machine::gigabytes(needed),
            root.display(),
            machine::gigabytes(free)
        );
    }
    Ok(())
}

fn pip_install(sh: &Shell, root: &Path, partial: &Path, packages: &Path, plan: &Plan) -> Result<()> {
    let python = python_with_pip(sh, partial)?;
    // pip unpacks in the temporary folder first: keep that on the same disk.
    let temporary = sh.create_dir(partial.join("tmp"))?;
    let requirements =
        plan.requirements.iter().flat_map(|file| ["--requirement".into(), root.join(file).into_os_string()]);
    cmd!(
        sh,
        "{python} -m pip install --disable-pip-version-check --no-user --no-compile --only-binary :all:
         --no-deps --require-hashes --target {packages} {requirements...}"
    )
    .env("TMPDIR", temporary)
    .quiet()
    .run()?;
    Ok(())
}

/// The Python of a fresh virtual environment or, where `venv` is missing, the system's, if that has pip.
pub(crate) fn python_with_pip(sh: &Shell, partial: &Path) -> Result<PathBuf> {
    let venv = partial.join("venv");
    if cmd!(sh, "python3 -m venv {venv}").quiet().ignore_stdout().ignore_stderr().run().is_ok() {
        return Ok(venv.join("bin/python"));
    }
    if cmd!(sh, "python3 -m pip --version").quiet().ignore_stdout().ignore_stderr().run().is_ok() {
        return Ok(PathBuf::from("python3"));
    }
    bail!("python3 has neither venv nor pip (Debian, Ubuntu: `apt install python3-venv`)")
}

/// Keeps the libraries, the headers and the licences; removes the Python side and, for CPU only, the GPU libraries.
fn prune(packages: &Path, flavour: Flavour) -> Result<()> {
    retain(packages, |name| name == "torch" || name.starts_with("torch-") || name.starts_with("nvidia"))?;
    retain(&packages.join("torch"), |name| matches!(name, "lib" | "include" | "share"))?;
    retain(&packages.join("torch/lib"), |name| keeps_library(name, flavour))
}

fn keeps_library(name: &str, flavour: Flavour) -> bool {
    let for_python = name.contains("python") || name.starts_with("libshm");
    let for_gpu = ["cuda", "nvrtc", "nvshmem"].iter().any(|part| name.contains(part));
    !for_python && (flavour == Flavour::Cuda || !for_gpu)
}

/// Removes the entries of `folder` that `keep` does not want.
fn retain(folder: &Path, keep: impl Fn(&str) -> bool) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if keep(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_the_release_that_tch_needs_and_each_wheel_has_its_hash() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let files = [CPU, CUDA].map(|file| std::fs::read_to_string(root.join(file)).unwrap());
        assert!(files[0].contains(&format!("torch=={VERSION} \\\n")), "the release in {CPU}");
        for requirement in files.iter().flat_map(|file| file.lines().filter(|line| line.contains("=="))) {
            assert!(requirement.ends_with('\\'), "no hash for {requirement}");
        }
    }

    #[test]
    fn keeps_what_the_flavour_needs() {
        for name in ["libtorch_cpu.so", "libc10.so", "libtorch.so", "libgomp.so.1"] {
            assert!(keeps_library(name, Flavour::Cpu), "{name}");
        }
        for name in ["libtorch_cuda.so", "libtorch_cuda_linalg.so", "libc10_cuda.so", "libcaffe2_nvrtc.so"] {
            assert!(!keeps_library(name, Flavour::Cpu), "{name}");
            assert!(keeps_library(name, Flavour::Cuda), "{name}");
        }
        assert!(!keeps_library("libtorch_python.so", Flavour::Cuda));
    }
}
