//! The libraries build with each of their features alone, with none and with all, and a user gets few packages with them.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use xshell::{Shell, cmd};

/// The libraries that are published, and how many packages at the most one without features brings along, itself included.
const LIBRARIES: [(&str, usize); 2] = [("mri-io", 61), ("anomaly-eval", 31)];

pub(crate) fn check(sh: &Shell) -> Result<()> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    for (library, most) in LIBRARIES {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == library);
        let package = package.with_context(|| format!("there is no package {library}"))?;
        let features = package.features.keys().filter(|feature| *feature != "default").cloned();
        let all = package.features.keys().cloned().collect::<Vec<_>>().join(",");
        for features in features.chain([String::new(), all]) {
            cmd!(
                sh,
                "cargo clippy --quiet -p {library} --lib --no-default-features --features={features} -- -D warnings"
            )
            .quiet()
            .run()
            .with_context(|| format!("{library} with the features [{features}]"))?;
        }
        let tree = cmd!(sh, "cargo tree -p {library} -e normal --prefix none --no-dedupe").quiet().read()?;
        let names = packages(&tree);
        ensure!(
            names.len() <= most,
            "{library} brings {} packages along, {most} at the most are allowed (xtask/src/features.rs):\n{}",
            names.len(),
            names.into_iter().collect::<Vec<_>>().join("\n")
        );
        println!("{library}: {} packages", names.len());
    }
    Ok(())
}

/// Names and versions in what `cargo tree` prints.
fn packages(tree: &str) -> BTreeSet<String> {
    let name = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    tree.lines().map(name).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::packages;

    #[test]
    fn a_package_counts_once() {
        let tree =
            "mri-io v0.1.0 (/a)\nsyn v2.0.1\nserde_derive v1.0.0 (proc-macro)\nsyn v3.0.1\nsyn v2.0.1\n";
        assert_eq!(packages(tree).len(), 4);
    }
}
