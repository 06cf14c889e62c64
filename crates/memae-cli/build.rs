//! How programs and tests find libtorch at run time, and what the program is built from: for the record of a run.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    // torch-sys hands the folder over to packages that depend on it directly.
    let library = std::env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from);
    if let Some(folder) = &library {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
    let version =
        library.and_then(|folder| std::fs::read_to_string(folder.parent()?.join("build-version")).ok());
    println!("cargo:rustc-env=MEMAE_LIBTORCH={}", version.as_deref().unwrap_or("of unknown version").trim());
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    println!("cargo:rustc-env=MEMAE_RUSTC={}", output(&rustc, &["--version"]).unwrap_or_default());
    if let Some(commit) = git(&["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]) {
        println!("cargo:rustc-env=MEMAE_COMMIT={commit}");
    }
    // Each commit and each checkout adds a line to this file.
    println!("cargo:rerun-if-changed=build.rs");
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists()) {
        println!("cargo:rerun-if-changed={log}");
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    output("git", arguments)
}

/// What a program prints, if it can be had.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
