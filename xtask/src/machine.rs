//! What the machine has: compiler, Python, GPU driver, disk.

use std::path::Path;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// Checks that a C++17 compiler with its standard library is there (tch compiles C++); returns its name and version.
pub(crate) fn cxx_compiler(sh: &Shell) -> Result<String> {
    let cxx = sh.var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let program = "#include <memory>\nint main() { return 0; }\n";
    cmd!(sh, "{cxx} -std=c++17 -x c++ -fsyntax-only -")
        .stdin(program)
        .ignore_stderr()
        .quiet()
        .run()
        .with_context(|| {
            format!(
                "`{cxx}` does not compile C++17. Install a C++ compiler (Debian, Ubuntu: `apt install g++`), \
                 or set CXX to one"
            )
        })?;
    let version = cmd!(sh, "{cxx} --version").quiet().read()?;
    Ok(version.lines().next().unwrap_or(&cxx).to_owned())
}

/// Checks that `python3` is there and new enough for PyTorch's wheels; returns its version.
pub(crate) fn python(sh: &Shell) -> Result<String> {
    let version = cmd!(sh, "python3 -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])'")
        .ignore_stderr()
        .quiet()
        .read()
        .context("`python3` does not run. Install Python 3.10 or newer with venv (Debian, Ubuntu: `apt install python3 python3-venv`)")?;
    if !is_new_enough(&version) {
        bail!("python3 is version {version}; PyTorch needs 3.10 or newer");
    }
    Ok(version)
}

fn is_new_enough(python_version: &str) -> bool {
    let mut parts = python_version.trim().split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (3, 10)
}

/// Whether an NVIDIA driver is loaded.
pub(crate) fn has_nvidia_driver(sh: &Shell) -> bool {
    Path::new("/proc/driver/nvidia/version").exists() || nvidia_gpus(sh).is_some()
}

/// One line for each GPU: name, driver version, memory.
pub(crate) fn nvidia_gpus(sh: &Shell) -> Option<String> {
    cmd!(sh, "nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader")
        .ignore_stderr()
        .quiet()
        .read()
        .ok()
}

/// Version of the browser that the report's viewer is tested in: `$CHROME`, Chromium or Chrome.
pub(crate) fn browser(sh: &Shell) -> Option<String> {
    let named = sh.var("CHROME").ok();
    let programs =
        named.as_deref().map_or(vec!["chromium", "chromium-browser", "google-chrome"], |name| vec![name]);
    programs
        .into_iter()
        .find_map(|program| cmd!(sh, "{program} --version").ignore_stderr().quiet().read().ok())
}

/// What computes here: the processor, its threads, and the GPUs.
pub(crate) fn processor(sh: &Shell) -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("an unknown processor", |(_, name)| name.trim());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let gpus = nvidia_gpus(sh).map_or_else(String::new, |gpus| format!(", {}", gpus.replace('\n', ", ")));
    format!("{name}, {threads} threads{gpus}")
}

/// Bytes that can still be written in the file system that holds `folder`.
pub(crate) fn free_bytes(sh: &Shell, folder: &Path) -> Result<u64> {
    let report = cmd!(sh, "df -Pk {folder}").quiet().read()?;
    parse_df(&report).with_context(|| format!("cannot read what `df -Pk` says:\n{report}"))
}

/// Reads the available space from POSIX `df -Pk`: a heading, then a line whose fourth column is in units of 1024 bytes.
fn parse_df(report: &str) -> Option<u64> {
    let available = report.lines().nth(1)?.split_whitespace().nth(3)?;
    available.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Decimal gigabytes.
pub(crate) fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_df() {
        let report = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n\
                      /dev/vda         263112772 28734512  65536000      31% /";
        assert_eq!(parse_df(report), Some(65_536_000 * 1024));
        assert_eq!(parse_df("df: nothing\n"), None);
    }

    #[test]
    fn python_versions_compare_as_numbers() {
        assert!(is_new_enough("3.10"));
        assert!(is_new_enough("3.14"));
        assert!(!is_new_enough("3.9"));
        assert!(!is_new_enough("2.7"));
        assert!(!is_new_enough("nonsense"));
    }
}
