//! Every dependency has a licence that we allow, comes from crates.io, and builds with the oldest Rust that we name.
//!
//! cargo-deny does the same and more. It takes minutes to build, and its advisories need a database that CI cannot fetch.

use anyhow::{Context, Result, bail};
use cargo_metadata::semver::Version;
use cargo_metadata::{MetadataCommand, Package};
use spdx::{Expression, ParseMode};

/// Licences, as SPDX names them, that may come into a program under MIT OR Apache-2.0.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(crate) fn check() -> Result<()> {
    let metadata = MetadataCommand::new().exec()?;
    let mut bad = Vec::new();
    let oldest = metadata
        .workspace_packages()
        .iter()
        .find_map(|package| package.rust_version.clone())
        .context("[workspace.package] names no rust-version")?;
    for package in &metadata.packages {
        let about = |what: String| format!("  {} {}: {what}", package.name, package.version);
        bad.extend(faults(package, &oldest).into_iter().map(about));
    }
    if !bad.is_empty() {
        bail!("xtask/src/dependencies.rs does not allow these packages:\n{}", bad.join("\n"));
    }
    println!("{} packages", metadata.packages.len());
    Ok(())
}

/// What is wrong with a package; `oldest` is the Rust that everything has to build with.
fn faults(package: &Package, oldest: &Version) -> Vec<String> {
    let licence = package.license.as_deref().unwrap_or("none given");
    let mut faults = Vec::new();
    if !is_allowed(licence) {
        faults.push(format!("the licence {licence}"));
    }
    if let Some(source) = package.source.as_ref().filter(|source| !source.is_crates_io()) {
        faults.push(format!("the source {source}"));
    }
    if let Some(needed) = package.rust_version.as_ref().filter(|needed| *needed > oldest) {
        faults.push(format!("needs Rust {needed}, and this workspace promises {oldest}"));
    }
    faults
}

/// Whether the allowed licences satisfy an SPDX expression; old ones that write `/` for OR are understood.
fn is_allowed(expression: &str) -> bool {
    Expression::parse_mode(expression, ParseMode::LAX).is_ok_and(|expression| {
        expression.evaluate(|needed| allowed().any(|licence| licence.satisfies(needed)))
    })
}

fn allowed() -> impl Iterator<Item = spdx::Licensee> {
    ALLOWED.iter().map(|name| {
        spdx::Licensee::parse(name)
            .with_context(|| format!("`{name}` in ALLOWED"))
            .expect("the list is tested")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_allowed_name_is_an_spdx_name() {
        assert_eq!(allowed().count(), ALLOWED.len());
    }

    #[test]
    fn expressions() {
        for good in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "GPL-2.0 OR ISC",
        ] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "LGPL-2.1", "none given", "", "My-Own-1.0"] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
